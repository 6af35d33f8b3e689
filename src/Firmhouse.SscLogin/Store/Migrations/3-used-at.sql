-- Within a minute of its first use a link logs in again. Older versions, which may run beside this one, reserve links, and leave used_at null.
ALTER TABLE ssc_login.used_links ADD COLUMN used_at timestamptz;
COMMENT ON TABLE ssc_login.used_links IS 'Links that log in once: the SHA-256 of the signature, and when it was first used. A row with reserved_until is a login under way in an older version';
