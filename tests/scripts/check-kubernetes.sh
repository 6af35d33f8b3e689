#!/usr/bin/env bash
# Builds the manifests, the base and the example overlay, and holds them to Kubernetes' schema and to what a security
# reviewer asks for. Needs kubectl (1.27 or newer, for its kustomize), node and npm.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
check=$root/tests/scripts/kubernetes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v kubectl > /dev/null || { echo "FAILED: there is no kubectl" >&2; exit 1; }
if [[ ! -d $check/node_modules ]]; then
  npm ci --prefix "$check" --ignore-scripts --no-audit --no-fund --loglevel error
fi

echo "base"
kubectl kustomize "$root/src/kubernetes" | node "$check/check.mjs"

# The example's secrets are nobody's.
cp -r "$root/src/kubernetes" "$work"
mkdir "$work/kubernetes/example/secrets"
for name in Firmhouse__AccessToken LoginLinks__Keys__shop1__Secret; do
  echo "example" > "$work/kubernetes/example/secrets/$name"
done
echo "example"
kubectl kustomize "$work/kubernetes/example" | node "$check/check.mjs"
