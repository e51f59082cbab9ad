CREATE TABLE IF NOT EXISTS dns
(
    tap LowCardinality(String) CODEC(ZSTD(1)),
    time DateTime64(6, 'UTC') CODEC(T64('bit'), ZSTD(1)),
    age_us UInt64 CODEC(T64, ZSTD(1)),
    flow_id UInt64 CODEC(ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    ip_protocol UInt8 CODEC(ZSTD(1)),
    qname String CODEC(ZSTD(1)),
    domain LowCardinality(String) CODEC(ZSTD(1)),
    qtype UInt16 CODEC(ZSTD(1)),
    qclass UInt16 CODEC(ZSTD(1)),
    opcode UInt8 CODEC(ZSTD(1)),
    answered UInt8 CODEC(ZSTD(1)),
    rcode UInt8 CODEC(ZSTD(1)),
    aa UInt8 CODEC(ZSTD(1)),
    tc UInt8 CODEC(ZSTD(1)),
    rd UInt8 CODEC(ZSTD(1)),
    ra UInt8 CODEC(ZSTD(1)),
    answers Array(String) CODEC(ZSTD(1)),
    addresses Array(IPv6) CODEC(ZSTD(1)),
    answer_count UInt16 CODEC(T64, ZSTD(1)),
    answer_bytes UInt32 CODEC(T64, ZSTD(1)),
    ttl_min_s UInt32 CODEC(T64, ZSTD(1)),
    request_bytes UInt32 CODEC(T64, ZSTD(1)),
    response_bytes UInt32 CODEC(T64, ZSTD(1)),
    latency_us UInt32 CODEC(T64, ZSTD(1)),
    oddities LowCardinality(String) CODEC(ZSTD(1)),

    src_zone LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'zone', src_ip, '') CODEC(ZSTD(1)),
    dst_zone LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'zone', dst_ip, '') CODEC(ZSTD(1)),
    policy LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'policy', src_ip, '') CODEC(ZSTD(1)),
    late_s UInt32 DEFAULT greatest(0, dateDiff('second', time, now())) CODEC(T64, ZSTD(1)),

    arrived DateTime('UTC') ALIAS toDateTime(time, 'UTC') + late_s,
    flow_start DateTime64(6, 'UTC') ALIAS time - toIntervalMicrosecond(age_us),

    CONSTRAINT no_card_number_in_names CHECK NOT match(qname, '[0-9]{13}') AND NOT match(domain, '[0-9]{13}'),
    CONSTRAINT no_card_number_in_answers CHECK NOT arrayExists(answer -> match(answer, '[0-9]{13}'), answers)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (toStartOfHour(time), domain, qname, src_ip)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;
