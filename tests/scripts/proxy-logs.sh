#!/usr/bin/env bash
# Sends links through nginx, and through Caddy where there is one, each configured with the lines of src/kubernetes/README.md,
# and searches their logs for what must not be there: once with the service up, once with it down. The same proxies without
# those lines must be caught, or the search would prove nothing. Needs nginx, node and curl; takes a few seconds.
set -euo pipefail
shopt -s lastpipe # The end of a pipe sets variables of this shell.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

query='email=canary-address%40example.com&exp=1900000000&kid=mail1&sig=canary-signature'

# The block of the guide in this language.
guide() {
  sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/src/kubernetes/README.md" | sed '1d;$d'
}

start_stand_in() {
  node -e 'require("http").createServer((_, res) => res.writeHead(302, { Location: "https://shop.example/?token=canary-token" }).end()).listen(+process.argv[1], "127.0.0.1")' "$service" &
  stand_in_pid=$!
  pids+=("$stand_in_pid")
  await_url "http://127.0.0.1:$service/" "the stand-in for the service"
}

# send <name> <expected status>
send() {
  local status
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --header "Referer: http://127.0.0.1/ssc-login?$query" "http://127.0.0.1:$proxy/ssc-login?$query")
  [[ $status == "$2" ]] || fail "$1 answered $status and not $2"
  curl --silent --output /dev/null --data "$query" --header "Referer: http://127.0.0.1/ssc-login?$query" "http://127.0.0.1:$proxy/ssc-login"
}

# drive <name> <command…>: the proxy's logs are the files of $logs.
drive() {
  local name=$1
  shift
  logs=$work/$name
  mkdir -p "$logs"
  "$@" > "$logs/output.log" 2>&1 &
  proxy_pid=$!
  pids+=("$proxy_pid")
  start_stand_in
  await_url "http://127.0.0.1:$proxy/" "$name"
  send "$name" 302
  kill -KILL "$stand_in_pid"
  wait "$stand_in_pid" 2> /dev/null || true
  send "$name" 502
  kill -TERM "$proxy_pid"
  wait "$proxy_pid" || true
}

must_log_paths_alone() {
  if grep --recursive --ignore-case canary "$logs"; then
    fail "$1 logs what it must not"
  fi
  grep --recursive --quiet /ssc-login "$logs" || fail "$1 logs nothing at all"
  echo "$1: paths, and no link"
}

must_be_caught() {
  grep --recursive --quiet canary "$logs" || fail "$1 would not be caught without these lines"
}

nginx_with() {
  mkdir -p "$work/$1"
  {
    echo "worker_processes 1; pid $work/nginx.pid; daemon off; events { }"
    echo "http { client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;"
    echo "uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi; access_log $work/$1/default.log; error_log $work/$1/default-error.log;"
    cat
    echo "}"
  } > "$work/$1.conf"
  drive "$1" nginx -p "$work" -c "$work/$1.conf" -e "$work/$1/start.log"
}

caddy_with() {
  cat > "$work/$1.Caddyfile"
  XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work drive "$1" caddy run --config "$work/$1.Caddyfile" --adapter caddyfile
}

service=$(free_port)
proxy=$(free_port)
here=(-e "s#listen 443 ssl#listen 127.0.0.1:$proxy#" -e "s#127.0.0.1:8080#127.0.0.1:$service#" -e "s#/var/log/nginx#$work/nginx#")

guide nginx | sed "${here[@]}" | nginx_with nginx
must_log_paths_alone nginx
guide nginx | sed "${here[@]}" -e '/access_log/d' | nginx_with nginx-access
must_be_caught "nginx's access log"
guide nginx | sed "${here[@]}" -e '/error_log/d' | nginx_with nginx-error
must_be_caught "nginx's error log"

if command -v caddy > /dev/null; then
  here=(-e "s#^login.example.com#http://127.0.0.1:$proxy#" -e "s#127.0.0.1:8080#127.0.0.1:$service#" -e '1s/{/{\n\tadmin off/')
  guide caddy | sed "${here[@]}" | caddy_with caddy
  must_log_paths_alone caddy
  for line in 'request>uri' Referer Location; do
    guide caddy | sed "${here[@]}" -e "/$line/d" | caddy_with "caddy-$line"
    must_be_caught "Caddy's $line"
  done
else
  echo "Caddy is not installed: its lines were not tried."
fi
