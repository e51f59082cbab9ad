-- name: judge.memory
-- The oldest row that there is.
SELECT toUnixTimestamp64Micro(min(first_seen)) AS oldest, count() AS flows FROM flow

-- name: judge.coverage
-- What the taps saw in the span.
SELECT toUnixTimestamp64Micro(minute) AS minute, tap, vlan, direction, packets_per_s, drop_ppm, one_way_ppm, clock_offset_us, bytes_scanned
FROM coverage
WHERE coverage.minute >= {from:DateTime64(6)} AND coverage.minute < {to:DateTime64(6)}

-- name: judge.taps
-- The first and the newest minute that each tap has covered.
SELECT tap, toUnixTimestamp64Micro(min(minute)) AS first, toUnixTimestamp64Micro(max(minute)) AS newest
FROM coverage
GROUP BY tap

-- name: judge.activity
-- How many slices began in each minute of the span.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(first_seen), 6, 'UTC')) AS minute, count() AS slices
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
GROUP BY minute

-- name: judge.verdict_activity
-- How many verdicts were given in each minute of the span.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(time), 6, 'UTC')) AS minute, count() AS slices
FROM verdict
WHERE time >= {from:DateTime64(6)} AND time < {to:DateTime64(6)}
GROUP BY minute
