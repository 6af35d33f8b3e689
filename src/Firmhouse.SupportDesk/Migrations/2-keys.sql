-- The keys of the employees' sessions, each sealed under the client secret.
CREATE TABLE ssc_support.data_protection_keys (
    name text NOT NULL PRIMARY KEY,
    element text NOT NULL
);
