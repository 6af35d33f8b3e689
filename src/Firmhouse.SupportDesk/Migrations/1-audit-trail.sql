-- The audit trail. The statements hold on PostgreSQL, and on SQLite, where the schema is left out. Instants are text, so that what is hashed is what is stored.
CREATE TABLE ssc_support.audit_entries (
    sequence bigint NOT NULL PRIMARY KEY,
    at text NOT NULL,
    kind text NOT NULL,
    about bigint REFERENCES ssc_support.audit_entries (sequence),
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    reason text,
    ticket text,
    consent text,
    outcome text,
    token_expires_at text,
    client_address text,
    trace_id text,
    detail text,
    personal_hash text,
    previous_hash text NOT NULL UNIQUE,
    hash text NOT NULL UNIQUE
);
CREATE INDEX audit_entries_about ON ssc_support.audit_entries (about);
CREATE INDEX audit_entries_at ON ssc_support.audit_entries (at);
CREATE INDEX audit_entries_ticket ON ssc_support.audit_entries (ticket);

-- What is erased when a customer is forgotten: the chain holds a hash of it under its row's own key, which goes with it.
CREATE TABLE ssc_support.audit_personal (
    sequence bigint NOT NULL PRIMARY KEY REFERENCES ssc_support.audit_entries (sequence),
    mailbox text NOT NULL,
    address text NOT NULL,
    note text,
    personal_key text NOT NULL
);
CREATE INDEX audit_personal_mailbox ON ssc_support.audit_personal (mailbox);
