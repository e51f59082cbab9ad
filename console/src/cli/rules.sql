-- name: rules.closed
-- Warnings that people have closed, with how, and the flows behind them.
SELECT closed.disposition AS disposition, arrayDistinct(arrayFlatten(groupArray(e.flow_ids))) AS flow_ids
FROM (
    SELECT w.id AS id, t.disposition AS disposition, arrayJoin(w.evidence_ids) AS evidence_id
    FROM warning_now AS w
    INNER JOIN triage_now AS t ON t.subject = 'warning' AND t.subject_id = w.id
    WHERE t.state = 'CLOSE' AND t.disposition IN ('confirmed', 'false-positive', 'benign')
        AND w.time >= {from:DateTime64(6)} AND w.episode_start < {to:DateTime64(6)}
) AS closed
INNER JOIN evidence_now AS e ON e.id = closed.evidence_id
GROUP BY closed.id, closed.disposition

-- name: rules.coverage
-- Minutes that each tap has covered well enough to be judged, of those that it should have.
SELECT
    tap,
    uniqExactIf(toStartOfMinute(coverage.minute), drop_ppm <= 1000 AND coverage.minute >= {from:DateTime64(6)}) AS covered,
    dateDiff('minute', greatest({from:DateTime64(6)}, min(coverage.minute)), {to:DateTime64(6)}) AS expected
FROM coverage
WHERE coverage.minute < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
GROUP BY tap
