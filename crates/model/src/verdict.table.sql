-- written by: analyzer
-- One row per flow, verdict, outcome and policy: judging again adds nothing.
CREATE TABLE IF NOT EXISTS verdict (
    flow_id UInt64,
    flow_start DateTime64(6, 'UTC') CODEC(T64, ZSTD(1)),
    time DateTime64(6, 'UTC') CODEC(T64, ZSTD(1)),
    tap LowCardinality(String),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16,
    dst_port UInt16,
    ip_protocol UInt8,
    src_zone LowCardinality(String),
    dst_zone LowCardinality(String),
    conduit LowCardinality(String),
    verdict Enum8('ok' = 0, 'ok-late-review' = 1, 'expired' = 2, 'out-of-window' = 3, 'app-mismatch' = 4, 'tls-weak' = 5, 'identity-mismatch' = 6, 'over-limit' = 7, 'undeclared' = 8, 'denied' = 9),
    outcome Enum8('unknown-direction' = 0, 'blocked' = 1, 'established' = 2),
    policy LowCardinality(String)
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(flow_start)
ORDER BY (toStartOfHour(flow_start), src_ip, dst_ip, flow_id, verdict, outcome, policy)
SETTINGS non_replicated_deduplication_window = 100000;
