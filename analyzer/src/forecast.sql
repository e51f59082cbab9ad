-- name: forecast.events
-- Each telling of ringing evidence in the range, as it stands: an early pass and a closed one tell the same moment twice.
SELECT id, seen, detection, subject, object, severity, zone
FROM (
    SELECT
        lower(hex(id)) AS id, seen, detection, subject, object, severity, strength, revision,
        JSONExtractString(numbers, 'because', 'zone') AS zone
    FROM evidence
    WHERE seen >= {from:DateTime64(6)} AND seen < {to:DateTime64(6)} AND episode_start < {to:DateTime64(6)}
        AND episode_start >= {from:DateTime64(6)} - INTERVAL 60 DAY
    ORDER BY id, seen, revision DESC
    LIMIT 1 BY id, seen
)
WHERE strength > 0 AND severity > 'P0'

-- name: forecast.standings
-- How the bank and its zones stood.
SELECT time, scope, name, index, coverage, level
FROM situation FINAL
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)} AND scope IN ('institution', 'zone')

-- name: forecast.incidents
-- Every revision of every incident, as it was told.
SELECT lower(hex(id)) AS id, revision, time, state, next_steps
FROM incident FINAL
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)}

-- name: forecast.edges
-- Administrative edges that were first used in the range.
SELECT min(e.first_seen) AS first_seen, src_zone, dst_zone
FROM admin_edge AS e
GROUP BY src, dst, app, src_zone, dst_zone
HAVING first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}

-- name: forecast.held
-- Forecasts of the range.
SELECT
    time, scope, name, level, horizon_min, probability, low, high, skill, toBool(has_skill) AS has_skill, toBool(open) AS open,
    reasons, observed, model
FROM forecast FINAL
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)}

-- name: forecast.last
-- The newest forecast of each scope and level in the range, of the longest horizon.
SELECT
    time, scope, name, level, horizon_min, probability, low, high, skill, toBool(has_skill) AS has_skill, toBool(open) AS open,
    reasons, observed, model
FROM forecast FINAL
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)} AND horizon_min = 240
ORDER BY scope, name, level, time DESC
LIMIT 1 BY scope, name, level
