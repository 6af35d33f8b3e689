// The same job with the client that Firmhouse's own SDK for Node uses.
import fastify from 'fastify';
import { GraphQLClient } from 'graphql-request';

const client = new GraphQLClient(process.env.UPSTREAM, { headers: { 'x-project-access-token': process.env.ACCESS_TOKEN } });
const mutation = `mutation CreateSelfServiceCenterLoginToken($email: String!) {
  createSelfServiceCenterLoginTokenV2(input: { email: $email }) {
    selfServiceCenterLoginToken { token expiresAt returnUrlWithToken }
    errors { attribute message path }
  }
}`;

const app = fastify();
app.get('/ssc-login', async (request, reply) => {
  const data = await client.request(mutation, { email: request.query.email });
  return reply.redirect(data.createSelfServiceCenterLoginTokenV2.selfServiceCenterLoginToken.returnUrlWithToken, 302);
});
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
