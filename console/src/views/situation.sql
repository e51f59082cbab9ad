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
        /*standing*/
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

-- name: situation.standing
SELECT
    kind AS scope,
    who AS name,
    max(at) AS time,
    argMax(value, (at, written)) AS index,
    argMax(most, (at, written)) AS index_if_blind,
    argMax(danger, (at, written)) AS threat,
    argMax(weak, (at, written)) AS vulnerability,
    argMax(down, (at, written)) AS availability,
    argMax(share, (at, written)) AS coverage,
    argMax(rank, (at, written)) AS level,
    argMax(through, (at, written)) AS gate,
    argMax(parts, (at, written)) AS drivers,
    if(
        countIf(at <= {to:DateTime64(6)} - INTERVAL 1 HOUR) = 0, NULL,
        argMaxIf(value, (at, written), at <= {to:DateTime64(6)} - INTERVAL 1 HOUR)
    ) AS before
FROM
(
    SELECT
        toString(scope) AS kind, name AS who, time AS at, written_at AS written, index AS value, index_if_blind AS most,
        threat AS danger, vulnerability AS weak, availability AS down, coverage AS share, level AS rank, gate AS through,
        drivers AS parts
    FROM situation
    WHERE time > {to:DateTime64(6)} - INTERVAL 1 DAY AND time <= {to:DateTime64(6)}
        AND scope IN ('institution', 'zone')
)
GROUP BY kind, who
ORDER BY kind, who
LIMIT 1000

-- name: situation.course
SELECT max(at) AS time, max(value) AS index, max(most) AS index_if_blind
FROM
(
    SELECT time AS at, index AS value, index_if_blind AS most
    FROM situation FINAL
    WHERE scope = 'institution' AND time > {from:DateTime64(6)} AND time <= {to:DateTime64(6)}
)
GROUP BY toStartOfInterval(at, toIntervalSecond({step:UInt32}))
ORDER BY time
LIMIT 2000

-- name: situation.load
SELECT
    toUInt32(intDiv(dateDiff('second', rang_at, {to:DateTime64(6)}), 600)) AS ago,
    rank AS level,
    rule AS detection,
    count() AS rang
FROM
(
    SELECT time AS rang_at, level AS rank, detection AS rule
    FROM warning_now
    WHERE time > {to:DateTime64(6)} - INTERVAL 1 DAY AND time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)}
        AND alias_of = repeat('0', 32)
)
GROUP BY ago, level, detection
ORDER BY ago, level, detection
LIMIT 10000
