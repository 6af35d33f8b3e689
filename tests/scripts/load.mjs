// An open load: so many requests a second are begun whatever becomes of those before, as customers do.
// Usage: node load.mjs <url> <requests a second> <seconds> [--new-connections] [--post <form>]; prints one line of JSON.
// A connection that fails counts as an error; nothing is tried again.
import http from 'node:http';

const [url, rate, seconds, ...options] = process.argv.slice(2);
const post = options.includes('--post') ? options[options.indexOf('--post') + 1] : null;
const agent = options.includes('--new-connections') ? false : new http.Agent({ keepAlive: true, maxSockets: 2000 });
const total = Math.min(Number(rate) * Number(seconds), 200_000);
const statuses = {};
const errors = {};
const times = {};
let withoutRetryAfter = 0;

function send(index) {
  return new Promise(resolve => {
    const started = performance.now();
    const headers = post === null ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const target = url.replaceAll('{i}', String(index));
    const request = http.request(target, { agent, method: post === null ? 'GET' : 'POST', headers, timeout: 30_000 }, response => {
      response.resume();
      response.on('error', fail);
      response.on('end', () => {
        statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
        (times[response.statusCode] ??= []).push(performance.now() - started);
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

const pending = [];
const start = performance.now();
await new Promise(resolve => {
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor((performance.now() - start) / 1000 * Number(rate)));
    while (pending.length < due) {
      pending.push(send(pending.length));
    }
    if (pending.length >= total) {
      clearInterval(timer);
      resolve();
    }
  }, 2);
});
const offered = (performance.now() - start) / 1000;
await Promise.all(pending);

const percentile = (values, share) => Math.round(values[Math.min(values.length - 1, Math.floor(values.length * share))] * 10) / 10;
const latencies = Object.fromEntries(Object.entries(times).map(([status, values]) => {
  values.sort((one, two) => one - two);
  return [status, { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) }];
}));
console.log(JSON.stringify({ sent: total, seconds: Math.round(offered * 100) / 100, statuses, errors, withoutRetryAfter, ms: latencies }));
