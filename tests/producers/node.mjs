import { createHmac } from 'node:crypto';

export function loginLink(email) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const sig = createHmac('sha256', process.env.SSC_LOGIN_SECRET).update(`ssc-login:v1:shop1:${exp}:${email}`).digest('hex');
  return `https://login.example.com/ssc-login?email=${encodeURIComponent(email)}&exp=${exp}&kid=shop1&sig=${sig}`;
}
