-- after: zone_of
-- written by: sensor
CREATE TABLE IF NOT EXISTS http (
    tap LowCardinality(String) CODEC(ZSTD(1)),
    time DateTime64(6, 'UTC') CODEC(T64('bit'), ZSTD(1)),
    age_us UInt64 CODEC(T64, ZSTD(1)),
    flow_id UInt64 CODEC(ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    ip_protocol UInt8 CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    host LowCardinality(String) CODEC(ZSTD(1)),
    path String CODEC(ZSTD(1)),
    query_bytes UInt32 CODEC(T64, ZSTD(1)),
    user_agent LowCardinality(String) CODEC(ZSTD(1)),
    referrer_host LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    version UInt8 CODEC(ZSTD(1)),
    request_type LowCardinality(String) CODEC(ZSTD(1)),
    response_type LowCardinality(String) CODEC(ZSTD(1)),
    request_bytes UInt64 CODEC(T64, ZSTD(1)),
    response_bytes UInt64 CODEC(T64, ZSTD(1)),
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

    CONSTRAINT method_holds_no_account_number CHECK NOT match(method, '[0-9]{13}'),
    CONSTRAINT host_holds_no_account_number CHECK NOT match(host, '[0-9]{13}'),
    CONSTRAINT referrer_host_holds_no_account_number CHECK NOT match(referrer_host, '[0-9]{13}'),
    CONSTRAINT path_holds_no_account_number CHECK NOT match(path, '[0-9]{13}'),
    CONSTRAINT user_agent_holds_no_account_number CHECK NOT match(user_agent, '[0-9]{13}'),
    CONSTRAINT request_type_holds_no_account_number CHECK NOT match(request_type, '[0-9]{13}'),
    CONSTRAINT response_type_holds_no_account_number CHECK NOT match(response_type, '[0-9]{13}')
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (toStartOfHour(time), host, path, src_ip)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;
