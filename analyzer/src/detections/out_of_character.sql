-- name: out_of_character.hours
-- What each host of the bank sent in the hour, to how many that answered, and how many of those it had no exchange with in the
-- 28 days before the day or earlier in the day; and where most of it went.
WITH talk AS (
    SELECT src_ip, dst_ip, dst_port, ip_protocol, flow_id, sum(src_bytes) AS sent, sum(dst_bytes) AS received
    FROM primary_slice
    GROUP BY src_ip, dst_ip, dst_port, ip_protocol, flow_id
),
known AS (
    SELECT src_ip, dst_ip
    FROM flow_day
    WHERE day >= toDate({from:DateTime64(6)}) - 28 AND day < toDate({from:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND dst_packets > 0 AND src_ip IN (SELECT src_ip FROM talk)
    UNION DISTINCT
    SELECT src_ip, dst_ip
    FROM flow_hour
    WHERE hour >= toDateTime(toStartOfDay({from:DateTime64(6)})) AND hour < toDateTime({from:DateTime64(6)}) AND tap NOT IN {without:Array(String)}
        AND dst_packets > 0 AND src_ip IN (SELECT src_ip FROM talk)
),
said AS (
    SELECT src_ip AS ip, dst_ip AS peer, dst_port AS port, ip_protocol, flow_id, sent AS bytes, received > 0 AS opened,
        opened AND (src_ip, dst_ip) NOT IN (SELECT src_ip, dst_ip FROM known) AS is_new
    FROM talk
    UNION ALL
    SELECT dst_ip AS ip, src_ip AS peer, toUInt16(0) AS port, ip_protocol, flow_id, received AS bytes, toUInt8(0) AS opened, toUInt8(0) AS is_new
    FROM talk
)
SELECT
    ip,
    sum(bytes) AS bytes_out,
    uniqExactIf(peer, opened) AS peers,
    uniqExactIf(peer, is_new) AS new_peers,
    argMax((peer, port, ip_protocol), (bytes, peer, port)) AS most,
    arrayMap(one -> one.3, arraySort(one -> (-one.1, -one.2, one.3), groupArraySorted(32)((-is_new, -bytes, flow_id)))) AS flow_ids
FROM said
WHERE ip IN (SELECT ip FROM entity WHERE kind = 'host')
GROUP BY ip
HAVING bytes_out > 0
ORDER BY bytes_out DESC, ip
LIMIT {most:UInt64}

-- name: out_of_character.usual
-- What is usual on this day, at this hour of each kind of day and at any: for the hosts that spoke in the hour, for groups of
-- peers, and for the whole site.
SELECT entity, feature, cell, centre, spread, n
FROM baseline FINAL
WHERE day = toDateTime64(toStartOfDay({from:DateTime64(6)}), 6, 'UTC')
    AND (cell IN (toHour({from:DateTime64(6)}), 24 + toHour({from:DateTime64(6)}), 48 + toHour({from:DateTime64(6)}), 72) OR feature IN ('days', 'surprise'))
    AND (entity = 'site' OR startsWith(entity, 'peers:') OR entity IN (
        SELECT entity FROM entity WHERE ip IN (
            SELECT arrayJoin([src_ip, dst_ip]) FROM flow
            WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        )
    ))
