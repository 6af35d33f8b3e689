// An open load: so many requests a second are begun whatever becomes of those before, as customers do.
// Usage: node load.mjs <url> <requests a second> <seconds> [--new-connections] [--post <form>]; prints one line of JSON.
// Or a closed one, so many at once: node load.mjs <url> <requests at once> <seconds> --at-once.
// SIGTERM ends it before its time. A connection that fails counts as an error; nothing is tried again.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [url, rate, seconds, ...options] = process.argv.slice(2);
const post = options.includes('--post') ? options[options.indexOf('--post') + 1] : null;
const agent = options.includes('--new-connections') ? false : new http.Agent({ keepAlive: true, maxSockets: 2000 });
const statuses = {};
const errors = {};
const times = { all: [] };
let sent = 0;
let withoutRetryAfter = 0;
let stopped = false;
process.once('SIGTERM', () => { stopped = true; });

function send() {
  const index = sent++;
  return new Promise(resolve => {
    const started = performance.now();
    const headers = post === null ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const target = url.replaceAll('{i}', String(index));
    const request = http.request(target, { agent, method: post === null ? 'GET' : 'POST', headers, timeout: 60_000 }, response => {
      response.resume();
      response.on('error', fail);
      response.on('end', () => {
        const time = performance.now() - started;
        statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
        (times[response.statusCode] ??= []).push(time);
        times.all.push(time);
        withoutRetryAfter += response.statusCode === 503 && !response.headers['retry-after'] ? 1 : 0;
        resolve();
      });
    });
    request.on('error', fail);
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.end(post?.replaceAll('{i}', String(index)));

    function fail(error) {
      errors[error.code ?? error.message] = (errors[error.code ?? error.message] ?? 0) + 1;
      resolve();
    }
  });
}

async function sendOneAfterTheOther() {
  while (!isOver()) {
    await send();
  }
}

async function sendAtRate() {
  const total = Number(rate) * Number(seconds);
  const pending = [];
  while (!stopped && sent < total) {
    for (const due = Math.min(total, elapsed() * Number(rate)); sent < due;) {
      pending.push(send());
    }
    await sleep(2);
  }
  return pending;
}

const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;
const isOver = () => stopped || elapsed() >= Number(seconds);
const pending = options.includes('--at-once') ? Array.from({ length: Number(rate) }, sendOneAfterTheOther) : await sendAtRate();
await Promise.all(pending);
const took = elapsed();

const percentile = (values, share) => Math.round(values[Math.min(values.length - 1, Math.floor(values.length * share))] * 10) / 10;
const latencies = Object.fromEntries(Object.entries(times).map(([status, values]) => {
  values.sort((one, two) => one - two);
  return [status, { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99), max: percentile(values, 1) }];
}));
console.log(JSON.stringify({ sent, seconds: Math.round(took * 100) / 100, statuses, errors, withoutRetryAfter, ms: latencies }));
