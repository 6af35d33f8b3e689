// The service's job, of the parts that a team on Node would take: the signed link is checked, clients and addresses are
// limited, a circuit stands before Firmhouse, the redirect is checked, and each login is counted and leaves a line of JSON.
import { createHmac, timingSafeEqual } from 'node:crypto';
import fastify, { LogController } from 'fastify';
import rateLimit from '@fastify/rate-limit';
import CircuitBreaker from 'opossum';
import pino from 'pino';
import { Counter, Histogram, collectDefaultMetrics, register } from 'prom-client';
import { Pool } from 'undici';

const { UPSTREAM, ACCESS_TOKEN, KEY_ID, KEY_SECRET, ALLOWED_HOST, PORT } = process.env;
const maxLifetime = 24 * 60 * 60;
const plenty = 1_000_000_000;

const upstream = new URL(UPSTREAM);
const pool = new Pool(upstream.origin, { connections: 128, headersTimeout: 5_000, bodyTimeout: 5_000 });
const headers = { 'content-type': 'application/json', 'x-project-access-token': ACCESS_TOKEN };
const query = `mutation CreateSelfServiceCenterLoginToken($email: String!) {
  createSelfServiceCenterLoginTokenV2(input: { email: $email }) {
    selfServiceCenterLoginToken { token expiresAt returnUrlWithToken }
    errors { attribute message path }
  }
}`;

const circuit = new CircuitBreaker(createToken, {
  timeout: 10_000, rollingCountTimeout: 30_000, volumeThreshold: 20, errorThresholdPercentage: 50, resetTimeout: 5_000, capacity: 500,
});

collectDefaultMetrics();
const logins = new Counter({ name: 'ssc_login_logins_total', help: 'Logins by outcome.', labelNames: ['outcome'] });
const duration = new Histogram({ name: 'ssc_login_duration_seconds', help: 'Duration of logins by outcome.', labelNames: ['outcome'] });

// Written in batches, as the service does.
const app = fastify({
  loggerInstance: pino(pino.destination({ sync: false, minLength: 4096 })),
  logController: new LogController({ disableRequestLogging: true }),
  trustProxy: '127.0.0.1',
});
await app.register(rateLimit, { global: false, timeWindow: '1 minute', max: plenty, cache: 100_000 });
const checkClient = app.createRateLimit();
const checkAddress = app.createRateLimit({ keyGenerator: request => request.query.email });

app.get('/ssc-login', async (request, reply) => {
  const started = performance.now();
  const { outcome, status, location } = await logIn(request);
  const milliseconds = performance.now() - started;
  logins.inc({ outcome });
  duration.observe({ outcome }, milliseconds / 1000);
  request.log.info({ outcome, status, kid: request.query.kid, milliseconds }, 'login');
  reply.headers({ 'cache-control': 'no-store, no-transform', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
  return location ? reply.redirect(location, status) : reply.code(status).send({ type: outcome, status });
});
app.get('/metrics', async (request, reply) => reply.type(register.contentType).send(await register.metrics()));
await app.listen({ host: '127.0.0.1', port: Number(PORT) });

async function logIn(request) {
  if ((await checkClient(request)).isExceeded) {
    return { outcome: 'rate-limited', status: 429 };
  }
  const refusal = refusalOf(request.query);
  if (refusal) {
    return refusal;
  }
  if ((await checkAddress(request)).isExceeded) {
    return { outcome: 'rate-limited', status: 429 };
  }
  try {
    const url = await circuit.fire(request.query.email);
    return isAllowed(url) ? { outcome: 'redirected', status: 302, location: url } : { outcome: 'firmhouse-misconfigured', status: 502 };
  } catch (error) {
    return error.code === 'ETIMEDOUT' ? { outcome: 'firmhouse-timeout', status: 504 } : { outcome: 'firmhouse-unavailable', status: 503 };
  }
}

function refusalOf({ email, exp, kid, sig }) {
  if (typeof email !== 'string' || kid !== KEY_ID || !/^\d{1,12}$/.test(exp) || !/^[0-9a-f]{64}$/.test(sig)) {
    return { outcome: 'link-invalid', status: 403 };
  }
  const expected = createHmac('sha256', KEY_SECRET).update(`ssc-login:v1:${kid}:${exp}:${email}`).digest();
  if (!timingSafeEqual(expected, Buffer.from(sig, 'hex'))) {
    return { outcome: 'link-invalid', status: 403 };
  }
  const now = Date.now() / 1000;
  return now > Number(exp) + 60 || Number(exp) - now > maxLifetime + 300 ? { outcome: 'link-expired', status: 410 } : null;
}

async function createToken(email) {
  const response = await pool.request({ path: upstream.pathname, method: 'POST', headers, body: JSON.stringify({ query, variables: { email } }) });
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw new Error('Firmhouse is unavailable.');
  }
  const { data } = await response.body.json();
  return data.createSelfServiceCenterLoginTokenV2.selfServiceCenterLoginToken.returnUrlWithToken;
}

function isAllowed(url) {
  const { protocol, hostname } = new URL(url);
  return hostname === ALLOWED_HOST && (protocol === 'https:' || hostname === 'localhost');
}
