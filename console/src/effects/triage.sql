-- name: triage.first
SELECT
    subject_id,
    seq,
    argMin(id, (received_at, id)) AS first,
    argMin(actor, (received_at, id)) AS actor,
    argMin(state_to, (received_at, id)) AS state
FROM triage
WHERE subject = 'warning' AND has({ids:Array(String)}, subject_id)
GROUP BY subject_id, seq
