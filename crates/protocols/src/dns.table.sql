-- after: zone_of
-- written by: sensor
CREATE TABLE IF NOT EXISTS dns (
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

    -- Filled when the row arrives.
    src_zone LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'zone', src_ip, '') CODEC(ZSTD(1)),
    dst_zone LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'zone', dst_ip, '') CODEC(ZSTD(1)),
    policy LowCardinality(String) DEFAULT dictGetOrDefault('{database}.zone_dict', 'policy', src_ip,
        dictGetOrDefault('{database}.zone_dict', 'policy', dst_ip, '')) CODEC(ZSTD(1)),
    late_s Int32 DEFAULT toInt32(greatest(-2147483648, least(2147483647,
        intDiv(toUnixTimestamp64Micro(now64(6)) - toUnixTimestamp64Micro(time), 1000000)))) CODEC(T64, ZSTD(1)),

    -- Computed when asked for.
    flow_start DateTime64(6, 'UTC') ALIAS subtractMicroseconds(time, age_us),
    arrived DateTime64(6, 'UTC') ALIAS addSeconds(time, late_s),

    CONSTRAINT qname_holds_no_account_number CHECK NOT match(qname, '[0-9]{13}'),
    CONSTRAINT domain_holds_no_account_number CHECK NOT match(domain, '[0-9]{13}'),
    CONSTRAINT answers_holds_no_account_number CHECK NOT arrayExists(answer -> match(answer, '[0-9]{13}'), answers)
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (toStartOfHour(time), domain, qname, src_ip)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;
