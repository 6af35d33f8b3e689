#!/bin/sh
# SSC_LOGIN_SECRET=… ./openssl.sh jane@example.com — to try things out: others on this machine can see a process's arguments.
exp=$(($(date +%s) + 3600))
sig=$(printf 'ssc-login:v1:shop1:%s:%s' "$exp" "$1" | openssl dgst -sha256 -hmac "$SSC_LOGIN_SECRET" | sed 's/.*= *//')
email=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
echo "https://login.example.com/ssc-login?email=$email&exp=$exp&kid=shop1&sig=$sig"
