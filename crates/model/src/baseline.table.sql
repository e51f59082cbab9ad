-- written by: analyzer
-- What is usual, by entity or peer group, feature and hour of a kind of day. A day's cells come from days before it.
CREATE TABLE IF NOT EXISTS baseline (
    day DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    entity String,
    feature LowCardinality(String),
    cell UInt8,
    centre UInt16 CODEC(T64, ZSTD(1)),
    spread UInt16 CODEC(T64, ZSTD(1)),
    n UInt16 CODEC(T64, ZSTD(1)),
    CONSTRAINT entity_holds_no_account_number CHECK NOT match(entity, '[0-9]{13}')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, entity, feature, cell)
SETTINGS non_replicated_deduplication_window = 100000;
