-- Expired links are deleted every minute, without reading all the others.
CREATE INDEX used_links_expires_at ON ssc_login.used_links (expires_at);
