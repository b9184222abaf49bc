-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Times are microseconds since 1970 in UTC, 0 is "not yet";
-- booleans are 0 and 1. Names begin with irccpin_, since a team's database may hold other tables.

CREATE TABLE irccpin_intents (
    id                    TEXT   NOT NULL PRIMARY KEY,
    realm                 TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    account               TEXT   NOT NULL,
    action                TEXT   NOT NULL CHECK (action IN ('create', 'delete')),
    person                TEXT   NOT NULL, -- keyed digest of the normalised names
    given_name            TEXT   NOT NULL,
    family_name           TEXT   NOT NULL,
    email                 TEXT   NOT NULL,
    authorized_by         TEXT   NOT NULL,
    attestation           TEXT   NOT NULL,
    legal_name            TEXT   NOT NULL,
    business_number       TEXT   NOT NULL,
    run_id                TEXT   NOT NULL,
    before_rows           TEXT   NOT NULL, -- JSON list of keyed digests
    state                 TEXT   NOT NULL CHECK (state IN ('begun', 'clicked', 'closed')),
    revision              BIGINT NOT NULL,
    begun_at              BIGINT NOT NULL,
    clicked_at            BIGINT NOT NULL DEFAULT 0,
    closed_at             BIGINT NOT NULL DEFAULT 0,
    closed_by             TEXT   NOT NULL DEFAULT '', -- run id
    result                TEXT   NOT NULL DEFAULT '',
    detail                TEXT   NOT NULL DEFAULT '',
    administrative_status TEXT   NOT NULL DEFAULT '',
    user_type             TEXT   NOT NULL DEFAULT '',
    pin_fingerprint       TEXT   NOT NULL DEFAULT '',
    pruned_at             BIGINT NOT NULL DEFAULT 0,
    CHECK ((state = 'closed') = (closed_at <> 0)),
    CHECK ((state = 'closed') = (result <> ''))
);

-- The heart of the ledger: nobody, on no machine, begins what is not yet known to have ended.
CREATE UNIQUE INDEX irccpin_intents_unresolved ON irccpin_intents (realm, account, action, person) WHERE state <> 'closed';
CREATE INDEX irccpin_intents_begun ON irccpin_intents (begun_at, id);

CREATE TABLE irccpin_looks (
    intent    TEXT   NOT NULL REFERENCES irccpin_intents (id) ON DELETE CASCADE,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    rows_read BIGINT NOT NULL,
    found     BIGINT NOT NULL,
    whole     BIGINT NOT NULL,
    PRIMARY KEY (intent, seq)
);

CREATE TABLE irccpin_pins (
    realm       TEXT   NOT NULL,
    account     TEXT   NOT NULL,
    person      TEXT   NOT NULL, -- keyed digest of the normalised names and e-mail
    fingerprint TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    run_id      TEXT   NOT NULL,
    PRIMARY KEY (realm, account, person)
);

CREATE TABLE irccpin_holds (
    id          TEXT   NOT NULL PRIMARY KEY,
    realm       TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    kind        TEXT   NOT NULL CHECK (kind IN ('password', 'passcode', 'answer', 'account')),
    fingerprint TEXT   NOT NULL,
    account     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    run_id      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    UNIQUE (realm, fingerprint)
);

CREATE TABLE irccpin_steps (
    realm       TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    step        BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    PRIMARY KEY (realm, fingerprint)
);

CREATE TABLE irccpin_leases (
    realm      TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    holder     TEXT   NOT NULL,
    token      TEXT   NOT NULL,
    since      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (realm, account)
);

CREATE TABLE irccpin_runs (
    id         TEXT   NOT NULL PRIMARY KEY,
    realm      TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    command    TEXT   NOT NULL,
    employer   TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    result     TEXT   NOT NULL DEFAULT '',
    code       TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX irccpin_runs_started ON irccpin_runs (started_at, id);
