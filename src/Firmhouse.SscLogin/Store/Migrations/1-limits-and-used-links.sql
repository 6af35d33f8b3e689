-- What replicas count and keep in common. Unlogged: counts need not survive a crash of the database, and cost half as much.
CREATE UNLOGGED TABLE ssc_login.rate_limits (
    key bytea PRIMARY KEY,
    arrival timestamptz NOT NULL
);
COMMENT ON TABLE ssc_login.rate_limits IS 'Whose allowance, as a keyed hash, and the theoretical arrival time of its next request (GCRA)';

CREATE TABLE ssc_login.used_links (
    signature bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL,
    reserved_until timestamptz,
    reserved_by uuid
);
COMMENT ON TABLE ssc_login.used_links IS 'Links that log in once: the SHA-256 of the signature. Used where reserved_until is null, else with a login under way';

-- The key of the hashes: made here, so that every replica has it and no rotation of another secret changes it.
CREATE TABLE ssc_login.hash_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    key bytea NOT NULL
);
INSERT INTO ssc_login.hash_key (key)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
