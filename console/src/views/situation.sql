-- name: situation.zones
SELECT
    zone,
    max(weight) AS criticality,
    toUInt8(minIf(rank, rank > 0)) AS worst,
    sum(open_count) AS open,
    sum(new_count) AS fresh
FROM
(
    SELECT zone, criticality AS weight, 0 AS rank, 0 AS open_count, 0 AS new_count FROM zone_now
    UNION ALL
    SELECT zone, 0, toInt8(level), 1, state = 'NEW'
    FROM
    (
        SELECT
            w.id AS id,
            w.time AS time,
            w.episode_start AS episode_start,
            w.detection AS detection,
            w.subject AS subject,
            w.object AS object,
            w.zone AS zone,
            w.business AS business,
            w.severity AS severity,
            w.level AS level,
            w.score AS score,
            w.sentence AS sentence,
            w.attack AS attack,
            if(t.state = '', 'NEW', t.state) AS state,
            t.owner AS owner
        FROM warning_now AS w
        LEFT JOIN triage_now AS t ON t.subject = 'warning' AND t.subject_id = w.id
        WHERE w.time >= {from:DateTime64(6)} AND w.time < {to:DateTime64(6)} AND w.alias_of = repeat('0', 32)
    )
    WHERE state != 'CLOSE' /*where*/
)
WHERE zone != ''
GROUP BY zone
ORDER BY criticality, zone

-- name: situation.conduits
SELECT
    src_zone,
    dst_zone,
    max(tap_flows) AS flows,
    max(tap_bytes) AS bytes,
    max(tap_undeclared) AS undeclared
FROM
(
    SELECT tap, src_zone, dst_zone, countIf(part = 0) AS tap_flows, sum(src_bytes + dst_bytes) AS tap_bytes, 0 AS tap_undeclared
    FROM flow
    WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND NOT has({without:Array(String)}, tap)
        AND src_zone != dst_zone AND src_zone != '' AND dst_zone != ''
    GROUP BY tap, src_zone, dst_zone
    UNION ALL
    SELECT tap, src_zone, dst_zone, 0, 0, count()
    FROM verdict
    WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)} AND NOT has({without:Array(String)}, tap)
        AND verdict IN ('undeclared', 'denied') AND src_zone != dst_zone
    GROUP BY tap, src_zone, dst_zone
)
GROUP BY src_zone, dst_zone
ORDER BY undeclared DESC, flows DESC
LIMIT 200

-- name: situation.taps
SELECT
    tap,
    max(minute) AS newest,
    toFloat64(sumIf(packets_per_s, minute = last_minute)) AS packets_per_s,
    max(drop_ppm) AS drop_ppm,
    max(one_way_ppm) AS one_way_ppm
FROM
(
    SELECT tap, minute, packets_per_s, drop_ppm, one_way_ppm, max(minute) OVER (PARTITION BY tap) AS last_minute
    FROM coverage
    WHERE minute >= {from:DateTime64(6)} AND minute < {to:DateTime64(6)} AND NOT has({without:Array(String)}, tap)
)
GROUP BY tap
ORDER BY tap
LIMIT 500

-- name: situation.ledger
SELECT stage, reason, sum(packets) AS packets, sum(bytes) AS bytes, sum(records) AS records
FROM ledger
WHERE minute >= {from:DateTime64(6)} AND minute < {to:DateTime64(6)} AND NOT has({without:Array(String)}, tap)
GROUP BY stage, reason
ORDER BY stage, reason
LIMIT 500

-- name: situation.acts
SELECT at, actor, action, subject, subject_id, state_to, reason, note
FROM triage
ORDER BY received_at DESC, id
LIMIT 50
