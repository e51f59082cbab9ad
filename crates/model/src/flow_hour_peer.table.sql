-- after: flow
-- written by: views
-- flow_hour sorted by the peer: the way from an address that was spoken to, to who spoke.
CREATE TABLE IF NOT EXISTS flow_hour_peer (
    hour DateTime('UTC') CODEC(ZSTD(1)),
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
PARTITION BY toYYYYMMDD(hour)
ORDER BY (dst_ip, hour, src_ip, dst_port, ip_protocol, app, tap)
SETTINGS non_replicated_deduplication_window = 100000;

CREATE MATERIALIZED VIEW IF NOT EXISTS flow_hour_peer_view TO flow_hour_peer DEFINER = owner SQL SECURITY DEFINER AS
SELECT toStartOfHour(first_seen) AS hour, src_ip, dst_ip, dst_port, ip_protocol, app, tap,
    countIf(part = 0) AS flows, sum(src_packets) AS src_packets, sum(dst_packets) AS dst_packets,
    sum(src_bytes) AS src_bytes, sum(dst_bytes) AS dst_bytes, max(duration_us) AS max_duration_us
FROM flow
GROUP BY hour, src_ip, dst_ip, dst_port, ip_protocol, app, tap;
