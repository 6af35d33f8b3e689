// The company's OpenID provider for the tests of the support desk: a certified server with four employees, one button each.
// Prints its issuer when it listens, and ends with its standard input. The argument is the issuer's host, if not 127.0.0.1.
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const employees = {
  'u-agent': { name: 'Alex Agent', groups: ['staff', 'support-agents'] },
  'u-auditor': { name: 'Andy Auditor', groups: ['staff', 'auditors'] },
  'u-both': { name: 'Billie Both', groups: ['support-agents', 'auditors'] },
  'u-none': { name: 'Nils Nobody', groups: ['staff'] },
};

const page = (title, content) => `<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>${title}</title><h1>${title}</h1>${content}</html>`;

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://${process.argv[2] ?? '127.0.0.1'}:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: 'desk', client_secret: 'client-secret-for-the-tests-alone', redirect_uris: ['http://127.0.0.1/sign-in/callback'], post_logout_redirect_uris: ['http://127.0.0.1/signed-out-callback'] }],
  claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email'] },
  conformIdTokenClaims: false,
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { logoutSource: (ctx, form) => { ctx.body = page('Sign out', `${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`); } },
  },
  findAccount: (_, id) => employees[id] && { accountId: id, claims: () => ({ sub: id, ...employees[id] }) },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
});

// The desk listens on another port for each test.
provider.Client.prototype.redirectUriAllowed = (uri) => new URL(uri).pathname === '/sign-in/callback';
provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => new URL(uri).pathname === '/signed-out-callback';

const oidc = provider.callback();
server.on('request', async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (!pathname.startsWith('/interaction/')) return oidc(request, response);
  const account = searchParams.get('as');
  if (account === 'refuse') return provider.interactionFinished(request, response, { error: 'access_denied' });
  if (account) return provider.interactionFinished(request, response, { login: { accountId: account } });
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page('Sign in', Object.entries(employees).map(([id, { name }]) => `<p><a href="${pathname}?as=${id}">${name}</a></p>`).join('')));
});
process.stdin.on('end', () => process.exit()).resume();
console.log(issuer);
