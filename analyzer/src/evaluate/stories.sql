-- name: stories.warnings
-- Every warning that rang in the story's time.
SELECT
    toUnixTimestamp64Micro(time) AS at, id, detection, subject, object, toString(severity) AS severity, score, sentence
FROM warning_now
WHERE time >= {from:DateTime64(6)} AND time <= {to:DateTime64(6)}
ORDER BY at, detection, subject, object

-- name: stories.situation
-- Index and level of every zone and of the institution in the story's time.
SELECT toUnixTimestamp64Micro(time) AS at, toString(scope) AS scope, name, index, toString(level) AS level
FROM situation FINAL
WHERE time >= {from:DateTime64(6)} AND time <= {to:DateTime64(6)} AND scope IN ('zone', 'institution')
ORDER BY at, scope, name

-- name: stories.incidents
-- Every incident that began in the story's time and is no part of another.
SELECT id, warnings, path FROM incident_now
WHERE started >= {from:DateTime64(6)} - INTERVAL 1 DAY AND time <= {to:DateTime64(6)} AND state != 'merged'
ORDER BY started, id

-- name: stories.forecasts
-- Every forecast of the story's time.
SELECT toUnixTimestamp64Micro(time) AS at, toString(scope) AS scope, name, toString(level) AS level, horizon_min, probability, has_skill
FROM forecast FINAL
WHERE time >= {from:DateTime64(6)} AND time <= {to:DateTime64(6)}
ORDER BY at, scope, name, level, horizon_min
