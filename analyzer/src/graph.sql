-- name: incidents.warnings
-- Warnings of the last 30 days before the newest, and all those of incidents that are open.
WITH (SELECT max(time) FROM warning) AS newest
SELECT id, toUnixTimestamp64Micro(w.time) AS time, toUnixTimestamp64Micro(w.episode_start) AS episode_start, detection, subject,
    object, zone, severity, level, evidence_ids
FROM warning_now AS w
WHERE (w.time >= newest - INTERVAL 30 DAY
        OR id IN (SELECT arrayJoin(warnings) FROM incident_now WHERE state = 'open' AND incident_now.time >= newest - INTERVAL 30 DAY))
    AND severity != 'P0' AND alias_of = repeat('0', 32)
ORDER BY w.time DESC, id
LIMIT 20000

-- name: incidents.evidence
-- What the evidence of these warnings adds: how long it lasted, its flows, the hosts of a chain, names of users.
SELECT lower(hex(e.id)) AS id, toUnixTimestamp64Micro(e.seen) AS seen, flow_ids,
    JSONExtract(numbers, 'way', 'Array(String)') AS way,
    arrayFilter(user -> user != '', arrayPushBack(JSONExtract(numbers, 'users', 'Array(String)'), JSONExtractString(numbers, 'user'))) AS users
FROM evidence AS e
WHERE e.episode_start >= {from:DateTime64(6)} AND e.id IN (SELECT arrayJoin(arrayMap(one -> unhex(one), {ids:Array(String)})))
ORDER BY e.id, e.revision DESC
LIMIT 1 BY e.id

-- name: incidents.held
-- The newest form of every incident of the last 60 days before the newest warning.
SELECT id, revision, toUnixTimestamp64Micro(i.time) AS time, toUnixTimestamp64Micro(i.started) AS started, state, merged_into,
    stage, title, warnings, links, path, next_steps, severity, level, zone, criticality, index_before, index_after
FROM incident_now AS i
WHERE i.time >= (SELECT max(time) FROM warning) - INTERVAL 60 DAY

-- name: incidents.admin
-- Who administered whom since a day before the first of these warnings. Of the last use the hour is known.
SELECT src, dst, toUnixTimestamp64Micro(greatest(min(e.first_seen), max(e.revived))) AS first,
    toUnixTimestamp64Micro(max(e.last_seen) + INTERVAL 1 HOUR) AS last
FROM admin_edge AS e
GROUP BY src, dst
HAVING max(e.last_seen) + INTERVAL 1 HOUR >= {from:DateTime64(6)} - INTERVAL 1 DAY
ORDER BY src, dst

-- name: incidents.degrees
-- How many others each of these addresses spoke with.
SELECT ip, uniqExact(peer) AS peers
FROM (
    SELECT src_ip AS ip, dst_ip AS peer
    FROM flow_hour
    WHERE hour >= {from:DateTime64(6)} AND hour < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)} AND dst_packets > 0
        AND src_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))
    UNION ALL
    SELECT dst_ip AS ip, src_ip AS peer
    FROM flow_hour_peer
    WHERE hour >= {from:DateTime64(6)} AND hour < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)} AND dst_packets > 0
        AND dst_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))
)
GROUP BY ip
ORDER BY ip

-- name: incidents.hosts
-- Hosts that are known.
SELECT uniqExact(entity) AS hosts FROM entity WHERE kind = 'host'

-- name: incidents.index
-- Index of the institution, minute by minute.
SELECT toUnixTimestamp64Micro(s.time) AS time, s."index" AS points
FROM situation AS s FINAL
WHERE scope = 'institution' AND s.time >= {from:DateTime64(6)} AND s.time <= {to:DateTime64(6)}
ORDER BY s.time
