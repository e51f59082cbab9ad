-- name: baselines.written
-- Whether the day has its baselines.
SELECT count() AS rows FROM baseline AS b WHERE b.day = {day:DateTime64(6)} AND entity = 'site' AND feature = 'known'

-- name: baselines.start
-- The last day before this one that was begun, and the oldest hour that there is.
SELECT
    toUnixTimestamp64Micro((SELECT max(b.day) FROM baseline AS b WHERE b.day < {day:DateTime64(6)} AND entity = 'site' AND feature = 'known')) AS done,
    toUnixTimestamp64Micro(toDateTime64(min(hour), 6, 'UTC')) AS oldest,
    count() AS rows
FROM flow_hour
WHERE hour < toDateTime({day:DateTime64(6)})

-- name: baselines.coverage
-- The hours that each tap has covered: all but five minutes, with few drops.
SELECT tap, groupArray(at) AS hours
FROM (
    SELECT tap, toUInt32(dateDiff('hour', {from:DateTime64(6)}, minute)) AS at
    FROM coverage
    WHERE minute >= {from:DateTime64(6)} AND minute < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    GROUP BY tap, at
    HAVING uniqExact(minute) >= 55 AND max(drop_ppm) <= 10000
)
GROUP BY tap

-- name: baselines.hosts
-- How many hosts of the bank there are to learn about.
SELECT uniqExact(ip) AS hosts FROM entity WHERE kind = 'host'

-- name: baselines.hours
-- What each host sent in each hour, to how many hosts that answered, and how many of those it had not spoken to in the 28
-- days before; each conversation by its primary tap. `memory_from` is 28 days before `from`. One part of the hosts.
WITH host AS (
    SELECT DISTINCT ip FROM entity WHERE kind = 'host' AND sipHash64(ip) % {parts:UInt64} = {part:UInt64}
),
seen AS (
    SELECT hour, src_ip, dst_ip, dst_port, ip_protocol, tap,
        sum(src_bytes) AS sent, sum(dst_bytes) AS received, received = 0 OR sent = 0 AS one_way
    FROM flow_hour
    WHERE hour >= toDateTime({from:DateTime64(6)}) AND hour < toDateTime({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND (src_ip IN host OR dst_ip IN host)
    GROUP BY hour, src_ip, dst_ip, dst_port, ip_protocol, tap
),
once AS (
    SELECT hour, src_ip, dst_ip, argMin((sent, received), (one_way, tap)) AS bytes
    FROM seen
    GROUP BY hour, src_ip, dst_ip, dst_port, ip_protocol
),
first_day AS (
    SELECT src_ip, dst_ip, day
    FROM (
        SELECT src_ip, dst_ip, arraySort(groupUniqArray(toUInt32(d.day))) AS days
        FROM flow_day AS d
        WHERE d.day >= toDate({memory_from:DateTime64(6)}) AND d.day < toDate({to:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
            AND dst_packets > 0 AND src_ip IN host
        GROUP BY src_ip, dst_ip
    )
    ARRAY JOIN arrayFilter((at, before) -> before = 0 OR at - before > 28, days, arrayPushFront(arrayPopBack(days), 0)) AS day
),
met AS (
    SELECT src_ip AS ip, at AS hour, count() AS new_peers
    FROM (
        SELECT src_ip, dst_ip, min(hour) AS at
        FROM once
        WHERE bytes.2 > 0 AND src_ip IN host
        GROUP BY src_ip, dst_ip, toDate(hour)
    )
    WHERE (src_ip, dst_ip, toUInt32(toDate(at))) IN (SELECT src_ip, dst_ip, day FROM first_day)
    GROUP BY ip, hour
),
sent AS (
    SELECT ip, hour, sum(bytes_out) AS bytes_out, uniqExactIf(peer, opened) AS peers
    FROM (
        SELECT src_ip AS ip, hour, dst_ip AS peer, bytes.1 AS bytes_out, bytes.2 > 0 AS opened FROM once
        UNION ALL
        SELECT dst_ip AS ip, hour, src_ip AS peer, bytes.2 AS bytes_out, 0 AS opened FROM once
    )
    WHERE ip IN host
    GROUP BY ip, hour
)
SELECT
    ip,
    any(taps.names) AS taps,
    groupArray((toUInt32(dateDiff('hour', toDateTime({from:DateTime64(6)}), sent.hour)), bytes_out, peers, new_peers)) AS hours
FROM sent
LEFT JOIN met USING (ip, hour)
LEFT JOIN (
    SELECT ip, groupUniqArray(tap) AS names
    FROM (SELECT arrayJoin([src_ip, dst_ip]) AS ip, tap FROM seen)
    GROUP BY ip
) AS taps USING (ip)
WHERE bytes_out > 0
GROUP BY ip
ORDER BY ip
LIMIT {most:UInt64}
