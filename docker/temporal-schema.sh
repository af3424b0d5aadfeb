#!/bin/sh
# Makes or updates the two databases of the Temporal server. Safe to repeat.
set -eu
SQL_PASSWORD="$(cat /run/secrets/temporal_db_password)"
export SQL_PASSWORD

sql() {
    database="$1"
    shift
    temporal-sql-tool --plugin postgres12 --ep temporal-db --port 5432 --user temporal --db "$database" "$@"
}

for database in temporal temporal_visibility; do
    sql "$database" create
    # Refuses where the schema stands already; then the update below has all there is to do.
    sql "$database" setup-schema --version 0.0 || true
done
sql temporal update-schema --schema-dir /etc/temporal/schema/postgresql/v12/temporal/versioned
sql temporal_visibility update-schema --schema-dir /etc/temporal/schema/postgresql/v12/visibility/versioned
