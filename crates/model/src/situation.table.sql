-- written by: analyzer
-- Index and level by scope: at every fifth minute, and at each minute in which a level changed.
CREATE TABLE IF NOT EXISTS situation (
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    scope Enum8('institution' = 0, 'zone' = 1, 'entity' = 2, 'service' = 3, 'site' = 4),
    name LowCardinality(String),
    `index` Float64 CODEC(ZSTD(1)),
    index_if_blind Float64 CODEC(ZSTD(1)),
    threat Float64 CODEC(ZSTD(1)),
    vulnerability Float64 CODEC(ZSTD(1)),
    availability Float64 CODEC(ZSTD(1)),
    coverage Float64 CODEC(ZSTD(1)),
    level Enum8('-' = 0, 'I' = 1, 'II' = 2, 'III' = 3, 'IV' = 4),
    gate String,
    drivers String,
    written_at DateTime64(6, 'UTC') DEFAULT now64(6),
    CONSTRAINT name_holds_no_account_number CHECK NOT match(name, '[0-9]{13}')
) ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(time)
ORDER BY (scope, name, time)
SETTINGS non_replicated_deduplication_window = 100000;
