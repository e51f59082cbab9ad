-- on every shard
-- written by: analyzer
CREATE TABLE IF NOT EXISTS zone_of (
    cidr String,
    zone LowCardinality(String),
    host String,
    role LowCardinality(String),
    criticality UInt8,
    tags Array(String),
    business Array(String),
    valid_from DateTime64(6, 'UTC'),
    valid_to DateTime64(6, 'UTC'),
    policy LowCardinality(String),
    published_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (policy, cidr, published_at)
SETTINGS non_replicated_deduplication_window = 100000;

-- The policy that was published last; of rows for one network that are valid now, the one that became valid last.
CREATE VIEW IF NOT EXISTS zone_now DEFINER = owner SQL SECURITY DEFINER AS
SELECT cidr, zone, host, role, criticality, tags, business, valid_from, valid_to, policy, published_at
FROM zone_of
WHERE policy = (SELECT argMax(policy, published_at) FROM zone_of) AND valid_from <= now64(6) AND now64(6) < valid_to
ORDER BY cidr, valid_from DESC, published_at DESC
LIMIT 1 BY cidr;

-- What fills src_zone, dst_zone and policy when rows arrive. The longest prefix wins; hosts are /32 and /128.
CREATE DICTIONARY IF NOT EXISTS zone_dict (
    cidr String,
    zone String DEFAULT '',
    host String DEFAULT '',
    role String DEFAULT '',
    criticality UInt8 DEFAULT 0,
    policy String DEFAULT ''
) PRIMARY KEY cidr
SOURCE(CLICKHOUSE(NAME zone_source DB '{database}'))
LAYOUT(IP_TRIE)
LIFETIME(MIN 60 MAX 120);
