#!/usr/bin/env bash
# Offers three times what the service can log in: as many calls of 400 ms as it may have under way are its capacity, which
# is measured in turns with the overload. At least 90 % of that must be served, and the rest be answered 503 with
# Retry-After. Takes about 30 s. The default is so little that the processor does not matter; IN_FLIGHT=200 offers 1,500
# logins a second.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

in_flight=${IN_FLIGHT:-30}
# Multiples of what a call takes.
seconds=4
turns=3

publish
start_upstream 400
port=$(free_port)
start_service service "$port" Firmhouse__MaxInFlight="$in_flight"
await_url "http://127.0.0.1:$port/health/ready" "the service"

# load <result> <arguments of load.mjs after the URL>: sets rate, the logins a second.
load() {
  node "$root/tests/scripts/load.mjs" "http://127.0.0.1:$port/ssc-login?email=customer{i}@example.com" "${@:2}" > "$work/$1.json"
  rate=$(json 'Math.round((r.statuses[302] ?? 0) / r.seconds)' "$work/$1.json")
  echo "$1: $rate logins/s of $(cat "$work/$1.json")"
}

load warm-up "$in_flight" "$seconds" --at-once
capacity=0
served=0
for ((turn = 0; turn < turns; turn++)); do
  load capacity "$in_flight" "$seconds" --at-once
  [[ $(json 'r.statuses[302] === r.sent' "$work/capacity.json") == true ]] || fail "not all were served within the capacity"
  ((capacity += rate))
  load overload "$((3 * rate))" "$seconds"
  [[ $(json 'Object.keys(r.statuses).every(s => s === "302" || s === "503") && Object.keys(r.errors).length === 0' "$work/overload.json") == true ]] || fail "an answer was none of the two"
  [[ $(json r.withoutRetryAfter "$work/overload.json") == 0 ]] || fail "a 503 says not when to try again"
  ((served += rate))
done
echo "served $((served * 100 / capacity)) % of the capacity"
((served * 100 >= capacity * 90)) || fail "less than 90 % of the capacity was served"
