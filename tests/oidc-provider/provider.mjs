// A certified OpenID provider (oidc-provider) on a free loopback port, whose sign-in page asks for nothing but a name.
// Usage: node provider.mjs <options as JSON>; it writes its issuer in one line, and ends with its standard input.
//   idTokenClaims  true: the address stands in the ID token, else only at the userinfo endpoint.
// Whoever signs in is either an address, which then is verified, or JSON: the claims themselves.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { idTokenClaims = true } = JSON.parse(process.argv[2] ?? '{}');
const clients = { basic: 'client_secret_basic', post: 'client_secret_post' };
const server = createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const claimsOf = (name) => (name.startsWith('{') ? JSON.parse(name) : { email: name, email_verified: true });
const provider = new Provider(issuer, {
  clients: Object.entries(clients).map(([name, method]) => ({
    client_id: `shop-${name}`,
    client_secret: `oidc-provider-secret:/+%&_not-for-production_${name}`,
    token_endpoint_auth_method: method,
    redirect_uris: ['http://127.0.0.1/ssc-login/sign-in/callback'],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  })),
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: !idTokenClaims,
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ['not-for-production'] },
  interactions: { url: (context, { uid }) => `/interaction/${uid}` },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...claimsOf(Buffer.from(id, 'base64url').toString()) }),
  }),
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email');
    await grant.save();
    return grant;
  },
});

// The service under test has another port each time.
provider.Client.prototype.redirectUriAllowed = (uri) => {
  const { hostname, pathname } = new URL(uri);
  return ['127.0.0.1', 'localhost'].includes(hostname) && pathname === '/ssc-login/sign-in/callback';
};

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const name = new URLSearchParams(Buffer.concat(chunks).toString()).get('name');
    const result = name
      ? { login: { accountId: Buffer.from(name).toString('base64url') } }
      : { error: 'access_denied', error_description: 'Cancelled.' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    return;
  }

  const hint = (params.login_hint ?? '').replace(/[^\w@.+-]/g, '');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!DOCTYPE html><html lang="${params.ui_locales}"><title>Sign in</title><form method="post">
    <label>Name <input name="name" value="${hint}"></label> <button>Sign in</button></form>
    <form method="post"><button name="name" value="">Cancel</button></form></html>`);
}

const protocol = provider.callback();
server.on('request', (request, response) => {
  if (request.url.startsWith('/interaction/')) {
    interact(request, response).catch((error) => { response.statusCode = 400; response.end(error.message); });
  } else {
    protocol(request, response);
  }
});

process.stdin.resume().on('end', () => process.exit());
process.stdout.write(`${issuer}\n`);
