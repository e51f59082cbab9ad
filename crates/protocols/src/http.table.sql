CREATE TABLE IF NOT EXISTS http
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

    src_zone LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'zone', src_ip, '') CODEC(ZSTD(1)),
    dst_zone LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'zone', dst_ip, '') CODEC(ZSTD(1)),
    policy LowCardinality(String) DEFAULT dictGetOrDefault('zone_dict', 'policy', src_ip, '') CODEC(ZSTD(1)),
    late_s UInt32 DEFAULT greatest(0, dateDiff('second', time, now())) CODEC(T64, ZSTD(1)),

    arrived DateTime('UTC') ALIAS toDateTime(time, 'UTC') + late_s,
    flow_start DateTime64(6, 'UTC') ALIAS time - toIntervalMicrosecond(age_us),

    CONSTRAINT no_card_number_in_method CHECK NOT match(method, '[0-9]{13}'),
    CONSTRAINT no_card_number_in_host CHECK NOT match(host, '[0-9]{13}') AND NOT match(referrer_host, '[0-9]{13}'),
    CONSTRAINT no_card_number_in_path CHECK NOT match(path, '[0-9]{13}'),
    CONSTRAINT no_card_number_in_user_agent CHECK NOT match(user_agent, '[0-9]{13}'),
    CONSTRAINT no_card_number_in_types CHECK NOT match(request_type, '[0-9]{13}') AND NOT match(response_type, '[0-9]{13}')
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (toStartOfHour(time), host, path, src_ip)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;
