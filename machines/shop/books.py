"""The currency that the shop counts in. The setting ``stripe_currency`` and the replies that name it go with it."""

BOOKS = "USD"
"""The currency of the shop's books; a row that names none is in it."""
