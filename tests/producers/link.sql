-- psql, with: CREATE EXTENSION pgcrypto. The statement holds the secret, so it must not get into a log.
\getenv secret SSC_LOGIN_SECRET
SELECT email,
       'https://login.example.com/ssc-login?email=' || regexp_replace(encode(convert_to(email, 'UTF8'), 'hex'), '(..)', '%\1', 'g')
           || '&exp=' || exp || '&kid=mail1&sig='
           || encode(hmac(convert_to('ssc-login:v1:mail1:' || exp || ':' || email, 'UTF8'), convert_to(:'secret', 'UTF8'), 'sha256'), 'hex') AS ssc_login_url
  FROM customers, (SELECT extract(epoch FROM now())::bigint + 7 * 86400 AS exp) AS expiry;
