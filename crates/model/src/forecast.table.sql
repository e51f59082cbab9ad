-- written by: analyzer
-- A forecast is made from rows before its time alone. A later row of the same key says what came of it.
CREATE TABLE IF NOT EXISTS forecast (
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    scope Enum8('institution' = 0, 'zone' = 1, 'entity' = 2, 'service' = 3, 'site' = 4),
    name LowCardinality(String),
    level Enum8('-' = 0, 'I' = 1, 'II' = 2, 'III' = 3, 'IV' = 4),
    horizon_min UInt16,
    probability Float64 CODEC(ZSTD(1)),
    low Float64 CODEC(ZSTD(1)),
    high Float64 CODEC(ZSTD(1)),
    skill Float64 CODEC(ZSTD(1)),
    has_skill UInt8,
    open UInt8,
    reasons String,
    observed Enum8('pending' = 0, 'yes' = 1, 'no' = 2),
    model LowCardinality(String),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6),
    CONSTRAINT name_holds_no_account_number CHECK NOT match(name, '[0-9]{13}')
) ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(time)
ORDER BY (scope, name, level, horizon_min, time)
SETTINGS non_replicated_deduplication_window = 100000;
