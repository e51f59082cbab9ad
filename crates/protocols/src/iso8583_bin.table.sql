-- written by: sensor
CREATE TABLE IF NOT EXISTS iso8583_bin (
    minute DateTime64(6, 'UTC') CODEC(T64('bit'), ZSTD(1)),
    tap LowCardinality(String) CODEC(ZSTD(1)),
    link LowCardinality(String) CODEC(ZSTD(1)),
    bin UInt32 CODEC(T64, ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    entry_mode LowCardinality(String) CODEC(ZSTD(1)),
    de39 LowCardinality(String) CODEC(ZSTD(1)),
    cash UInt8 CODEC(ZSTD(1)),
    messages UInt64 CODEC(T64, ZSTD(1)),

    late_s Int32 DEFAULT toInt32(greatest(-2147483648, least(2147483647,
        intDiv(toUnixTimestamp64Micro(now64(6)) - toUnixTimestamp64Micro(minute), 1000000)))) CODEC(T64, ZSTD(1)),

    CONSTRAINT country_holds_no_account_number CHECK NOT match(country, '[0-9]{13}'),
    CONSTRAINT entry_mode_holds_no_account_number CHECK NOT match(entry_mode, '[0-9]{13}'),
    CONSTRAINT de39_holds_no_account_number CHECK NOT match(de39, '[0-9]{13}'),
    CONSTRAINT link_holds_no_account_number CHECK NOT match(link, '[0-9]{13}')
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (toStartOfHour(minute), link, bin)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 100000;
