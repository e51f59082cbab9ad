-- name: evaluate.judged
-- Up to when the situation was assessed.
SELECT count() AS rows, max(time) AS newest FROM situation

-- name: evaluate.standing
-- Scopes that stand at level I or II at the moment `from` without having been closed since they rose, and how many acts there
-- were on each.
SELECT s.scope AS scope, s.name AS name, s.level AS level, ifNull(t.acts, 0) AS acts
FROM (
    SELECT w.scope AS scope, w.name AS name, argMax(w.level, w.time) AS level, maxIf(w.time, w.level NOT IN ('I', 'II')) AS calm
    FROM situation AS w FINAL
    WHERE w.time <= {from:DateTime64(6)} AND w.time > {from:DateTime64(6)} - INTERVAL 10 DAY AND w.time < {to:DateTime64(6)}
        AND w.scope IN ('institution', 'zone')
    GROUP BY w.scope, w.name
) AS s
LEFT JOIN (
    SELECT r.subject AS subject, r.subject_id AS subject_id, toUInt32(max(r.seq)) AS acts, max(r.at) AS newest
    FROM triage AS r
    GROUP BY r.subject, r.subject_id
) AS t ON t.subject = toString(s.scope) AND t.subject_id = s.name
WHERE s.level IN ('I', 'II') AND (t.acts = 0 OR t.newest <= s.calm)
ORDER BY scope, name
