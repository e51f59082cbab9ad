-- name: scan.contacts
-- First contact of each source with each target today, where the target is new to it or did not answer.
--
-- A contact is the first slice of a flow whose opener is known and who sent something: TCP by its SYN, UDP by role or
-- port to one host, ICMP by an echo request. It failed where nothing came back, or a reset did. `window_from` is the
-- start of the day. At most 4,096 rows a source, the earliest.
WITH contact AS (
    SELECT
        src_ip, dst_ip, dst_port, ip_protocol,
        min(first_seen) AS first,
        argMin((flow_id, dst_packets = 0 OR conn_state IN ('S0', 'REJ', 'RSTOS0', 'SH')), (first_seen, flow_id)) AS seen
    FROM primary_slice
    WHERE part = 0 AND src_packets > 0
        AND ((ip_protocol = 6 AND direction = 'syn')
            OR (ip_protocol = 17 AND direction IN ('role', 'port'))
            OR (ip_protocol = 1 AND src_port = 8) OR (ip_protocol = 58 AND src_port = 128))
    GROUP BY src_ip, dst_ip, dst_port, ip_protocol
    HAVING NOT isIPAddressInRange(toString(dst_ip), '::ffff:224.0.0.0/99') AND NOT isIPAddressInRange(toString(dst_ip), 'ff00::/8')
),
before AS (
    SELECT src_ip, dst_ip, dst_port, ip_protocol, countIf(dst_packets > 0 AND conn_state != 'REJ') AS answers, count() AS flows
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} - INTERVAL 30 DAY AND first_seen < {window_from:DateTime64(6)}
        AND tap NOT IN {without:Array(String)} AND part = 0
        AND src_ip IN (SELECT src_ip FROM contact)
    GROUP BY src_ip, dst_ip, dst_port, ip_protocol
)
SELECT
    toUnixTimestamp64Micro(contact.first) AS at,
    contact.src_ip AS src_ip, contact.dst_ip AS dst_ip, contact.dst_port AS dst_port, contact.ip_protocol AS ip_protocol,
    contact.seen.1 AS flow_id,
    contact.seen.2 AS failed,
    before.flows > 0 AS known,
    before.answers > 0 AS answered_before
FROM contact
LEFT JOIN before USING (src_ip, dst_ip, dst_port, ip_protocol)
WHERE NOT known OR (failed AND NOT answered_before)
ORDER BY src_ip, at, dst_ip, dst_port, ip_protocol
LIMIT 4096 BY src_ip

-- name: scan.sources
-- How many sources made contacts in each minute of the span, by zone: those who are judged.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(first_seen), 6, 'UTC')) AS at, src_zone AS zone, uniqExact(src_ip) AS sources
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND part = 0 AND src_packets > 0
GROUP BY at, zone

-- name: scan.habits
-- What each source that reached ten targets today did in the 30 days before: targets, those that answered, and how many
-- were new on each of the last 28 days. `window_from` is the start of the day.
WITH target AS (
    SELECT
        src_ip, dst_ip, dst_port, ip_protocol,
        min(first_seen) AS first, max(first_seen) AS last,
        max(dst_packets > 0 AND conn_state != 'REJ') AS answered
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} - INTERVAL 58 DAY AND first_seen < {window_from:DateTime64(6)}
        AND tap NOT IN {without:Array(String)} AND part = 0 AND src_packets > 0
        AND src_ip IN (
            SELECT src_ip FROM flow
            WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND part = 0
                AND tap NOT IN {without:Array(String)}
            GROUP BY src_ip
            HAVING uniq(dst_ip, dst_port) >= 10
        )
    GROUP BY src_ip, dst_ip, dst_port, ip_protocol
)
SELECT
    src_ip,
    countIf(last >= {window_from:DateTime64(6)} - INTERVAL 30 DAY) AS targets,
    countIf(answered AND last >= {window_from:DateTime64(6)} - INTERVAL 30 DAY) AS answers,
    sumMapIf(
        [toUInt16(dateDiff('day', first, {window_from:DateTime64(6)}))], [toUInt64(1)],
        first >= {window_from:DateTime64(6)} - INTERVAL 28 DAY
    ).2 AS new_a_day
FROM target
GROUP BY src_ip
