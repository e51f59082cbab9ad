-- name: why_not.rang
-- The evidence of one detection about one subject in the range, with its warning and that warning's state.
SELECT toUnixTimestamp64Micro(f.first) AS seen, e.object AS object, e.severity AS severity,
    JSONExtractString(e.numbers, 'gave_way_to') AS gave_way_to, w.id AS warning, t.state AS state
FROM evidence_now AS e
INNER JOIN (
    SELECT lower(hex(id)) AS id, minIf(seen, severity > 'P0') AS rang, if(rang > 0, rang, min(seen)) AS first
    FROM evidence WHERE detection = {detection:String} AND subject = {subject:String} GROUP BY evidence.id
) AS f ON f.id = e.id
LEFT JOIN (
    SELECT id, arrayJoin(evidence_ids) AS evidence FROM warning_now
    WHERE episode_start >= {from:DateTime64(6)} - INTERVAL 2 DAY AND episode_start < {to:DateTime64(6)}
) AS w ON w.evidence = e.id
LEFT JOIN (SELECT subject_id, state FROM triage_now WHERE subject = 'warning') AS t ON t.subject_id = w.id
WHERE e.detection = {detection:String} AND e.subject = {subject:String} AND e.strength > 0
    AND e.seen > {from:DateTime64(6)} AND e.seen <= {to:DateTime64(6)}
ORDER BY seen, object
LIMIT 1000
