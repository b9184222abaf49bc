-- Notices that people are still to get: written together with what they tell of, and deleted when they were sent. Like
-- everywhere here, no PIN and no secret.
CREATE TABLE irccpin_outbox (
    id         TEXT   NOT NULL PRIMARY KEY, -- the same in every attempt
    schedule   TEXT   NOT NULL REFERENCES irccpin_schedules (id) ON DELETE CASCADE,
    content    TEXT   NOT NULL, -- JSON
    created_at BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    due_at     BIGINT NOT NULL -- when it may be sent; while it is being sent, when that counts as given up
);
CREATE INDEX irccpin_outbox_created ON irccpin_outbox (created_at);
