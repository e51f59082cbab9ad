-- written by: analyzer
CREATE TABLE IF NOT EXISTS incident (
    id FixedString(16),
    revision UInt32,
    time DateTime64(6, 'UTC'),
    started DateTime64(6, 'UTC'),
    state LowCardinality(String),
    merged_into FixedString(16),
    stage LowCardinality(String),
    title String,
    warnings Array(FixedString(16)),
    links String,
    path Array(String),
    next_steps String,
    severity Enum8('P0' = 0, 'P1' = 1, 'P2' = 2, 'P3' = 3, 'P4' = 4),
    level Enum8('-' = 0, 'I' = 1, 'II' = 2, 'III' = 3, 'IV' = 4),
    zone LowCardinality(String),
    criticality UInt8,
    index_before Float64,
    index_after Float64,
    CONSTRAINT title_holds_no_account_number CHECK NOT match(title, '[0-9]{13}')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started)
ORDER BY (toStartOfDay(started), id, revision)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The highest revision of each, ids as hexadecimal text.
CREATE VIEW IF NOT EXISTS incident_now AS
SELECT lower(hex(i.id)) AS id, i.revision AS revision, i.time AS time, i.started AS started, i.state AS state,
    lower(hex(i.merged_into)) AS merged_into, i.stage AS stage, i.title AS title,
    arrayMap(one -> lower(hex(one)), i.warnings) AS warnings, i.links AS links, i.path AS path, i.next_steps AS next_steps,
    i.severity AS severity, i.level AS level, i.zone AS zone, i.criticality AS criticality,
    i.index_before AS index_before, i.index_after AS index_after
FROM incident AS i
ORDER BY i.id, i.revision DESC
LIMIT 1 BY i.id;
