-- name: admin_chain.hops
-- Conversations on hands-on services since six hours before the day, by their primary tap, from the minute in which more
-- than a knock had passed each way. A row for each time they were open: silence of more than {apart_us:Int64} ends one.
-- Left out is what is neither new nor beside another hop. At most {most:UInt64}, the earliest.
WITH slice AS (
    SELECT tap, src_ip, dst_ip, src_port, dst_port, hands_on_service AS service, flow_id, flow_start,
        toUnixTimestamp64Micro(first_seen) AS since, toUnixTimestamp64Micro(last_seen) AS until,
        src_packets, dst_packets,
        toInt64(src_bytes) - {empty_packet_bytes:Int64} * toInt64(src_packets) AS sent,
        toInt64(dst_bytes) - {empty_packet_bytes:Int64} * toInt64(dst_packets) AS received,
        direction, app, app_conf
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND service != ''
),
primary_tap AS (
    SELECT src_ip, src_port, dst_ip, dst_port, argMin(tap, (one_way, tap)) AS tap
    FROM (
        SELECT src_ip, src_port, dst_ip, dst_port, tap, sum(src_packets) = 0 OR sum(dst_packets) = 0 AS one_way
        FROM slice
        GROUP BY src_ip, src_port, dst_ip, dst_port, tap
    )
    GROUP BY src_ip, src_port, dst_ip, dst_port
),
worked AS (
    SELECT flow_id, src_ip, dst_ip, src_port, dst_port, any(service) AS service, min(flow_start) AS start,
        max(direction) AS direction, argMax(slice.app, (slice.app_conf, slice.since)) AS app, max(slice.app_conf) AS app_conf,
        arraySort(groupArray((since, until, sent, received))) AS slices,
        arrayFirstIndex(
            (out, back) -> out >= {worked_bytes:Int64} AND back >= {worked_bytes:Int64},
            arrayCumSum(one -> one.3, slices), arrayCumSum(one -> one.4, slices)) AS ready
    FROM slice
    WHERE (src_ip, src_port, dst_ip, dst_port, tap) IN (SELECT src_ip, src_port, dst_ip, dst_port, tap FROM primary_tap)
    GROUP BY flow_id, src_ip, dst_ip, src_port, dst_port
    HAVING ready > 0
),
known AS (
    SELECT s.ip AS src_ip, d.ip AS dst_ip, e.app AS service
    FROM admin_edge AS e
    INNER JOIN entity AS s ON s.entity = e.src
    INNER JOIN entity AS d ON d.entity = e.dst
    WHERE e.first_seen < {window_from:DateTime64(6)}
)
SELECT
    greatest(intDiv(open[1].1, 60000000), intDiv(slices[ready].1, 60000000)) * 60000000 AS at,
    toUnixTimestamp64Micro(start) AS start,
    open[1].1 AS open_from,
    arrayMax(one -> one.2, open) AS open_to,
    flow_id, src_ip, dst_ip, src_port, dst_port, service, direction, app, app_conf
FROM worked
ARRAY JOIN arraySplit(
    (one, before) -> one.1 - before > {apart_us:Int64},
    slices,
    arrayPushFront(arrayPopBack(arrayMap(one -> one.2, slices)), slices[1].1)) AS open
WHERE dst_ip IN (SELECT src_ip FROM worked) OR src_ip IN (SELECT dst_ip FROM worked)
    OR (src_ip, dst_ip, service) NOT IN (SELECT src_ip, dst_ip, service FROM known)
ORDER BY at, start, flow_id
LIMIT {most:UInt64}

-- name: admin_chain.sources
-- How many hosts used hands-on services in each minute of the span, by zone: those who are judged.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(first_seen), 6, 'UTC')) AS at, src_zone AS zone, uniqExact(src_ip) AS sources
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND ip_protocol = 6 AND hands_on_service != ''
GROUP BY at, zone

-- name: admin_chain.edges
-- The edges between hosts of the window that were used before it, and not for the first time in half a year within it.
WITH used AS (
    SELECT DISTINCT src_ip, dst_ip
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND hands_on_service != ''
)
SELECT src, dst, app
FROM admin_edge AS e
WHERE src IN (SELECT entity FROM entity WHERE ip IN (SELECT src_ip FROM used))
    AND dst IN (SELECT entity FROM entity WHERE ip IN (SELECT dst_ip FROM used))
GROUP BY src, dst, app
HAVING min(e.first_seen) < {window_from:DateTime64(6)}
    AND NOT (max(e.revived) >= {window_from:DateTime64(6)} AND max(e.revived) < {to:DateTime64(6)})
ORDER BY src, dst, app
LIMIT {most:UInt64}

-- name: admin_chain.roles
-- Edges known before the window by the roles that they join, and how many of them are new: of the last 28 days, but of the
-- younger half where memory is short. For the roles of those who used hands-on services in the window.
WITH used AS (
    SELECT DISTINCT src_ip
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND ip_protocol = 6 AND hands_on_service != ''
),
edge AS (
    SELECT src, dst, app, max(e.src_role) AS src_role, max(e.dst_role) AS dst_role, min(e.first_seen) AS first
    FROM admin_edge AS e
    GROUP BY src, dst, app
    HAVING first < {window_from:DateTime64(6)}
),
oldest AS (SELECT min(first) FROM edge)
SELECT
    src_role, dst_role, app, count() AS edges,
    countIf(first >= greatest(
        {window_from:DateTime64(6)} - INTERVAL 28 DAY,
        fromUnixTimestamp64Micro(intDiv(toUnixTimestamp64Micro((SELECT * FROM oldest)) + toUnixTimestamp64Micro({window_from:DateTime64(6)}), 2))
    )) AS fresh
FROM edge
WHERE src_role IN (SELECT if(role = '', zone, role) FROM entity WHERE ip IN (SELECT src_ip FROM used))
GROUP BY src_role, dst_role, app

-- name: admin_chain.calibration
-- The best chain of each host and day in the four weeks before the window, in classes of half a nat. What rests on taps that
-- are left out does not count.
SELECT toUInt32(intDiv(best, 500)) AS class, count() AS host_days
FROM (
    SELECT subject, toDate(seen) AS day, max(JSONExtractUInt(numbers, 'chain_millinats')) AS best
    FROM evidence
    WHERE detection = 'INT-09' AND evidence.seen >= {window_from:DateTime64(6)} - INTERVAL 28 DAY
        AND evidence.seen < {window_from:DateTime64(6)} AND NOT hasAny(JSONExtractKeys(coverage), {without:Array(String)})
    GROUP BY subject, day
)
GROUP BY class
