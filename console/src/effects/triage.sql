-- name: triage.first
SELECT
    subject_id,
    seq,
    argMin(act, (received_at, act)) AS id,
    argMin(actor, (received_at, act)) AS actor,
    argMin(state_to, (received_at, act)) AS state
FROM
(
    SELECT subject_id, seq, id AS act, actor, state_to, received_at
    FROM triage
    WHERE subject = 'warning' AND has({ids:Array(String)}, subject_id)
)
GROUP BY subject_id, seq
