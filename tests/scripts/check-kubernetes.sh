#!/usr/bin/env bash
# Builds the manifests: the base, the example overlay, the example with the monitoring component, with the support desk as
# well, and all of it for OpenShift. Holds them to Kubernetes' schema and to what a security reviewer asks for. Needs node, npm
# and kubectl (1.27 or newer, for its kustomize).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
check=$root/tests/scripts/kubernetes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kubectl version --client 2> /dev/null | grep -q '^Kustomize Version: v5' || { echo "NOT CHECKED: there is no kubectl of 1.27 or newer"; exit 0; }
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

# As somebody would who takes the comment signs away.
sed -i 's/^# \(components:\|  - \.\.\/components\/monitoring\)/\1/' "$work/kubernetes/example/kustomization.yaml"
echo "example with monitoring"
kubectl kustomize "$work/kubernetes/example" | tee "$work/monitored.yaml" | node "$check/check.mjs"
grep -q '^kind: PodMonitor$' "$work/monitored.yaml" || { echo "FAILED: the example does not mention the monitoring component" >&2; exit 1; }

sed -i 's/^# \(  - \.\.\/components\/support-desk\)/\1/' "$work/kubernetes/example/kustomization.yaml"
echo "example with monitoring and the support desk"
kubectl kustomize "$work/kubernetes/example" | tee "$work/desk.yaml" | node "$check/check.mjs"
grep -q '^  name: ssc-login-support$' "$work/desk.yaml" || { echo "FAILED: the example does not mention the support desk" >&2; exit 1; }

sed -i 's/^# \(  - \.\.\/components\/openshift\)/\1/' "$work/kubernetes/example/kustomization.yaml"
echo "example with monitoring and the support desk, for OpenShift"
kubectl kustomize "$work/kubernetes/example" | node "$check/check.mjs" --openshift

# A client-side apply writes the secret into an annotation.
if grep -rn 'kubectl.* apply' "$root/src/kubernetes" | grep -v -e --server-side; then
  echo "FAILED: these lines apply without --server-side" >&2
  exit 1
fi
