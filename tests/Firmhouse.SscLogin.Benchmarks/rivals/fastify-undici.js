// The bare way on Node: a pooled client, JSON there and back. It checks and records nothing.
import fastify from 'fastify';
import { Pool } from 'undici';

const upstream = new URL(process.env.UPSTREAM);
const pool = new Pool(upstream.origin, { connections: 128 });
const headers = { 'content-type': 'application/json', 'x-project-access-token': process.env.ACCESS_TOKEN };
const query = `mutation CreateSelfServiceCenterLoginToken($email: String!) {
  createSelfServiceCenterLoginTokenV2(input: { email: $email }) {
    selfServiceCenterLoginToken { token expiresAt returnUrlWithToken }
    errors { attribute message path }
  }
}`;

const app = fastify();
app.get('/ssc-login', async (request, reply) => {
  const body = JSON.stringify({ query, variables: { email: request.query.email } });
  const response = await pool.request({ path: upstream.pathname, method: 'POST', headers, body });
  const { data } = await response.body.json();
  return reply.redirect(data.createSelfServiceCenterLoginTokenV2.selfServiceCenterLoginToken.returnUrlWithToken, 302);
});
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
