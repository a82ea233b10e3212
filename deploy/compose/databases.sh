#!/bin/sh
# One database a service, owned by a role of the same name. Run once, by the postgres image, in an empty data directory.
set -eu
for service in customer sales order inventory finance service quality insight; do
  psql -v ON_ERROR_STOP=1 --username postgres <<SQL
CREATE ROLE "$service" LOGIN PASSWORD '$POSTGRES_PASSWORD';
CREATE DATABASE "$service" OWNER "$service";
REVOKE CONNECT ON DATABASE "$service" FROM PUBLIC;
SQL
done
