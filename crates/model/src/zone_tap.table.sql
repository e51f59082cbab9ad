-- after: flow
-- written by: views
-- Which tap saw how much of which zone, by hour: what a zone loses when a tap is blind.
CREATE TABLE IF NOT EXISTS zone_tap (
    hour DateTime('UTC') CODEC(ZSTD(1)),
    zone LowCardinality(String) CODEC(ZSTD(1)),
    tap LowCardinality(String) CODEC(ZSTD(1)),
    slices UInt64 CODEC(T64, ZSTD(1))
) ENGINE = SummingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, zone, tap)
SETTINGS non_replicated_deduplication_window = 100000;

CREATE MATERIALIZED VIEW IF NOT EXISTS zone_tap_view TO zone_tap DEFINER = owner SQL SECURITY DEFINER AS
SELECT toStartOfHour(first_seen) AS hour, arrayJoin(arrayDistinct([src_zone, dst_zone])) AS zone, tap, count() AS slices
FROM flow
GROUP BY hour, zone, tap;
