-- name: situation.scopes
-- How each scope stood at the end of the range: its newest row in the day before.
SELECT
    scope, name, time, index, index_if_blind, threat, vulnerability, availability, coverage, level, gate, drivers, NULL AS before
FROM
(
    SELECT
        toString(s.scope) AS scope, s.name AS name, s.time AS time, s.index AS index, s.index_if_blind AS index_if_blind,
        s.threat AS threat, s.vulnerability AS vulnerability, s.availability AS availability, s.coverage AS coverage,
        s.level AS level, s.gate AS gate, s.drivers AS drivers
    FROM situation AS s FINAL
    WHERE s.time > {to:DateTime64(6)} - INTERVAL 1 DAY AND s.time <= {to:DateTime64(6)}
    ORDER BY s.time DESC
    LIMIT 1 BY s.scope, s.name
)
WHERE scope IN ('institution', 'zone') OR index > 0 OR level != '-'
ORDER BY scope, index DESC, name
LIMIT 100000

-- name: situation.unknown
-- Detections that could not judge a part of the range, and why.
SELECT
    detection, reason, arraySort(groupUniqArray(tap)) AS taps, uniqExact(minute) AS steps, min(minute) AS first, max(minute) AS last
FROM judged FINAL
WHERE minute >= {from:DateTime64(6)} AND minute < {to:DateTime64(6)} AND unknown > 0
GROUP BY detection, reason
ORDER BY detection, reason
LIMIT 1000

-- name: situation.judged
-- Whether anything was judged in the range at all.
SELECT count() AS steps FROM judged WHERE minute >= {from:DateTime64(6)} AND minute < {to:DateTime64(6)}

-- name: situation.watched
-- Zones that some tap saw in the 28 days before the end of the range; the others have no tap.
SELECT DISTINCT zone FROM zone_tap WHERE hour > {to:DateTime64(6)} - INTERVAL 28 DAY AND hour <= {to:DateTime64(6)} LIMIT 10000
