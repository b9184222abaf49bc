-- Since when no session has reached the portal, when one last tried, and when people were told; 0 while it answers.
ALTER TABLE irccpin_gates ADD COLUMN unavailable_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE irccpin_gates ADD COLUMN unavailable_last BIGINT NOT NULL DEFAULT 0;
ALTER TABLE irccpin_gates ADD COLUMN unavailable_told BIGINT NOT NULL DEFAULT 0;
