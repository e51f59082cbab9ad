-- written by: sensor
CREATE TABLE IF NOT EXISTS ledger (
    minute DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    tap LowCardinality(String),
    worker UInt16,
    stage LowCardinality(String),
    reason LowCardinality(String),
    packets UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (tap, minute, stage, reason, worker)
SETTINGS non_replicated_deduplication_window = 100000;
