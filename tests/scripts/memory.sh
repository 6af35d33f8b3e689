#!/usr/bin/env bash
# Floods the published service within a memory group of 256 MiB, which is what src/kubernetes gives it, by four attacks:
# 6,000 connections with unfinished headers of 14 KB, as many of 31 KB, 12,000 with unfinished bodies, and 565,000 posts from the addresses
# of one IPv6 /48. It must be alive after each, log a customer in during each, and go back to rest after.
# The server's pool of buffers gives back a twentieth every ten seconds, so rest is looked at with some of it still held.
# Needs root and a memory controller, of cgroup v2 or v1. Takes about 7 minutes. POSTS=50000 makes it shorter.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

limit_mb=${LIMIT_MB:-256}
posts=${POSTS:-565000}
group=

# A group of its own, by whichever version of control groups the machine has.
make_group() {
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    group=/sys/fs/cgroup/ssc-login-memory-$$
    mkdir "$group"
    echo $((limit_mb * 1024 * 1024)) > "$group/memory.max"
    echo 0 > "$group/memory.swap.max" 2> /dev/null || true
    peak=$group/memory.peak
  else
    group=/sys/fs/cgroup/memory/ssc-login-memory-$$
    mkdir "$group"
    # With a limit of its own, what sockets hold is accounted, and shown below; version 2 counts it in.
    echo $((limit_mb * 1024 * 1024)) > "$group/memory.kmem.tcp.limit_in_bytes" 2> /dev/null || true
    echo $((limit_mb * 1024 * 1024)) > "$group/memory.limit_in_bytes"
    peak=$group/memory.max_usage_in_bytes
  fi
}

remove_group() {
  local i
  clean_up
  for ((i = 0; i < 50; i++)); do
    [[ -n $group && -d $group ]] || break
    # Not before its last process is gone.
    rmdir "$group" 2> /dev/null || sleep 0.1
  done
}
trap remove_group EXIT

megabytes() {
  echo $(($(cat "$1") / 1024 / 1024))
}

alive() {
  kill -0 "$service_pid" 2> /dev/null || fail "the service is dead after: $1"
}

# log_in <what>: a customer whose connection is new, from an address that the attack does not use.
log_in() {
  local answer
  answer=$(curl --silent --output /dev/null --max-time 10 --interface 127.0.0.200 --write-out '%{http_code} in %{time_total} s' "$url/ssc-login?email=customer@example.com") || true
  echo "  a login $1: $answer"
  [[ $answer == 302* ]] || fail "no login $1"
}

# attack <name> <arguments of flood.mjs>: runs it, logs in meanwhile, and looks at what is left of it.
attack() {
  local name=$1 flood before after
  shift
  echo "$name"
  : > "$work/flood.txt"
  node "$root/tests/scripts/flood.mjs" "$port" "$@" > "$work/flood.txt" &
  flood=$!
  pids+=("$flood")
  # The flood says when it is at its height.
  until grep --quiet height "$work/flood.txt"; do
    kill -0 "$flood" 2> /dev/null || fail "the flood ended: $(cat "$work/flood.txt")"
    sleep 0.1
  done
  log_in "at its height"
  log_in "once more"
  echo "  resident at its height: $(resident) MB"
  wait "$flood" || fail "the flood failed: $(cat "$work/flood.txt")"
  sed 's/^/  /' "$work/flood.txt"
  alive "$name"
  log_in "after it"
  sleep "${REST:-45}"
  before=$(cpu_ms "$service_pid")
  sleep 5
  after=$(cpu_ms "$service_pid")
  echo "  at rest: $(resident) MB, $((after - before)) ms of processor time in 5 s; the group's highest so far: $(megabytes "$peak") MB$(sockets)"
  ((after - before <= 100)) || fail "the processor is not at rest"
  ((resident_at_start + ${REST_MB:-80} >= $(resident))) || fail "the memory is not back to rest"
}

sockets() {
  [[ ! -f $group/memory.kmem.tcp.max_usage_in_bytes ]] || echo ", and of sockets $(megabytes "$group/memory.kmem.tcp.max_usage_in_bytes") MB"
}

publish
start_upstream 20
port=$(free_port)
url=http://127.0.0.1:$port
make_group

# The service is a child of a shell that is in the group; the floods are not.
service_in_group() {
  echo "$BASHPID" > "$group/cgroup.procs"
  start_service service "$port" ASPNETCORE_URLS="http://127.0.0.1:$port" RateLimits__Enabled=true Proxy__KnownProxies__0=127.0.0.100
  echo "$service_pid" > "$work/service.pid"
  wait "$service_pid"
}
service_in_group &
pids+=("$!")
await_url "$url/health/ready" "the service"
service_pid=$(cat "$work/service.pid")
pids+=("$service_pid")
grep --quiet "ssc-login-memory-$$" "/proc/$service_pid/cgroup" || fail "the service is not in the group"
log_in "before"
# At rest after ordinary work: the runtime collects nothing before so much was allocated once.
node "$root/tests/scripts/load.mjs" "$url/" 200 15 > /dev/null
sleep "${REST:-45}"
resident_at_start=$(resident)
echo "within $limit_mb MiB; resident at rest: $resident_at_start MB"

attack "6,000 connections with unfinished headers of 14 KB, from 60 addresses" headers 6000
attack "6,000 connections with unfinished headers of 31 KB, from 60 addresses" headers 6000 31
attack "12,000 connections with unfinished bodies, from 60 addresses" bodies 12000
attack "$posts posts of the e-mail form through a known proxy, each from another address of one /48" posts "$posts"
echo "alive after each, and a login during each"
