-- name: edges.used
-- Who worked on whom in the span: TCP by a hands-on service, with more than a knock each way at some tap.
-- At most {most:UInt64} edges.
SELECT
    src_ip, dst_ip, service,
    toUnixTimestamp64Micro(min(first)) AS first_seen,
    toUnixTimestamp64Micro(max(last)) AS last_seen,
    count() OVER () AS used
FROM (
    SELECT src_ip, dst_ip, hands_on_service AS service, tap, min(flow.first_seen) AS first, max(flow.last_seen) AS last
    FROM flow
    WHERE flow.first_seen >= {from:DateTime64(6)} AND flow.first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND service != ''
    GROUP BY src_ip, dst_ip, service, tap
    HAVING toInt64(sum(src_bytes)) - {empty_packet_bytes:Int64} * toInt64(sum(src_packets)) >= {worked_bytes:Int64}
        AND toInt64(sum(dst_bytes)) - {empty_packet_bytes:Int64} * toInt64(sum(dst_packets)) >= {worked_bytes:Int64}
)
GROUP BY src_ip, dst_ip, service
ORDER BY first_seen, src_ip, dst_ip, service
LIMIT {most:UInt64}

-- name: edges.held
-- What is known already of edges between those who used hands-on services in the span.
WITH used AS (
    SELECT DISTINCT src_ip, dst_ip
    FROM flow
    WHERE flow.first_seen >= {from:DateTime64(6)} AND flow.first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND hands_on_service != ''
)
SELECT
    src, dst, app,
    toUnixTimestamp64Micro(min(e.first_seen)) AS first_seen,
    toUnixTimestamp64Micro(max(e.last_seen)) AS last_seen
FROM admin_edge AS e
WHERE src IN (SELECT entity FROM entity WHERE ip IN (SELECT src_ip FROM used))
    AND dst IN (SELECT entity FROM entity WHERE ip IN (SELECT dst_ip FROM used))
GROUP BY src, dst, app

-- name: edges.used_hourly
-- The same from hourly sums.
SELECT
    src_ip, dst_ip, service,
    toUnixTimestamp64Micro(toDateTime64(min(at), 6, 'UTC')) AS first_seen,
    toUnixTimestamp64Micro(toDateTime64(max(at), 6, 'UTC')) AS last_seen,
    count() OVER () AS used
FROM (
    SELECT src_ip, dst_ip, hands_on_service AS service, tap, hour AS at
    FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND service != ''
    GROUP BY src_ip, dst_ip, service, tap, at
    HAVING toInt64(sum(src_bytes)) - {empty_packet_bytes:Int64} * toInt64(sum(src_packets)) >= {worked_bytes:Int64}
        AND toInt64(sum(dst_bytes)) - {empty_packet_bytes:Int64} * toInt64(sum(dst_packets)) >= {worked_bytes:Int64}
)
GROUP BY src_ip, dst_ip, service
ORDER BY first_seen, src_ip, dst_ip, service
LIMIT {most:UInt64}

-- name: edges.held_hourly
-- The same from hourly sums.
WITH used AS (
    SELECT DISTINCT src_ip, dst_ip
    FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND hands_on_service != ''
)
SELECT
    src, dst, app,
    toUnixTimestamp64Micro(min(e.first_seen)) AS first_seen,
    toUnixTimestamp64Micro(max(e.last_seen)) AS last_seen
FROM admin_edge AS e
WHERE src IN (SELECT entity FROM entity WHERE ip IN (SELECT src_ip FROM used))
    AND dst IN (SELECT entity FROM entity WHERE ip IN (SELECT dst_ip FROM used))
GROUP BY src, dst, app
