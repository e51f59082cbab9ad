-- written by: analyzer
-- Every "calm" is a sum over these rows. A minute that is judged again replaces its rows.
CREATE TABLE IF NOT EXISTS judged (
    minute DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    detection LowCardinality(String),
    zone LowCardinality(String),
    tap LowCardinality(String),
    subjects UInt64 CODEC(T64, ZSTD(1)),
    rung UInt64 CODEC(T64, ZSTD(1)),
    unknown UInt64 CODEC(T64, ZSTD(1)),
    reason LowCardinality(String),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, detection, zone, tap, reason)
SETTINGS non_replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1;
