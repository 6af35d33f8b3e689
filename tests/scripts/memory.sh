#!/usr/bin/env bash
# Within the memory that src/kubernetes gives it, 256 MiB: 600 logins at once from one address are each answered, and none
# of their connections is reset; 6,500 connections with unfinished headers neither end the service nor swell it, and when it
# has closed them it answers again. Takes about 20 s.
# The runtime takes three quarters of a memory group's limit for its heap; here it is told so, which needs no root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

limit_mb=256

publish
start_upstream 100
port=$(free_port)
start_service service "$port" DOTNET_GCHeapHardLimit="$(printf '%x' $((limit_mb * 1024 * 1024 * 3 / 4)))"
await_url "http://127.0.0.1:$port/health/ready" "the service"

# bounded <after what>
bounded() {
  local highest
  kill -0 "$service_pid" 2> /dev/null || fail "the service is dead after $1"
  highest=$(awk '/^VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$service_pid/status")
  echo "highest resident memory after $1: $highest MB"
  ((highest <= limit_mb)) || fail "more than $limit_mb MB"
}

node "$root/tests/scripts/load.mjs" "http://127.0.0.1:$port/ssc-login?email=customer{i}@example.com" 60000 0.01 --new-connections > "$work/crowd.json"
echo "600 logins at once from one address: $(cat "$work/crowd.json")"
[[ $(json '(r.statuses[302] ?? 0) + (r.statuses[503] ?? 0) === 600 && r.statuses[302] > 0' "$work/crowd.json") == true ]] || fail "a login was answered otherwise, or not at all"
bounded "600 logins at once"

timeout 120 node "$root/tests/scripts/flood.mjs" "$port" 6500 || fail "no flood, or the service never closed its connections"
bounded "a flood of unfinished headers"
await_url "http://127.0.0.1:$port/health/ready" "an answer after the flood"
status=$(curl --silent --output /dev/null --max-time 60 --write-out '%{http_code}' "http://127.0.0.1:$port/ssc-login?email=customer@example.com") || true
[[ $status == 302 ]] || fail "no login after the flood: $status"
echo "Alive, bounded, and logging customers in."
