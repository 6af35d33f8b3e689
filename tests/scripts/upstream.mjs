// Stands in for Firmhouse under load: answers both mutations after a delay, and counts them.
// Usage: node upstream.mjs <port> <delay in ms>; the port is printed. GET /counts tells how many of each were answered.
import http from 'node:http';

const [port = '0', delay = '0'] = process.argv.slice(2);
const counts = { login: 0, email: 0 };
const login = JSON.stringify({
  data: {
    createSelfServiceCenterLoginTokenV2: {
      __typename: 'CreateSelfServiceCenterLoginTokenV2Payload',
      selfServiceCenterLoginToken: {
        __typename: 'SelfServiceCenterLoginToken', token: 'load', expiresAt: new Date(Date.now() + 30 * 60_000).toISOString(),
        returnUrlWithToken: 'https://shop.example.com/en/shop/self-service/token_login?token=load',
      },
      errors: [],
    },
  },
});
const email = JSON.stringify({
  data: { createSelfServiceCenterLoginToken: { __typename: 'CreateSelfServiceCenterLoginTokenPayload', status: 'success', error: null } },
});

const server = http.createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(counts));
    return;
  }
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const isEmail = JSON.parse(Buffer.concat(chunks)).operationName === 'EmailSelfServiceCenterLoginLink';
    setTimeout(() => {
      counts[isEmail ? 'email' : 'login']++;
      response.setHeader('Content-Type', 'application/json');
      response.end(isEmail ? email : login);
    }, Number(delay));
  });
});
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
