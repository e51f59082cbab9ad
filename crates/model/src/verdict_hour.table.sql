-- written by: analyzer
-- The population behind every proof. An hour that is computed again replaces its rows.
CREATE TABLE IF NOT EXISTS verdict_hour (
    hour DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    src_zone LowCardinality(String),
    dst_zone LowCardinality(String),
    service LowCardinality(String),
    conduit LowCardinality(String),
    verdict Enum8('ok' = 0, 'ok-late-review' = 1, 'expired' = 2, 'out-of-window' = 3, 'app-mismatch' = 4, 'tls-weak' = 5, 'identity-mismatch' = 6, 'over-limit' = 7, 'undeclared' = 8, 'denied' = 9),
    outcome Enum8('unknown-direction' = 0, 'blocked' = 1, 'established' = 2),
    policy LowCardinality(String),
    flows UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 CODEC(T64, ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, src_zone, dst_zone, service, conduit, verdict, outcome, policy)
SETTINGS non_replicated_deduplication_window = 100000;
