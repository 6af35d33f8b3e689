// Renders ../storefront.liquid for each line of standard input, with the one filter that Shopify has and liquidjs has not.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Liquid } from 'liquidjs';

const engine = new Liquid();
engine.registerFilter('hmac_sha256', (text, key) => createHmac('sha256', key).update(text).digest('hex'));
const template = engine.parse(readFileSync(new URL('../storefront.liquid', import.meta.url), 'utf8'));
for (const email of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  const html = engine.renderSync(template, { customer: { email }, settings: { ssc_login_secret: process.env.SSC_LOGIN_SECRET } });
  console.log(html.match(/href="([^"]*)"/)[1].replaceAll('&amp;', '&'));
}
