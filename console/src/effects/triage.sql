-- name: triage.first
SELECT
    subject_id,
    seq,
    argMin(act_id, (received, act_id)) AS id,
    argMin(who, (received, act_id)) AS actor,
    argMin(what, (received, act_id)) AS act,
    toUInt64(greatest(0, dateDiff('second', min(received), now64(6)))) AS ago_s
FROM
(
    SELECT subject_id, seq, id AS act_id, actor AS who, action AS what, received_at AS received
    FROM triage
    WHERE subject = 'warning' AND has({ids:Array(String)}, subject_id)
)
GROUP BY subject_id, seq

-- name: triage.last
SELECT seq, at, action, actor, state_from, state_to, owner, until, actor = currentUser() AS mine
FROM
(
    SELECT * FROM triage WHERE subject = 'warning' AND subject_id = {id:String}
    ORDER BY seq, received_at, id
    LIMIT 1 BY seq
)
ORDER BY seq DESC
LIMIT 2
