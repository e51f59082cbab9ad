-- written by: analyzer
CREATE TABLE IF NOT EXISTS warning (
    id FixedString(16),
    revision UInt32,
    alias_of FixedString(16),
    time DateTime64(6, 'UTC'),
    episode_start DateTime64(6, 'UTC'),
    detection LowCardinality(String),
    subject String,
    object String,
    zone LowCardinality(String),
    business Array(String),
    severity Enum8('P0' = 0, 'P1' = 1, 'P2' = 2, 'P3' = 3, 'P4' = 4),
    level Enum8('-' = 0, 'I' = 1, 'II' = 2, 'III' = 3, 'IV' = 4),
    score UInt16,
    contributions String,
    sentence String,
    attack Array(String),
    evidence_ids Array(FixedString(16)),
    incident FixedString(16),
    CONSTRAINT subject_holds_no_account_number CHECK NOT match(subject, '[0-9]{13}'),
    CONSTRAINT object_holds_no_account_number CHECK NOT match(object, '[0-9]{13}'),
    CONSTRAINT sentence_holds_no_account_number CHECK NOT match(sentence, '[0-9]{13}')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(episode_start)
ORDER BY (toStartOfDay(episode_start), id, revision)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The highest revision of each, ids as hexadecimal text.
CREATE VIEW IF NOT EXISTS warning_now AS
SELECT lower(hex(w.id)) AS id, w.revision AS revision, lower(hex(w.alias_of)) AS alias_of, w.time AS time,
    w.episode_start AS episode_start, w.detection AS detection, w.subject AS subject, w.object AS object, w.zone AS zone,
    w.business AS business, w.severity AS severity, w.level AS level, w.score AS score, w.contributions AS contributions,
    w.sentence AS sentence, w.attack AS attack, arrayMap(one -> lower(hex(one)), w.evidence_ids) AS evidence_ids,
    lower(hex(w.incident)) AS incident
FROM warning AS w
ORDER BY w.id, w.revision DESC
LIMIT 1 BY w.id;
