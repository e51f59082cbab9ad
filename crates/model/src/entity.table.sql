-- written by: analyzer
-- Who is on the network. Rows of one entity are joined to the earliest and the latest sight of it.
CREATE TABLE IF NOT EXISTS entity (
    entity String,
    zone LowCardinality(String),
    ip IPv6,
    kind SimpleAggregateFunction(max, String),
    site SimpleAggregateFunction(max, String),
    mac SimpleAggregateFunction(max, String),
    name SimpleAggregateFunction(max, String),
    vendor SimpleAggregateFunction(max, String),
    os SimpleAggregateFunction(max, String),
    role SimpleAggregateFunction(max, String),
    criticality SimpleAggregateFunction(max, UInt8),
    business SimpleAggregateFunction(max, Array(String)),
    first_seen SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_seen SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    source SimpleAggregateFunction(max, String),
    CONSTRAINT entity_holds_no_account_number CHECK NOT match(entity, '[0-9]{13}'),
    CONSTRAINT name_holds_no_account_number CHECK NOT match(name, '[0-9]{13}')
) ENGINE = AggregatingMergeTree
ORDER BY (entity, zone, ip)
SETTINGS non_replicated_deduplication_window = 100000;

-- One row for each entity, zone and address.
CREATE VIEW IF NOT EXISTS entity_now AS
SELECT entity, zone, ip, max(e.kind) AS kind, max(e.site) AS site, max(e.mac) AS mac, max(e.name) AS name,
    max(e.vendor) AS vendor, max(e.os) AS os, max(e.role) AS role, max(e.criticality) AS criticality,
    max(e.business) AS business, min(e.first_seen) AS first_seen, max(e.last_seen) AS last_seen
FROM entity AS e
GROUP BY entity, zone, ip;
