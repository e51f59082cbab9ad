-- name: incidents.list
-- Incidents that changed in the range, the newest form of each; by the beginning of an id, whatever the range.
SELECT i.id AS id, i.revision AS revision, i.time AS time, i.started AS started, i.state AS state, i.merged_into AS merged_into,
    i.stage AS stage, i.title AS title, i.warnings AS warnings, i.links AS links, i.path AS path, i.next_steps AS next_steps,
    i.severity AS severity, i.level AS level, i.zone AS zone, i.criticality AS criticality,
    i.index_before AS index_before, i.index_after AS index_after
FROM incident_now AS i
WHERE startsWith(i.id, {id:String})
    AND ({id:String} != '' OR (i.time >= {from:DateTime64(6)} AND i.started < {to:DateTime64(6)}))
    AND (i.state = 'open' OR {closed:UInt8} = 1)
ORDER BY state != 'open', level, criticality DESC, time DESC, id
LIMIT {limit:UInt32}

-- name: incidents.warnings
-- The warnings of an incident, in the order in which their episodes began.
SELECT w.id AS id, w.time AS time, w.episode_start AS episode_start, w.detection AS detection, w.subject AS subject,
    w.object AS object, w.zone AS zone, w.severity AS severity, w.level AS level, w.score AS score, w.sentence AS sentence,
    if(t.state = '', 'NEW', t.state) AS state
FROM warning_now AS w
LEFT JOIN triage_now AS t ON t.subject = 'warning' AND t.subject_id = w.id
WHERE has({ids:Array(String)}, w.id)
ORDER BY episode_start, time, id
