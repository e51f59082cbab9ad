-- after: flow_hour
-- written by: views
-- flow_hour summed by day: months of who spoke to whom.
CREATE TABLE IF NOT EXISTS flow_day (
    day Date CODEC(ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    ip_protocol UInt8 CODEC(ZSTD(1)),
    app LowCardinality(String) CODEC(ZSTD(1)),
    tap LowCardinality(String) CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    src_packets UInt64 CODEC(T64, ZSTD(1)),
    dst_packets UInt64 CODEC(T64, ZSTD(1)),
    src_bytes UInt64 CODEC(T64, ZSTD(1)),
    dst_bytes UInt64 CODEC(T64, ZSTD(1)),
    max_duration_us SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1))
) ENGINE = SummingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, src_ip, dst_ip, dst_port, ip_protocol, app, tap)
SETTINGS non_replicated_deduplication_window = 100000;

CREATE MATERIALIZED VIEW IF NOT EXISTS flow_day_view TO flow_day DEFINER = owner SQL SECURITY DEFINER AS
SELECT toDate(hour) AS day, src_ip, dst_ip, dst_port, ip_protocol, app, tap,
    sum(flows) AS flows, sum(src_packets) AS src_packets, sum(dst_packets) AS dst_packets,
    sum(src_bytes) AS src_bytes, sum(dst_bytes) AS dst_bytes, max(max_duration_us) AS max_duration_us
FROM flow_hour
GROUP BY day, src_ip, dst_ip, dst_port, ip_protocol, app, tap;
