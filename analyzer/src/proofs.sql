-- name: proofs.written
-- What was counted already for the steps of a span.
SELECT toUnixTimestamp64Micro(minute) AS minute, detection, zone, tap, subjects, rung, unknown, reason
FROM judged FINAL
WHERE judged.minute >= {from:DateTime64(6)} AND judged.minute < {to:DateTime64(6)}
