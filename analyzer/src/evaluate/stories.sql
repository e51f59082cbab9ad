-- name: stories.warnings
-- Every warning that rang in the story's time.
SELECT
    toUnixTimestamp64Micro(time) AS at, detection, subject, object, toString(severity) AS severity, score, sentence
FROM warning_now
WHERE time >= {from:DateTime64(6)} AND time <= {to:DateTime64(6)}
ORDER BY at, detection, subject, object
