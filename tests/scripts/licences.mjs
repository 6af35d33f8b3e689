// Lists every package of the lock files given, what uses it and under which licence it comes, and fails on a licence
// that is not one of the permissive ones below. Usage: node licences.mjs <packages.lock.json>…
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const accepted = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'MS-PL', '0BSD', 'ISC', 'PostgreSQL', 'LicenseRef-Public-Domain']);

// Accepted in tests, which nobody is given: axe-core's, and that of two packages without code on this framework.
const acceptedInTests = new Set([...accepted, 'MPL-2.0', 'LicenseRef-Microsoft-.NET-Library']);

// Packages from before there were licence expressions, by what their licence file or page says. Read before you add one.
const read = new Map([
  ['Fare', 'MIT'],
  ['JmesPath.Net', 'Apache-2.0'],
  ['JmesPath.Net.Parser', 'Apache-2.0'],
  ['Microsoft.NETCore.Platforms', 'LicenseRef-Microsoft-.NET-Library'],
  ['NETStandard.Library', 'LicenseRef-Microsoft-.NET-Library'],
  ['SimMetrics.Net', 'MIT'],
  ['Springcomp.GPLEX.Runtime', 'BSD-2-Clause'],
  ['Springcomp.GPPG.Runtime', 'BSD-2-Clause'],
  ['SQLite', 'LicenseRef-Public-Domain'],
  ['xunit.abstractions', 'Apache-2.0'],
]);

export function packagesFolder() {
  return execFileSync('dotnet', ['nuget', 'locals', 'global-packages', '--list'], { encoding: 'utf8' }).replace(/^[^:]*:\s*/, '').trim();
}

export function licenceOf(folder, name, version) {
  const id = name.toLowerCase();
  const directory = `${folder}/${id}/${version.toLowerCase()}`;
  const nuspec = readFileSync(`${directory}/${id}.nuspec`, 'utf8');
  const expression = /<license type="expression">\s*([^<]+?)\s*<\/license>/.exec(nuspec)?.[1];
  if (expression) {
    return expression;
  }

  // A file: the MIT and Apache licences are known by their words.
  const file = /<license type="file">\s*([^<]+?)\s*<\/license>/.exec(nuspec)?.[1]
    ?? readdirSync(directory).find(candidate => /^licen[cs]e(\.txt|\.md)?$/i.test(candidate));
  const path = file && `${directory}/${file.replaceAll('\\', '/')}`;
  const text = path && existsSync(path) ? readFileSync(path, 'utf8').replaceAll(/\s+/g, ' ') : '';
  return /Permission is hereby granted, free of charge, to any person obtaining a copy/.test(text) ? 'MIT'
    : /Apache License,? Version 2\.0/i.test(text) ? 'Apache-2.0'
    : read.get(name) ?? `unknown (${/<licenseUrl>([^<]+)/.exec(nuspec)?.[1] ?? 'none is given'})`;
}

// "A OR B": one of them is enough. "A AND B": both.
const isAccepted = (expression, isInTestsAlone) => expression.split(/ OR /).some(choice => choice.split(/ AND /).every(licence => (isInTestsAlone ? acceptedInTests : accepted).has(licence.replaceAll(/[()]/g, ''))));

function main(lockFiles) {
  const folder = packagesFolder();
  const users = new Map();
  for (const lockFile of lockFiles) {
    const project = lockFile.split('/').slice(0, -1).join('/');
    for (const packages of Object.values(JSON.parse(readFileSync(lockFile, 'utf8')).dependencies)) {
      for (const [name, { type, resolved }] of Object.entries(packages)) {
        if (type !== 'Project') {
          const key = `${name} ${resolved}`;
          users.set(key, (users.get(key) ?? new Set()).add(project));
        }
      }
    }
  }

  let refused = 0;
  for (const key of [...users.keys()].sort()) {
    const licence = licenceOf(folder, ...key.split(' '));
    const isFine = isAccepted(licence, [...users.get(key)].every(project => project.startsWith('tests/')));
    refused += isFine ? 0 : 1;
    console.log(`${isFine ? ' ' : '!'} ${key.padEnd(70)} ${licence.padEnd(24)} ${[...users.get(key)].join(', ')}`);
  }
  console.log(`${users.size} packages, ${refused} of them under a licence that is not accepted.`);
  process.exitCode = refused === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2));
}
