-- written by: analyzer
CREATE TABLE IF NOT EXISTS evidence (
    id FixedString(16),
    revision UInt32,
    strength UInt8,
    detection LowCardinality(String),
    subject String,
    object String,
    cause FixedString(16),
    episode_start DateTime64(6, 'UTC'),
    seen DateTime64(6, 'UTC'),
    p_value Float64,
    severity Enum8('P0' = 0, 'P1' = 1, 'P2' = 2, 'P3' = 3, 'P4' = 4),
    numbers String,
    flow_ids Array(UInt64),
    coverage String,
    policy LowCardinality(String),
    rule_version LowCardinality(String),
    CONSTRAINT subject_holds_no_account_number CHECK NOT match(subject, '[0-9]{13}'),
    CONSTRAINT object_holds_no_account_number CHECK NOT match(object, '[0-9]{13}')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(episode_start)
ORDER BY (toStartOfDay(episode_start), id, revision)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The highest revision of each, ids as hexadecimal text. Strength 0 is withdrawn.
CREATE VIEW IF NOT EXISTS evidence_now AS
SELECT lower(hex(e.id)) AS id, e.revision AS revision, e.strength AS strength, e.detection AS detection, e.subject AS subject,
    e.object AS object, lower(hex(e.cause)) AS cause, e.episode_start AS episode_start, e.seen AS seen, e.p_value AS p_value,
    e.severity AS severity, e.numbers AS numbers, e.flow_ids AS flow_ids, e.coverage AS coverage, e.policy AS policy,
    e.rule_version AS rule_version
FROM evidence AS e
ORDER BY e.id, e.revision DESC
LIMIT 1 BY e.id;
