#!/bin/sh
# Gets what the tests of the producers, and of the sign-in, need, on Debian or Ubuntu, and starts a throw-away PostgreSQL.
# Usage: tests/producers/setup-ci.sh <file>; then: . <file>. The file stops the server again with: stop_postgresql
set -eu
out=${1:?the file to write the environment to}
here=$(cd "$(dirname "$0")" && pwd)
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo

has() { command -v "$1" > /dev/null; }
postgresql_bin() { ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1; }

missing=
has openssl || missing="$missing openssl"
has node && has npm || missing="$missing nodejs npm"
has php || missing="$missing php-cli"
has python3 || missing="$missing python3"
has ruby || missing="$missing ruby"
has pgbouncer || missing="$missing pgbouncer"
has psql && [ -n "$(postgresql_bin)" ] || missing="$missing postgresql"
if [ -n "$missing" ]; then
  $sudo apt-get update -qq
  # shellcheck disable=SC2086 # A list of words.
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
fi

for modules in "$here/liquid" "$here/../firmhouse-sdk" "$here/../oidc-provider"; do
  npm ci --prefix "$modules" --no-audit --no-fund --ignore-scripts
done

if [ -f "$out" ] && (. "$out" && psql -X -w -c 'SELECT 1' > /dev/null 2>&1); then
  exit # It runs already.
fi

# PostgreSQL refuses to run as root. A directory's socket instead of a port: nothing to collide with, nothing listens.
bin=$(postgresql_bin)
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
