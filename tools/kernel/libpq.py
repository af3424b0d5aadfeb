"""Addresses of databases, as libpq and its programs take them."""

from sqlalchemy import make_url


def libpq(url: str) -> str:
    """A SQLAlchemy URL in the form that psycopg takes."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
