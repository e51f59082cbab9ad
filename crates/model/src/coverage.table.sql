-- written by: sensor
CREATE TABLE IF NOT EXISTS coverage (
    minute DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    tap LowCardinality(String),
    vlan UInt16,
    direction Enum8('src' = 0, 'dst' = 1),
    packets_per_s Float64,
    drop_ppm UInt32 CODEC(T64, ZSTD(1)),
    one_way_ppm UInt32 CODEC(T64, ZSTD(1)),
    clock_offset_us Int64 CODEC(T64, ZSTD(1)),
    bytes_scanned UInt64 CODEC(T64, ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (tap, minute, vlan, direction)
SETTINGS non_replicated_deduplication_window = 100000;
