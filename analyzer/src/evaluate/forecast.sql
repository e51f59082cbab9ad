-- name: evaluate.judged
-- Up to when the situation was assessed.
SELECT count() AS rows, max(time) AS newest FROM situation

-- name: evaluate.standing
-- Scopes that stand at level I or II at the moment `from` without having been closed since they rose, and how many acts there
-- were on each.
SELECT s.scope AS scope, s.name AS name, s.level AS level, ifNull(t.acts, 0) AS acts
FROM (
    SELECT scope, name, argMax(level, time) AS level, maxIf(time, level NOT IN ('I', 'II')) AS calm
    FROM situation FINAL
    WHERE time <= {from:DateTime64(6)} AND time > {from:DateTime64(6)} - INTERVAL 10 DAY AND time < {to:DateTime64(6)}
        AND scope IN ('institution', 'zone')
    GROUP BY scope, name
) AS s
LEFT JOIN (
    SELECT subject, subject_id, toUInt32(max(seq)) AS acts, max(at) AS newest
    FROM triage
    GROUP BY subject, subject_id
) AS t ON t.subject = toString(s.scope) AND t.subject_id = s.name
WHERE s.level IN ('I', 'II') AND (t.acts = 0 OR t.newest <= s.calm)
ORDER BY scope, name
