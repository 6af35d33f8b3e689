# shellcheck shell=bash
# What the scripts share: a published service, free ports, and an end that leaves nothing running. Loopback only.
# Needs dotnet, node and curl. To be sourced.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
pids=()

clean_up() {
  local pid
  # Its workers outlive an nginx that is killed.
  if [[ -n ${nginx_pid:-} ]]; then
    kill -TERM "$nginx_pid" 2> /dev/null || true
    wait "$nginx_pid" 2> /dev/null || true
  fi
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2> /dev/null || true
  done
  wait 2> /dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Publishes the service as the container has it, or uses the directory that PUBLISHED names.
publish() {
  published=${PUBLISHED:-$work/service}
  if [[ -z ${PUBLISHED:-} ]]; then
    dotnet publish "$root/src/Firmhouse.SscLogin" --runtime linux-x64 --output "$published" --nologo --verbosity quiet
  fi
}

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# await_url <url> <what>: until it answers with success; at most 60 s.
await_url() {
  local i
  for ((i = 0; i < 600; i++)); do
    if curl --silent --fail --output /dev/null --max-time 2 "$1"; then
      return
    fi
    sleep 0.1
  done
  fail "$2 did not come up"
}

# start_upstream <delay in ms> [<port>]: sets upstream_pid and upstream (host and port).
start_upstream() {
  local port=${2:-$(free_port)}
  node "$root/tests/scripts/upstream.mjs" "$port" "$1" > /dev/null &
  upstream_pid=$!
  pids+=("$upstream_pid")
  upstream=127.0.0.1:$port
  await_url "http://$upstream/" "the upstream"
}

# start_service <name> <port> [<variable>=<value>…]: sets service_pid; its log is $work/<name>.log.
start_service() {
  local name=$1 port=$2
  shift 2
  # What the container tells the runtime.
  local variables
  mapfile -t variables < <(grep --only-matching --extended-regexp 'DOTNET_[A-Za-z_]+=[^ ]+' "$root/Dockerfile")
  # It is started from the working directory, so that no settings file of a developer's is picked up.
  env --chdir="$work" SECRETS_DIRECTORY=/nowhere ASPNETCORE_URLS="http://127.0.0.1:$port" Firmhouse__Endpoint="http://$upstream/graphql" \
    Firmhouse__AccessToken=load LoginLinks__AllowUnsigned=true RateLimits__Enabled=false "${variables[@]}" "$@" \
    "$published/Firmhouse.SscLogin" >> "$work/$name.log" 2>&1 &
  service_pid=$!
  pids+=("$service_pid")
}

# configure_nginx <port>…: writes the configuration of an nginx at port $balancer before the instances at these ports.
configure_nginx() {
  local port
  mkdir -p "$work/nginx"
  {
    echo "worker_processes 1; pid $work/nginx/pid; error_log $work/nginx/error.log warn; events { worker_connections 4096; }"
    echo "http { access_log off; client_body_temp_path $work/nginx/body; proxy_temp_path $work/nginx/proxy;"
    echo "fastcgi_temp_path $work/nginx/fastcgi; uwsgi_temp_path $work/nginx/uwsgi; scgi_temp_path $work/nginx/scgi;"
    echo "upstream service { least_conn;"
    for port in "$@"; do
      echo "server 127.0.0.1:$port;"
    done
    echo "keepalive 16; }"
    echo "server { listen 127.0.0.1:${balancer:?} backlog=4096; location / { proxy_pass http://service; proxy_http_version 1.1;"
    echo "proxy_set_header Connection \"\"; proxy_set_header Host \$host; proxy_next_upstream off; } } }"
  } > "$work/nginx/nginx.conf"
}

# json <expression over r> <file>: a value of the load generator's line.
json() {
  node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8")); console.log(eval(process.argv[1]))' "$1" "$2"
}
