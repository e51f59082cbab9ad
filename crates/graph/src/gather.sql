-- name: graph.places
-- Networks and hosts of the policy that was published last.
SELECT cidr, zone, host, role, criticality, tags, business,
    toUnixTimestamp64Micro(valid_from) AS valid_from, toUnixTimestamp64Micro(valid_to) AS valid_to, policy
FROM zone_of
WHERE policy = (SELECT argMax(policy, published_at) FROM zone_of)
ORDER BY cidr, zone_of.valid_from, published_at DESC
LIMIT 1 BY cidr, zone_of.valid_from

-- name: graph.warnings
-- Open warnings of the range, and the steps of a chain where their evidence tells them.
SELECT id, toUnixTimestamp64Micro(time) AS time, toUnixTimestamp64Micro(episode_start) AS episode_start, detection, subject, object,
    level, way
FROM (
    SELECT w.id AS id, w.time AS time, w.episode_start AS episode_start, w.detection AS detection, w.subject AS subject,
        w.object AS object, w.zone AS zone, w.business AS business, w.severity AS severity, w.level AS level, w.score AS score,
        w.sentence AS sentence, w.attack AS attack, if(t.state = '', 'NEW', t.state) AS state, t.owner AS owner, e.way AS way
    FROM warning_now AS w
    LEFT JOIN triage_now AS t ON t.subject = 'warning' AND t.subject_id = w.id
    LEFT JOIN (
        SELECT id AS one, JSONExtract(numbers, 'way', 'Array(String)') AS way
        FROM evidence_now
        WHERE detection = 'INT-09' AND seen >= {from:DateTime64(6)}
    ) AS e ON e.one = w.evidence_ids[1]
    WHERE w.time >= {from:DateTime64(6)} AND w.time < {to:DateTime64(6)} AND w.alias_of = repeat('0', 32) AND w.severity != 'P0'
) AS open
WHERE state != 'CLOSE' /*where*/
ORDER BY open.level, open.time DESC, id
LIMIT 10000

-- name: graph.names
-- Addresses that were called by names which warnings accuse.
SELECT sni AS name, groupUniqArray(8)(dst_ip) AS addresses
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND sni IN {names:Array(String)}
GROUP BY sni
ORDER BY sni

-- name: graph.admin
-- Who administered whom in the range, and since when: since its revival where it slept for long. Of the last use the hour is
-- known.
SELECT src, dst, app, toUnixTimestamp64Micro(greatest(min(e.first_seen), max(e.revived))) AS first,
    toUnixTimestamp64Micro(max(e.last_seen) + INTERVAL 1 HOUR) AS last
FROM admin_edge AS e
GROUP BY src, dst, app
HAVING max(e.last_seen) + INTERVAL 1 HOUR >= {from:DateTime64(6)} AND min(e.first_seen) < {to:DateTime64(6)}
ORDER BY first DESC, src, dst, app
LIMIT 20000

-- name: graph.hop
-- What passed between the addresses asked about and others, each conversation counted at one tap; the busiest peers of
-- each. Of TCP an answer has frames longer than that of a refusal, which is at most 60 bytes.
SELECT node, src_ip, dst_ip, flows, bytes, answered, services,
    toUnixTimestamp64Micro(toDateTime64(first_hour, 6, 'UTC')) AS first,
    toUnixTimestamp64Micro(toDateTime64(last_hour, 6, 'UTC') + INTERVAL 1 HOUR) AS last,
    count() OVER (PARTITION BY node, way) AS peers
FROM (
    SELECT src_ip AS node, 'out' AS way, src_ip, dst_ip, sum(most_flows) AS flows, sum(most_bytes) AS bytes,
        max(is_answered) AS answered, min(began) AS first_hour, max(ended) AS last_hour,
        arraySlice(arrayMap(one -> one.2, arrayReverseSort(groupArray((most_flows, service)))), 1, 6) AS services
    FROM (
        SELECT src_ip, dst_ip, max(tap_flows) AS most_flows, max(tap_bytes) AS most_bytes, max(tap_answered) AS is_answered,
            min(tap_first) AS began, max(tap_last) AS ended,
            trimRight(concat(multiIf(ip_protocol = 6, 'tcp/', ip_protocol = 17, 'udp/', concat('ip-', toString(ip_protocol), '/')),
                toString(dst_port), ' ', max(tap_app))) AS service
        FROM (
            SELECT src_ip, dst_ip, dst_port, ip_protocol, tap, max(app) AS tap_app, sum(flow_hour.flows) AS tap_flows,
                sum(src_bytes + dst_bytes) AS tap_bytes, min(hour) AS tap_first, max(hour) AS tap_last,
                if(ip_protocol = 6, sum(dst_bytes) > 64 * sum(dst_packets), sum(dst_packets) > 0) AS tap_answered
            FROM flow_hour
            WHERE hour >= toStartOfHour({from:DateTime64(6)}) AND hour < {hours_to:DateTime64(6)}
                AND tap NOT IN {without:Array(String)}
                AND src_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))
            GROUP BY src_ip, dst_ip, dst_port, ip_protocol, tap
        )
        GROUP BY src_ip, dst_ip, dst_port, ip_protocol
    )
    GROUP BY src_ip, dst_ip
    UNION ALL
    SELECT dst_ip AS node, 'in' AS way, src_ip, dst_ip, sum(most_flows) AS flows, sum(most_bytes) AS bytes,
        max(is_answered) AS answered, min(began) AS first_hour, max(ended) AS last_hour,
        arraySlice(arrayMap(one -> one.2, arrayReverseSort(groupArray((most_flows, service)))), 1, 6) AS services
    FROM (
        SELECT src_ip, dst_ip, max(tap_flows) AS most_flows, max(tap_bytes) AS most_bytes, max(tap_answered) AS is_answered,
            min(tap_first) AS began, max(tap_last) AS ended,
            trimRight(concat(multiIf(ip_protocol = 6, 'tcp/', ip_protocol = 17, 'udp/', concat('ip-', toString(ip_protocol), '/')),
                toString(dst_port), ' ', max(tap_app))) AS service
        FROM (
            SELECT src_ip, dst_ip, dst_port, ip_protocol, tap, max(app) AS tap_app, sum(flow_hour_peer.flows) AS tap_flows,
                sum(src_bytes + dst_bytes) AS tap_bytes, min(hour) AS tap_first, max(hour) AS tap_last,
                if(ip_protocol = 6, sum(dst_bytes) > 64 * sum(dst_packets), sum(dst_packets) > 0) AS tap_answered
            FROM flow_hour_peer
            WHERE hour >= toStartOfHour({from:DateTime64(6)}) AND hour < {hours_to:DateTime64(6)}
                AND tap NOT IN {without:Array(String)} AND {inward:UInt8} = 1
                AND dst_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))
            GROUP BY src_ip, dst_ip, dst_port, ip_protocol, tap
        )
        GROUP BY src_ip, dst_ip, dst_port, ip_protocol
    )
    GROUP BY src_ip, dst_ip
)
ORDER BY node, way, answered DESC, bytes DESC, src_ip, dst_ip
LIMIT 300 BY node, way
LIMIT 20000

-- name: graph.refused
-- What policy denies or does not know between the addresses asked about and others.
SELECT src_ip, dst_ip, max(outcome = 'established') AS answered, groupUniqArray(6)(
        concat(multiIf(ip_protocol = 6, 'tcp/', ip_protocol = 17, 'udp/', concat('ip-', toString(ip_protocol), '/')), toString(dst_port))
    ) AS services,
    toUnixTimestamp64Micro(min(verdict.time)) AS first, toUnixTimestamp64Micro(max(verdict.time)) AS last
FROM verdict
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND verdict IN ('undeclared', 'denied')
    AND (src_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))
        OR ({inward:UInt8} = 1 AND dst_ip IN (SELECT arrayJoin(arrayMap(one -> toIPv6(one), {addresses:Array(String)})))))
GROUP BY src_ip, dst_ip
ORDER BY answered DESC, first, src_ip, dst_ip
LIMIT 20000
