-- How often a secret was sent without the portal telling whether it is right. A portal that lost the answer, or showed its
-- form again without a word, may have counted a wrong try all the same.
CREATE TABLE irccpin_tries (
    realm       TEXT   NOT NULL CHECK (realm IN ('live', 'simulated')),
    fingerprint TEXT   NOT NULL,
    unjudged    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (realm, fingerprint)
);
