-- written by: person
-- Append-only. Who acted is who is logged in, by constraint: two approvals are two people.
CREATE TABLE IF NOT EXISTS triage (
    id UInt64,
    subject LowCardinality(String),
    subject_id String,
    seq UInt32,
    at DateTime64(6, 'UTC'),
    action LowCardinality(String),
    state_from LowCardinality(String),
    state_to LowCardinality(String),
    owner LowCardinality(String),
    disposition LowCardinality(String),
    reason String,
    note String,
    group_size UInt32,
    client String,
    idem_key String,
    actor LowCardinality(String) DEFAULT currentUser(),
    received_at DateTime64(6, 'UTC') DEFAULT now64(6),
    until Nullable(DateTime64(6, 'UTC')),
    CONSTRAINT actor_is_user CHECK actor = currentUser(),
    CONSTRAINT reason_holds_no_account_number CHECK NOT match(reason, '[0-9]{13}'),
    CONSTRAINT note_holds_no_account_number CHECK NOT match(note, '[0-9]{13}')
) ENGINE = MergeTree
ORDER BY (subject, subject_id, seq, received_at, id)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE triage ADD COLUMN IF NOT EXISTS level LowCardinality(String);

-- The state: of the rows that claim the same seq the first received counts; the others are void.
CREATE VIEW IF NOT EXISTS triage_now AS
SELECT subject, subject_id, max(t.seq) AS seq, argMax(t.state_to, t.seq) AS state, argMax(t.owner, t.seq) AS owner,
    argMax(t.actor, t.seq) AS actor, argMax(t.action, t.seq) AS action, argMax(t.disposition, t.seq) AS disposition,
    argMax(t.reason, t.seq) AS reason, argMax(t.note, t.seq) AS note, argMax(t.at, t.seq) AS at, argMax(t.until, t.seq) AS until
FROM (
    SELECT * FROM triage ORDER BY subject, subject_id, seq, received_at, id LIMIT 1 BY subject, subject_id, seq
) AS t
GROUP BY subject, subject_id;

-- How each subject stands. What is shelved goes back to `before` at `until`, or when it is worse than `level`.
CREATE VIEW IF NOT EXISTS triage_standing AS
SELECT subject, subject_id, max(t.seq) AS seq, argMax(t.state_to, t.seq) AS state,
    argMaxIf(t.state_from, t.seq, t.state_to = 'SHV' AND t.state_from != 'SHV') AS before,
    argMax(t.owner, t.seq) AS owner, argMaxIf(t.disposition, t.seq, t.state_to = 'CLOSE') AS disposition,
    argMaxIf(t.level, t.seq, t.state_to = 'SHV') AS level, argMaxIf(t.until, t.seq, t.state_to = 'SHV') AS until
FROM (
    SELECT * FROM triage ORDER BY subject, subject_id, seq, received_at, id LIMIT 1 BY subject, subject_id, seq
) AS t
GROUP BY subject, subject_id;
