-- name: warnings.standing
SELECT
    w.id AS id,
    w.time AS time,
    w.episode_start AS episode_start,
    w.detection AS detection,
    w.subject AS subject,
    w.object AS object,
    w.zone AS zone,
    w.business AS business,
    w.severity AS severity,
    w.level AS level,
    w.score AS score,
    w.contributions AS contributions,
    w.sentence AS sentence,
    w.attack AS attack,
    w.evidence_ids AS evidence_ids,
    t.state = 'SHV' AND (
        t.until <= {now:DateTime64(6)} OR toInt8(w.level) < indexOf(['I', 'II', 'III', 'IV'], t.level)
    ) AS is_back,
    multiIf(t.state = '', 'NEW', is_back, t.before, t.state) AS state,
    t.owner AS owner,
    t.seq AS seq,
    if(state = 'SHV', t.until, NULL) AS until
FROM warning_now AS w
LEFT JOIN triage_standing AS t ON t.subject = 'warning' AND t.subject_id = w.id
WHERE w.time >= {from:DateTime64(6)} AND w.time < {to:DateTime64(6)}
    AND (w.alias_of = repeat('0', 32) OR {id:String} != '')

-- name: warnings.list
SELECT * EXCEPT is_back
FROM
(
    /*standing*/
)
WHERE (state != 'CLOSE' OR {closed:UInt8} = 1) AND startsWith(id, {id:String}) /*where*/
ORDER BY level, score DESC, time DESC, id
LIMIT {limit:UInt32}

-- name: warnings.incident
SELECT id, state, stage, title, warnings, path, started, level, zone, index_before, index_after
FROM incident_now
WHERE has(warnings, {id:String}) AND state != 'merged'
ORDER BY started, id
LIMIT 1

-- name: warnings.evidence
SELECT
    id,
    detection,
    subject,
    object,
    episode_start,
    seen,
    p_value,
    severity,
    strength,
    numbers,
    flow_ids,
    coverage,
    rule_version
FROM evidence_now
WHERE has({ids:Array(String)}, id)
ORDER BY seen, id
LIMIT 200

-- name: warnings.history
SELECT at, actor, action, state_from, state_to, owner, disposition, reason, note, seq
FROM triage
WHERE subject = 'warning' AND subject_id = {id:String}
ORDER BY seq, received_at, id
LIMIT 1 BY seq
LIMIT 200
