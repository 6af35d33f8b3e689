#!/bin/sh
# Starts a throw-away PostgreSQL. Usage: tests/producers/start-postgresql.sh <file>; then: . <file>, which stops the server again
# with: stop_postgresql
set -eu
out=${1:?the file to write the environment to}
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)

# PostgreSQL refuses to run as root. A directory's socket instead of a port: nothing to collide with, nothing listens.
data=$(mktemp -d "${TMPDIR:-/tmp}/producers-pg.XXXXXX")
as=
if [ "$(id -u)" = 0 ]; then
  chown postgres "$data"
  as='runuser -u postgres --'
fi
cd "$data"
$as "$bin/initdb" --pgdata="$data/cluster" --username=producers --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync > /dev/null
$as "$bin/pg_ctl" --pgdata="$data/cluster" --wait --log="$data/log" --options="-c listen_addresses='' -c unix_socket_directories='$data' -c fsync=off" start > /dev/null

cat > "$out" <<ENV
export PGHOST='$data' PGPORT=5432 PGUSER=producers PGDATABASE=postgres PRODUCERS_REQUIRED=true
stop_postgresql() { (cd '$data' && $as '$bin/pg_ctl' --pgdata='$data/cluster' --mode=immediate stop > /dev/null); rm -rf '$data'; }
ENV
