-- written by: analyzer
-- Who administers whom. Rows of one edge are joined to the earliest and the latest use of it.
CREATE TABLE IF NOT EXISTS admin_edge (
    src String,
    dst String,
    app LowCardinality(String),
    src_zone LowCardinality(String),
    dst_zone LowCardinality(String),
    first_seen SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_seen SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    src_role SimpleAggregateFunction(max, String),
    dst_role SimpleAggregateFunction(max, String),
    revived SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    CONSTRAINT src_holds_no_account_number CHECK NOT match(src, '[0-9]{13}'),
    CONSTRAINT dst_holds_no_account_number CHECK NOT match(dst, '[0-9]{13}')
) ENGINE = AggregatingMergeTree
ORDER BY (src, dst, app, src_zone, dst_zone)
SETTINGS non_replicated_deduplication_window = 100000;

ALTER TABLE admin_edge
    ADD COLUMN IF NOT EXISTS src_role SimpleAggregateFunction(max, String),
    ADD COLUMN IF NOT EXISTS dst_role SimpleAggregateFunction(max, String),
    ADD COLUMN IF NOT EXISTS revived SimpleAggregateFunction(max, DateTime64(6, 'UTC'));
