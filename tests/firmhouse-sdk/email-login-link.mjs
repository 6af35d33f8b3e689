// Has Firmhouse's own SDK ask for a login link for each address that is given, and writes what it makes of the answer.
// Usage: node email-login-link.mjs <GraphQL endpoint> <access token> <address> …
import { Access, FirmhouseClient } from '@firmhouse/firmhouse-sdk';

console.log = () => {}; // The SDK writes failed answers there.
const [baseUrl, apiToken, ...addresses] = process.argv.slice(2);
const firmhouse = new FirmhouseClient({ apiToken, baseUrl, accessType: Access.write });
for (const address of addresses) {
  const answer = await firmhouse.selfServiceCenterToken.create(address).then(
    ({ status }) => status,
    (error) => `${error.constructor.name}: ${error.message}`,
  );
  process.stdout.write(`${address} ${answer}\n`);
}
