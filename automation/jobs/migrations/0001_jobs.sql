-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Times are microseconds since 1970 in UTC, 0 is "not yet";
-- booleans are 0 and 1. No column holds a secret or a PIN: settings files are named by their paths, PINs known by keyed
-- fingerprints.

CREATE TABLE irccpin_workers (
    token      TEXT   NOT NULL PRIMARY KEY,
    label      TEXT   NOT NULL, -- host and process, for people
    version    TEXT   NOT NULL, -- of the program
    realm      TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What all sessions of a realm have in common, on every machine: one row each.
CREATE TABLE irccpin_gates (
    realm        TEXT   NOT NULL PRIMARY KEY CHECK (realm IN ('live', 'simulated')),
    started_at   BIGINT NOT NULL DEFAULT 0, -- the last session's start
    closed_until BIGINT NOT NULL DEFAULT 0,
    closed_since BIGINT NOT NULL DEFAULT 0,
    closed_why   TEXT   NOT NULL DEFAULT ''
);
INSERT INTO irccpin_gates (realm) VALUES ('live'), ('simulated');

CREATE TABLE irccpin_slots (
    token      TEXT   NOT NULL PRIMARY KEY,
    realm      TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    holder     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX irccpin_slots_realm ON irccpin_slots (realm);

CREATE TABLE irccpin_schedules (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    realm      TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    command    TEXT   NOT NULL CHECK (command IN ('create', 'pins')),
    every      BIGINT NOT NULL, -- microseconds; 0 with cron
    cron       TEXT   NOT NULL,
    zone       TEXT   NOT NULL,
    until_pin  BIGINT NOT NULL,
    roster     TEXT   NOT NULL, -- JSON: the roster as it was added
    delivery   TEXT   NOT NULL, -- JSON: where results and notices go
    state      TEXT   NOT NULL CHECK (state IN ('active', 'paused', 'finished')),
    revision   BIGINT NOT NULL, -- counts up when planned runs become void
    created_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL
);

CREATE TABLE irccpin_schedule_rows (
    schedule       TEXT   NOT NULL REFERENCES irccpin_schedules (id) ON DELETE CASCADE,
    place          BIGINT NOT NULL, -- in the roster, from 0
    content        TEXT   NOT NULL, -- JSON
    parked_at      BIGINT NOT NULL DEFAULT 0,
    parked_code    TEXT   NOT NULL DEFAULT '',
    parked_message TEXT   NOT NULL DEFAULT '',
    parked_hint    TEXT   NOT NULL DEFAULT '',
    delivered_at   BIGINT NOT NULL DEFAULT 0, -- the PIN's last delivery
    delivered      TEXT   NOT NULL DEFAULT '', -- keyed fingerprint of the PIN that was delivered
    PRIMARY KEY (schedule, place)
);

-- One run over a roster: a command in the foreground, or an occurrence of a schedule.
CREATE TABLE irccpin_batches (
    id         TEXT   NOT NULL PRIMARY KEY,
    realm      TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    command    TEXT   NOT NULL CHECK (command IN ('create', 'pins')),
    schedule   TEXT   NULL REFERENCES irccpin_schedules (id) ON DELETE CASCADE, -- NULL in the foreground
    due_at     BIGINT NOT NULL,
    worker     TEXT   NOT NULL, -- who owns a batch in the foreground; '' for an occurrence
    state      TEXT   NOT NULL CHECK (state IN ('running', 'ended', 'abandoned')),
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    UNIQUE (schedule, due_at) -- nobody, on no machine, runs the same occurrence twice
);
CREATE INDEX irccpin_batches_created ON irccpin_batches (created_at);

CREATE TABLE irccpin_batch_rows (
    batch      TEXT   NOT NULL REFERENCES irccpin_batches (id) ON DELETE CASCADE,
    place      BIGINT NOT NULL, -- in the roster, from 0
    content    TEXT   NOT NULL, -- JSON
    state      TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'done')),
    turn       BIGINT NOT NULL DEFAULT 1, -- counts up when a dead worker's row is given to another
    tries      BIGINT NOT NULL DEFAULT 0, -- sessions that ended in a way worth another try
    worker     TEXT   NOT NULL DEFAULT '',
    first_at   BIGINT NOT NULL DEFAULT 0, -- when it was first taken up
    ended_at   BIGINT NOT NULL DEFAULT 0,
    result     TEXT   NOT NULL DEFAULT '',
    code       TEXT   NOT NULL DEFAULT '',
    message    TEXT   NOT NULL DEFAULT '',
    hint       TEXT   NOT NULL DEFAULT '',
    run        TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (batch, place)
);
CREATE INDEX irccpin_batch_rows_running ON irccpin_batch_rows (worker) WHERE state = 'running';
