// Prints an SBOM (CycloneDX 1.6) of the service: every package that is compiled into it, the runtime's too, from the
// deps.json of its build, with the hash of the package, its licence and its place in the graph. It holds no time and no random
// number, so the same build gives the same SBOM. CycloneDX's tool for .NET was tried: it reads the restored packages of a
// project, and so names none of the runtime that is published with it.
// Usage: node sbom.mjs <build directory> [<version>]
import { readFileSync } from 'node:fs';
import { licenceOf, packagesFolder } from './licences.mjs';

const [directory, version = '0.0.0'] = process.argv.slice(2);
const deps = JSON.parse(readFileSync(`${directory}/Firmhouse.SscLogin.deps.json`, 'utf8'));
const target = deps.targets[deps.runtimeTarget.name];
const folder = packagesFolder();
const isRoot = key => key.startsWith('Firmhouse.SscLogin/');
const isOurs = key => deps.libraries[key].type === 'project';
const runtimePack = 'runtimepack.';
const nameOf = key => key.split('/')[0].replace(runtimePack, '');
const releaseOf = key => key.split('/')[1];
const reference = key => isOurs(key) ? nameOf(key) : `pkg:nuget/${nameOf(key)}@${releaseOf(key)}`;
const keys = Object.keys(deps.libraries).sort();
const keyOf = name => keys.find(key => key.split('/')[0].toLowerCase() === name.toLowerCase());

// deps.json has no hash for the runtime's packages; the packages folder has.
const hashOf = key => key.startsWith(runtimePack)
  ? JSON.parse(readFileSync(`${folder}/${nameOf(key).toLowerCase()}/${releaseOf(key)}/.nupkg.metadata`, 'utf8')).contentHash
  : deps.libraries[key].sha512.replace(/^sha512-/, '');

const component = key => ({
  type: 'library', 'bom-ref': reference(key), name: nameOf(key), version: isOurs(key) ? version : releaseOf(key), scope: 'required',
  ...(isOurs(key) ? {} : {
    hashes: [{ alg: 'SHA-512', content: Buffer.from(hashOf(key), 'base64').toString('hex') }],
    licenses: [{ expression: licenceOf(folder, nameOf(key), releaseOf(key)) }],
    purl: reference(key),
  }),
});

console.log(JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
  metadata: {
    component: { type: 'application', 'bom-ref': 'Firmhouse.SscLogin', name: 'Firmhouse.SscLogin', version },
    properties: [{ name: 'dotnet:runtimeTarget', value: deps.runtimeTarget.name }],
  },
  components: keys.filter(key => !isRoot(key)).map(component),
  dependencies: keys.map(key => ({
    ref: reference(key),
    dependsOn: Object.keys(target[key]?.dependencies ?? {}).map(keyOf).filter(Boolean).map(reference).sort(),
  })),
}, null, 2));
