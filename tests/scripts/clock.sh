#!/usr/bin/env bash
# Runs the tests that need a database or a provider under the clock of another year, with a PostgreSQL under the same clock: none
# may rest on a date of its author's. The tests are built already. Usage: clock.sh <year>. Needs faketime and PostgreSQL.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
year=${1:?the year}
offset=$(($(date --date="$year-06-01" +%s) - $(date +%s)))

# The library itself and not the command, and an offset and not a date: so all processes have one clock. What they wait by is the
# monotonic clock, which stays; the library's own repair of such waits, meant for an old C library, ends those of .NET at once.
library=$(find /usr/lib -name libfaketimeMT.so.1 -print -quit)
[[ -n $library ]] || { echo "FAILED: there is no libfaketime" >&2; exit 1; }
export LD_PRELOAD=$library FAKETIME="${offset}s" FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0
((offset < 0)) || FAKETIME="+$FAKETIME"
[[ $(date +%Y) == "$year" ]] || { echo "FAILED: the clock says $(date)" >&2; exit 1; }

"$root/tests/producers/start-postgresql.sh" "$work/environment"
# shellcheck source=/dev/null
source "$work/environment"
trap 'stop_postgresql; rm -rf "$work"' EXIT
[[ $(psql -X -A -t -c 'SELECT extract(year FROM now())') == "$year" ]] || { echo "FAILED: PostgreSQL has another clock" >&2; exit 1; }

cd "$root"
dotnet test tests/Firmhouse.SscLogin.Tests --no-build --filter 'FullyQualifiedName~.SingleUse.|FullyQualifiedName~.SharedEmail|FullyQualifiedName~.SignIn.'
dotnet test tests/Firmhouse.SupportDesk.Tests --no-build --filter 'FullyQualifiedName~Trail|FullyQualifiedName~SignIn'
