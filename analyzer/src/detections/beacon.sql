-- Who calls whom, and what is remembered of it. `{horizon_from:DateTime64(6)}` is the start of the eight-hour segment before
-- the open one; `{hour:DateTime64(6)}` the hour's start: memory is what came before it, so that every step of an hour is
-- judged with the same. A server is known by its TLS or HTTP name, else by its address.

-- name: beacon.calls
-- One row for each pair and five minutes: the seconds at which its conversations began, from each conversation's primary tap
-- (the lowest that sees both directions, else the lowest). Pairs that call in the step and have called seven times.
WITH
    active AS (
        SELECT DISTINCT src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni)) AS server
        FROM flow
        WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
    ),
    tapped AS (
        SELECT
            toStartOfInterval(first_seen, INTERVAL 5 MINUTE) AS bucket,
            src_ip, src_port, dst_ip, dst_port, ip_protocol, tap,
            (sum(src_packets) = 0) OR (sum(dst_packets) = 0) AS one_way,
            max(sni) AS name,
            max(ja4) AS fingerprint,
            max(src_zone) AS zone,
            groupArray((toUnixTimestamp(first_seen), flow_id)) AS starts,
            argMax((toString(direction), toString(conn_state), toString(app), app_conf, src_packets, dst_packets), (first_seen, flow_id)) AS latest,
            max(first_seen) AS latest_at
        FROM flow
        WHERE first_seen >= {horizon_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND part = 0 AND tap NOT IN {without:Array(String)}
            AND (src_ip, dst_port, ip_protocol) IN (SELECT src_ip, dst_port, ip_protocol FROM active)
        GROUP BY bucket, src_ip, src_port, dst_ip, dst_port, ip_protocol, tap
    ),
    once AS (
        SELECT
            bucket, src_ip, src_port, dst_ip, dst_port, ip_protocol,
            argMin((name, fingerprint, zone, starts, latest, latest_at), (one_way, tap)) AS seen,
            if(seen.1 = '', toString(dst_ip), toString(seen.1)) AS server
        FROM tapped
        GROUP BY bucket, src_ip, src_port, dst_ip, dst_port, ip_protocol
    ),
    called AS (
        SELECT
            bucket, src_ip, dst_port, ip_protocol, server,
            max(seen.2) AS ja4,
            max(seen.3) AS zone,
            groupArrayArray(seen.4) AS starts,
            argMax((dst_ip, src_port, seen.5), (seen.6, src_port, dst_ip)) AS latest
        FROM once
        WHERE (src_ip, dst_port, ip_protocol, server) IN (SELECT src_ip, dst_port, ip_protocol, server FROM active)
        GROUP BY bucket, src_ip, dst_port, ip_protocol, server
    )
SELECT
    toUnixTimestamp(bucket) * 1000000 AS bucket_us,
    src_ip AS client, server, dst_port AS port, ip_protocol, zone, ja4,
    arraySort(arrayDistinct(starts.1)) AS seconds,
    length(starts) AS calls,
    arraySlice(arraySort(arrayDistinct(starts.2)), 1, 40) AS flow_ids,
    latest.1 AS dst_ip, latest.2 AS src_port,
    latest.3.1 AS direction, latest.3.2 AS conn_state, latest.3.3 AS app, latest.3.4 AS app_conf,
    latest.3.5 AS src_packets, latest.3.6 AS dst_packets
FROM (
    SELECT *, sum(length(starts)) OVER (PARTITION BY src_ip, dst_port, ip_protocol, server) AS of_pair
    FROM called
)
WHERE of_pair >= 7

-- name: beacon.memory
-- When a pair was first seen at all, and in which hours since `history_from` it called: first and last second of each.
WITH
    active AS (
        SELECT DISTINCT src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni)) AS server
        FROM flow
        WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
    ),
    hourly AS (
        SELECT
            src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni)) AS server,
            toStartOfHour(first_seen) AS hour,
            min(first_seen) AS first,
            max(first_seen) AS last
        FROM flow
        WHERE first_seen < {hour:DateTime64(6)} AND part = 0 AND tap NOT IN {without:Array(String)}
            AND src_ip IN (SELECT src_ip FROM active)
            AND (src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni))) IN (
                SELECT src_ip, dst_port, ip_protocol, server FROM active)
        GROUP BY src_ip, dst_port, ip_protocol, server, hour
    )
SELECT
    src_ip AS client, server, dst_port AS port, ip_protocol,
    toUnixTimestamp64Micro(min(first)) AS first_us,
    arraySort(groupArrayIf((toUnixTimestamp(first), toUnixTimestamp(last)), first >= {history_from:DateTime64(6)})) AS hours
FROM hourly
GROUP BY client, server, port, ip_protocol

-- name: beacon.clients
-- How many clients each server had in the week before, by zone, and which of the callers at hand were among them.
WITH active AS (
    SELECT DISTINCT src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni)) AS server
    FROM flow
    WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
        AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
)
SELECT
    if(sni = '', toString(dst_ip), toString(sni)) AS server, dst_port AS port, ip_protocol, src_zone AS zone,
    uniqExact(src_ip) AS clients,
    groupUniqArrayIf(src_ip, src_ip IN (SELECT src_ip FROM active)) AS callers
FROM flow
WHERE first_seen >= {week_from:DateTime64(6)} AND first_seen < {hour:DateTime64(6)}
    AND part = 0 AND tap NOT IN {without:Array(String)}
    AND (dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni))) IN (
        SELECT dst_port, ip_protocol, server FROM active)
GROUP BY server, port, ip_protocol, zone

-- name: beacon.hosts
-- Hosts of each zone that spoke in the week before.
SELECT src_zone AS zone, uniqExact(src_ip) AS hosts
FROM flow
WHERE first_seen >= {week_from:DateTime64(6)} AND first_seen < {hour:DateTime64(6)}
    AND part = 0 AND tap NOT IN {without:Array(String)}
GROUP BY zone

-- name: beacon.fingerprints
-- TLS fingerprints of the callers in the week before, and how many servers each was shown to.
WITH active AS (
    SELECT DISTINCT src_ip
    FROM flow
    WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
        AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
)
SELECT
    src_ip AS client, toString(ja4) AS ja4,
    uniqExact(if(sni = '', toString(dst_ip), toString(sni))) AS servers,
    max(if(sni = '', toString(dst_ip), toString(sni))) AS server
FROM flow
WHERE first_seen >= {week_from:DateTime64(6)} AND first_seen < {hour:DateTime64(6)}
    AND part = 0 AND tap NOT IN {without:Array(String)}
    AND src_ip IN (SELECT src_ip FROM active) AND ja4 != ''
GROUP BY client, ja4
LIMIT 100 BY client

-- name: beacon.names
-- When a caller first got an answer for the name or address of its server in the day before, and (server empty) for anything.
WITH
    active AS (
        SELECT DISTINCT src_ip, toString(dst_ip) AS address, lower(toString(sni)) AS name
        FROM flow
        WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
    ),
    answer AS (
        SELECT src_ip, time, arrayJoin(arrayConcat(['', qname], arrayMap(address -> toString(address), addresses))) AS server
        FROM dns
        WHERE time >= {day_from:DateTime64(6)} AND time < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
            AND answered AND src_ip IN (SELECT src_ip FROM active)
    )
SELECT src_ip AS client, server, toUnixTimestamp64Micro(min(time)) AS resolved_us
FROM answer
WHERE server = '' OR (src_ip, server) IN (SELECT src_ip, address FROM active)
    OR (src_ip, server) IN (SELECT src_ip, name FROM active)
GROUP BY client, server

-- name: beacon.certificates
-- The first certificate that each pair was shown in the horizon, and whether another server showed one of its issuer the day
-- before.
WITH
    active AS (
        SELECT DISTINCT src_ip, dst_port, ip_protocol, if(sni = '', toString(dst_ip), toString(sni)) AS server
        FROM flow
        WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND part = 0 AND ip_protocol IN (6, 17, 132) AND tap NOT IN {without:Array(String)}
    ),
    shown AS (
        SELECT
            src_ip, if(sni = '', toString(dst_ip), toString(sni)) AS server, dst_port, ip_protocol,
            argMin((self_signed, toString(issuer), not_before), (time, tap, flow_id)) AS certificate,
            min(time) AS shown_at
        FROM tls
        WHERE time >= {horizon_from:DateTime64(6)} AND time < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
            AND chain > 0 AND (src_ip, dst_port, ip_protocol, server) IN (SELECT src_ip, dst_port, ip_protocol, server FROM active)
        GROUP BY src_ip, server, dst_port, ip_protocol
    ),
    known AS (
        SELECT
            toString(issuer) AS issuer,
            uniqExact(if(sni = '', toString(dst_ip), toString(sni))) AS servers,
            groupUniqArray(2)(if(sni = '', toString(dst_ip), toString(sni))) AS some
        FROM tls
        WHERE time >= {day_from:DateTime64(6)} AND time < {hour:DateTime64(6)} AND tap NOT IN {without:Array(String)} AND chain > 0
        GROUP BY issuer
    )
SELECT
    shown.src_ip AS client, shown.server AS server, shown.dst_port AS port, shown.ip_protocol AS ip_protocol,
    toUnixTimestamp64Micro(shown.shown_at) AS shown_us,
    shown.certificate.1 AS self_signed,
    toUnixTimestamp64Micro(shown.certificate.3) AS not_before_us,
    arrayExists(one -> one != shown.server, known.some) AS issuer_elsewhere,
    (SELECT sum(servers) FROM known) AS servers
FROM shown
LEFT JOIN known ON known.issuer = shown.certificate.2
