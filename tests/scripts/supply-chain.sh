#!/usr/bin/env bash
# What the service is made of: no package with a known vulnerability (where the package source knows of any), none under
# a licence that is not accepted, and an SBOM of what is published. Usage: supply-chain.sh [<file for the SBOM>]
# Takes about a minute.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
sbom=${1:-$work/sbom.cdx.json}

# What the native compiler is given: the same packages, and the list of them that it leaves out.
dotnet build "$root/src/Firmhouse.SscLogin" --configuration Release --runtime linux-x64 --self-contained -p:RunAnalyzers=false --output "$work/service" --nologo --verbosity quiet

echo "== Vulnerabilities"
cd "$root"
dotnet list Firmhouse.SscLogin.sln package --vulnerable --include-transitive | tee "$work/vulnerable.txt"
if grep --quiet 'has the following vulnerable packages' "$work/vulnerable.txt"; then
  fail "a package has a known vulnerability"
fi

# "No vulnerable packages" is also what a source without such data answers. A package that is known to be vulnerable
# (GHSA-5crp-9r3c-p9vr) tells the one from the other.
mkdir "$work/canary"
echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit></PropertyGroup><ItemGroup><PackageReference Include="Newtonsoft.Json" Version="12.0.1" /></ItemGroup></Project>' \
  > "$work/canary/canary.csproj"
if dotnet restore "$work/canary" --verbosity quiet > "$work/canary.txt" 2>&1 \
  && dotnet list "$work/canary" package --vulnerable | grep --quiet 'has the following vulnerable packages'; then
  echo "The package source knows of vulnerabilities, and of none in these packages."
else
  echo "NOT CHECKED: the package source has no data about vulnerabilities; it finds none in a package known to have one."
fi

echo "== Licences"
# Those for arm64 name the same packages, but for the native compiler's, which is not restored on this machine.
git ls-files '*packages*.lock.json' ':!*linux-arm64*' | xargs node tests/scripts/licences.mjs

echo "== SBOM"
version=$("$work/service/Firmhouse.SscLogin" --version)
node tests/scripts/sbom.mjs "$work/service" "${version%%+*}" > "$sbom"
# shellcheck disable=SC2016 # JavaScript, not the shell
node -e '
  const bom = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const unknown = bom.components.filter(component => component.purl && !(component.hashes[0].content.length === 128 && component.licenses[0].expression));
  const isRuntimeIn = ["Microsoft.NETCore.App.Runtime.", "Microsoft.AspNetCore.App.Runtime."].every(runtime => bom.components.some(component => component.name.startsWith(runtime)));
  if (bom.components.length < 10 || unknown.length > 0 || !isRuntimeIn) { console.error("The SBOM is not whole", unknown); process.exit(1); }
  console.log(`${bom.components.length} components: ${bom.components.map(component => `${component.name} ${component.version}`).join(", ")}`);
' "$sbom"
