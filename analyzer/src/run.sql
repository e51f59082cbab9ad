-- name: run.judged
-- The last minute that each detection has judged.
SELECT detection, toUnixTimestamp64Micro(max(minute)) AS minute FROM judged GROUP BY detection
