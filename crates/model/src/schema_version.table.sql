-- on every shard
-- written by: owner
-- Which table files were applied, and when: how a program knows that the tables are as new as it is.
CREATE TABLE IF NOT EXISTS schema_version (
    file LowCardinality(String),
    hash FixedString(64),
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (file, applied_at);
