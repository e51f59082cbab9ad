-- name: timeline.incident
SELECT id, state, merged_into, stage, title, warnings, path, started, time, level, zone, index_before, index_after
FROM incident_now
WHERE startsWith(id, {id:String})
ORDER BY started DESC, id
LIMIT 10

-- name: timeline.warnings
SELECT id, time, episode_start, detection, subject, object, zone, level, score, sentence, evidence_ids
FROM warning_now
WHERE has({ids:Array(String)}, id) AND time < {to:DateTime64(6)}
ORDER BY time, id
LIMIT 1000

-- name: timeline.levels
SELECT at AS time, kind AS scope, who AS name, was, rank AS level, before, value AS index
FROM
(
    SELECT
        time AS at, toString(scope) AS kind, name AS who, toString(level) AS rank, index AS value,
        lagInFrame(toString(level), 1, '') OVER each AS was,
        lagInFrame(index, 1, 0.0) OVER each AS before
    FROM situation FINAL
    WHERE scope IN ('institution', 'zone') AND time >= {from:DateTime64(6)} - INTERVAL 1 DAY AND time <= {to:DateTime64(6)}
    WINDOW each AS (PARTITION BY scope, name ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
WHERE was != '' AND was != rank AND at >= {from:DateTime64(6)}
ORDER BY at, kind, who
LIMIT 1000

-- name: timeline.course
SELECT max(at) AS time, argMax(value, at) AS index
FROM
(
    SELECT time AS at, index AS value
    FROM situation FINAL
    WHERE scope = 'institution' AND time >= {from:DateTime64(6)} AND time <= {to:DateTime64(6)}
)
GROUP BY toStartOfInterval(at - INTERVAL 1 MICROSECOND, toIntervalMinute(5))
ORDER BY time
LIMIT 2000

-- name: timeline.money
SELECT
    min(i.time) AS time,
    argMin(e.detection, (i.time, e.seen)) AS detection,
    count() AS rows
FROM iso8583 AS i
INNER JOIN
(
    SELECT detection, seen, episode_start, arrayJoin(flow_ids) AS flow
    FROM evidence_now
    WHERE has({ids:Array(String)}, id) AND detection IN ('FIN-09', 'FIN-12') AND strength > 0
) AS e ON i.flow_id = e.flow
WHERE i.time >= e.episode_start AND i.time >= {from:DateTime64(6)} AND i.time <= {to:DateTime64(6)}
    AND NOT has({without:Array(String)}, i.tap) AND startsWith(i.de3, '01') AND i.de39 = '00'
