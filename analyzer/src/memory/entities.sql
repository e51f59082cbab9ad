-- name: entities.seen
-- Who sent something in the span, and whether it was part of an exchange. At most {most:UInt64}, those first who were answered.
SELECT
    ip,
    toUnixTimestamp64Micro(min(first)) AS first_seen,
    toUnixTimestamp64Micro(max(last)) AS last_seen,
    max(answered) AS answered,
    count() OVER () AS seen
FROM (
    SELECT src_ip AS ip, flow.first_seen AS first, flow.last_seen AS last, dst_packets > 0 AS answered
    FROM flow
    WHERE flow.first_seen >= {from:DateTime64(6)} AND flow.first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND src_packets > 0
    UNION ALL
    SELECT dst_ip AS ip, flow.first_seen AS first, flow.last_seen AS last, src_packets > 0 AS answered
    FROM flow
    WHERE flow.first_seen >= {from:DateTime64(6)} AND flow.first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND dst_packets > 0
)
GROUP BY ip
ORDER BY answered DESC, ip
LIMIT {most:UInt64}

-- name: entities.held
-- What is known already of those who spoke in the span.
SELECT entity, zone, ip, toUnixTimestamp64Micro(min(e.first_seen)) AS first_seen, toUnixTimestamp64Micro(max(e.last_seen)) AS last_seen
FROM entity AS e
WHERE ip IN (
    SELECT arrayJoin([src_ip, dst_ip]) FROM flow
    WHERE flow.first_seen >= {from:DateTime64(6)} AND flow.first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
)
GROUP BY entity, zone, ip

-- name: entities.seen_hourly
-- The same from hourly sums.
SELECT
    ip,
    toUnixTimestamp64Micro(toDateTime64(min(first), 6, 'UTC')) AS first_seen,
    toUnixTimestamp64Micro(toDateTime64(max(first), 6, 'UTC')) AS last_seen,
    max(answered) AS answered,
    count() OVER () AS seen
FROM (
    SELECT src_ip AS ip, hour AS first, dst_packets > 0 AS answered
    FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND src_packets > 0
    UNION ALL
    SELECT dst_ip AS ip, hour AS first, src_packets > 0 AS answered
    FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND dst_packets > 0
)
GROUP BY ip
ORDER BY answered DESC, ip
LIMIT {most:UInt64}

-- name: entities.held_hourly
-- The same from hourly sums.
SELECT entity, zone, ip, toUnixTimestamp64Micro(min(e.first_seen)) AS first_seen, toUnixTimestamp64Micro(max(e.last_seen)) AS last_seen
FROM entity AS e
WHERE ip IN (
    SELECT arrayJoin([src_ip, dst_ip]) FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
)
GROUP BY entity, zone, ip
