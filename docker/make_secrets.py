"""Make the secrets of docker-compose.yml: ``python3 docker/make_secrets.py`` (standard library only).

One file for each secret under ``docker/secrets``; those that stand already are kept. The compose file gives
each service only its own.
"""

import os
import secrets
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
DATABASE = "postgresql+psycopg://{login}:{password}@shop-db:5432/shop"


def main() -> None:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    for name in ("temporal_db_password", "shop_owner_password", "leverframe_tools_password"):
        keep(name, secrets.token_urlsafe(32))
    keep("leverframe_auditor_password", secrets.token_urlsafe(32))
    keep("leverframe_scope_key", secrets.token_hex(32))
    # For the business's own services, which start the actions.
    keep("leverframe_pseudonym_key", secrets.token_hex(32))
    keep("leverframe_model_api_key", secrets.token_urlsafe(32))
    owner, tools, auditor = (
        read(name) for name in ("shop_owner_password", "leverframe_tools_password", "leverframe_auditor_password")
    )
    keep("leverframe_owner_database_url", DATABASE.format(login="shop", password=owner))
    keep("leverframe_database_url", DATABASE.format(login="leverframe_tools", password=tools))
    keep("leverframe_auditor_database_url", DATABASE.format(login="leverframe_auditor", password=auditor))


def keep(name: str, value: str) -> None:
    path = FOLDER / name
    if not path.exists():
        # Readable for the container's own user; the folder keeps other users of this machine out.
        with open(path, "x", opener=lambda file, flags: os.open(file, flags, 0o644)) as file:
            file.write(value)


def read(name: str) -> str:
    return (FOLDER / name).read_text()


if __name__ == "__main__":
    main()
