-- after: zone_of
-- written by: sensor
-- Order and codecs are measured: bytes a row in this order, and rows read at each pivot.
CREATE TABLE IF NOT EXISTS flow (
    tap LowCardinality(String) CODEC(ZSTD(1)),
    first_seen DateTime64(6, 'UTC') CODEC(T64('bit'), ZSTD(1)),
    duration_us UInt32 CODEC(T64, ZSTD(1)),
    age_us UInt64 CODEC(T64, ZSTD(1)),
    part UInt32 CODEC(T64, ZSTD(1)),
    end_reason Enum8('open' = 0, 'fin' = 1, 'rst' = 2, 'idle' = 3, 'evicted' = 4, 'shutdown' = 5) CODEC(ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(Delta(2), ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    ip_protocol UInt8 CODEC(ZSTD(1)),
    vlan UInt16 CODEC(ZSTD(1)),
    direction Enum8('unknown' = 0, 'syn' = 1, 'role' = 2, 'port' = 3) CODEC(ZSTD(1)),
    src_packets UInt64 CODEC(T64, ZSTD(1)),
    dst_packets UInt64 CODEC(T64, ZSTD(1)),
    src_bytes UInt64 CODEC(T64, ZSTD(1)),
    dst_bytes UInt64 CODEC(T64, ZSTD(1)),
    src_header_excess Int64 CODEC(T64, ZSTD(1)),
    dst_header_excess Int64 CODEC(T64, ZSTD(1)),
    src_records UInt32 CODEC(T64, ZSTD(1)),
    dst_records UInt32 CODEC(T64, ZSTD(1)),
    src_tcp_flags UInt8 CODEC(ZSTD(1)),
    dst_tcp_flags UInt8 CODEC(ZSTD(1)),
    conn_state Enum8('OTH' = 0, 'S0' = 1, 'S1' = 2, 'SF' = 3, 'REJ' = 4, 'S2' = 5, 'S3' = 6, 'RSTO' = 7, 'RSTR' = 8, 'RSTOS0' = 9, 'RSTRH' = 10, 'SH' = 11, 'SHR' = 12) CODEC(ZSTD(1)),
    rtt_index UInt16 CODEC(T64, ZSTD(1)),
    retransmits UInt32 CODEC(T64, ZSTD(1)),
    gaps UInt32 CODEC(T64, ZSTD(1)),
    zero_windows UInt32 CODEC(T64, ZSTD(1)),
    src_ttl UInt8 CODEC(ZSTD(1)),
    dst_ttl UInt8 CODEC(ZSTD(1)),
    syn_fingerprint LowCardinality(String) CODEC(ZSTD(1)),
    src_gap_mean_index UInt16 CODEC(T64, ZSTD(1)),
    src_gap_dev_index UInt16 CODEC(T64, ZSTD(1)),
    app LowCardinality(String) CODEC(ZSTD(1)),
    app_conf UInt8 CODEC(ZSTD(1)),
    dialect LowCardinality(String) CODEC(ZSTD(1)),
    sni LowCardinality(String) CODEC(ZSTD(1)),
    ja4 LowCardinality(String) CODEC(ZSTD(1)),
    tunnel_parent UInt64 CODEC(T64, ZSTD(1)),
    process LowCardinality(String) CODEC(ZSTD(1)),

    -- Filled when the row arrives.
    src_zone LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'zone', src_ip, '') CODEC(ZSTD(1)),
    dst_zone LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'zone', dst_ip, '') CODEC(ZSTD(1)),
    policy LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'policy', src_ip,
        dictGetOrDefault('{database}.zone_dict', 'policy', dst_ip, '')) CODEC(ZSTD(1)),
    late_s Int32 DEFAULT toInt32(greatest(-2147483648, least(2147483647,
        intDiv(toUnixTimestamp64Micro(now64(6)) - toUnixTimestamp64Micro(first_seen) - duration_us, 1000000)))) CODEC(T64, ZSTD(1)),

    -- Computed when asked for.
    last_seen DateTime64(6, 'UTC') ALIAS addMicroseconds(first_seen, duration_us),
    flow_start DateTime64(6, 'UTC') ALIAS subtractMicroseconds(first_seen, age_us),
    arrived DateTime64(6, 'UTC') ALIAS addSeconds(last_seen, late_s),
    nominal_header UInt8 ALIAS if(ip_protocol = 6, 66, 42) + if(vlan = 0, 0, 4)
        + if(src_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255')
            AND dst_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), 0, 20),
    src_payload UInt64 ALIAS toUInt64(greatest(0, toInt64(src_bytes) - src_header_excess - toInt64(src_packets * nominal_header))),
    dst_payload UInt64 ALIAS toUInt64(greatest(0, toInt64(dst_bytes) - dst_header_excess - toInt64(dst_packets * nominal_header))),
    rtt_us UInt32 ALIAS toUInt32(round(exp2(rtt_index / 32) - 1)),
    src_gap_mean_us UInt32 ALIAS toUInt32(round(exp2(src_gap_mean_index / 32) - 1)),
    src_gap_dev_us UInt32 ALIAS toUInt32(round(exp2(src_gap_dev_index / 32) - 1)),
    flow_id UInt64 ALIAS sipHash64(concat(toString(tap), '\0', reinterpretAsFixedString(toUnixTimestamp64Micro(flow_start)),
        reinterpretAsFixedString(src_ip), reinterpretAsFixedString(dst_ip),
        reinterpretAsFixedString(src_port), reinterpretAsFixedString(dst_port), reinterpretAsFixedString(ip_protocol))),
    -- Community ID version 1, seed 0: the smaller endpoint first, but for ICMP messages that have no counterpart.
    community_id String ALIAS arrayMap((src, dst, src_number, dst_number, one_way) -> concat('1:', base64Encode(SHA1(concat(
            '\0\0', if(one_way OR (src, src_port) <= (dst, dst_port), concat(src, dst), concat(dst, src)), char(ip_protocol, 0),
            if(ip_protocol NOT IN (1, 6, 17, 58, 132), '',
                if(one_way OR (src, src_port) <= (dst, dst_port), concat(src_number, dst_number), concat(dst_number, src_number))))))),
        [substring(reinterpretAsFixedString(src_ip), if(src_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), 13, 1))],
        [substring(reinterpretAsFixedString(dst_ip), if(dst_ip BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), 13, 1))],
        [char(intDiv(src_port, 256), src_port % 256)],
        [char(intDiv(dst_port, 256), dst_port % 256)],
        [multiIf(
            ip_protocol = 1, (src_port, dst_port) NOT IN ((0, 8), (8, 0), (9, 10), (10, 9), (13, 14), (14, 13), (15, 16), (16, 15), (17, 18), (18, 17)),
            ip_protocol = 58, (src_port, dst_port) NOT IN ((128, 129), (129, 128), (130, 131), (131, 130), (133, 134), (134, 133), (135, 136), (136, 135), (139, 140), (140, 139), (144, 145), (145, 144)),
            0)])[1],

    INDEX dst_ip_bloom dst_ip TYPE bloom_filter(0.001),
    INDEX sni_bloom sni TYPE bloom_filter(0.001),
    CONSTRAINT sni_holds_no_account_number CHECK NOT match(sni, '[0-9]{13}'),
    CONSTRAINT dialect_holds_no_account_number CHECK NOT match(dialect, '[0-9]{13}'),
    CONSTRAINT process_holds_no_account_number CHECK NOT match(process, '[0-9]{13}')
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(first_seen)
ORDER BY (toStartOfHour(first_seen), src_ip, dst_ip, dst_port, first_seen)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;

-- The slices of each flow put together. Narrow it by the five values, the tap or flow_start: a condition on a sum reads
-- everything.
CREATE VIEW IF NOT EXISTS flow_whole AS
SELECT
    f.tap AS tap, any(f.id) AS flow_id, f.start AS flow_start, f.src_ip AS src_ip, f.dst_ip AS dst_ip,
    f.src_port AS src_port, f.dst_port AS dst_port, f.ip_protocol AS ip_protocol, any(f.conversation) AS community_id,
    max(f.part) + 1 AS parts, argMax(f.end_reason, f.part) AS end_reason,
    min(f.first_seen) AS first_seen, max(f.end) AS last_seen,
    argMax(f.vlan, f.part) AS vlan, argMax(f.direction, f.part) AS direction,
    sum(f.src_packets) AS src_packets, sum(f.dst_packets) AS dst_packets,
    sum(f.src_bytes) AS src_bytes, sum(f.dst_bytes) AS dst_bytes,
    sum(f.src_content) AS src_payload, sum(f.dst_content) AS dst_payload,
    sum(f.src_records) AS src_records, sum(f.dst_records) AS dst_records,
    groupBitOr(f.src_tcp_flags) AS src_tcp_flags, groupBitOr(f.dst_tcp_flags) AS dst_tcp_flags,
    argMax(f.conn_state, f.part) AS conn_state, max(f.rtt) AS rtt_us,
    sum(f.retransmits) AS retransmits, sum(f.gaps) AS gaps, sum(f.zero_windows) AS zero_windows,
    argMax(f.src_ttl, f.part) AS src_ttl, argMax(f.dst_ttl, f.part) AS dst_ttl,
    max(f.syn_fingerprint) AS syn_fingerprint,
    argMax(f.app, (f.app_conf, f.part)) AS app, max(f.app_conf) AS app_conf, max(f.dialect) AS dialect,
    max(f.sni) AS sni, max(f.ja4) AS ja4, max(f.tunnel_parent) AS tunnel_parent, max(f.process) AS process,
    argMax(f.src_zone, f.part) AS src_zone, argMax(f.dst_zone, f.part) AS dst_zone, argMax(f.policy, f.part) AS policy
FROM (
    SELECT *, flow_id AS id, community_id AS conversation, flow_start AS start, last_seen AS end,
        src_payload AS src_content, dst_payload AS dst_content, rtt_us AS rtt
    FROM flow
) AS f
GROUP BY f.tap, f.start, f.src_ip, f.dst_ip, f.src_port, f.dst_port, f.ip_protocol;
