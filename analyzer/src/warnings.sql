-- name: warnings.evidence
-- Every revision of the evidence that was seen since `from`, and of all that is on a warning with such evidence.
SELECT
    lower(hex(id)) AS id, revision, strength, detection, subject, object, lower(hex(cause)) AS cause,
    toUnixTimestamp64Micro(episode_start) AS episode_start, toUnixTimestamp64Micro(seen) AS seen, p_value, severity, numbers,
    flow_ids, coverage, policy, rule_version
FROM evidence
WHERE evidence.seen >= {from:DateTime64(6)} OR evidence.id IN (
    SELECT arrayJoin(evidence_ids) FROM warning
    WHERE time >= {from:DateTime64(6)}
        OR hasAny(evidence_ids, (SELECT groupUniqArray(id) FROM evidence WHERE evidence.seen >= {from:DateTime64(6)}))
)
ORDER BY seen, id, revision

-- name: warnings.warnings
-- Every revision of the warnings that rang since `from` or rest on evidence seen since.
SELECT
    lower(hex(warning.id)) AS id, revision, lower(hex(alias_of)) AS alias_of, toUnixTimestamp64Micro(warning.time) AS time,
    toUnixTimestamp64Micro(episode_start) AS episode_start, detection, subject, object, zone, business, severity, level, score,
    contributions, sentence, attack, arrayMap(one -> lower(hex(one)), warning.evidence_ids) AS evidence_ids,
    lower(hex(incident)) AS incident
FROM warning
WHERE warning.time >= {from:DateTime64(6)}
    OR hasAny(warning.evidence_ids, (SELECT groupUniqArray(evidence.id) FROM evidence WHERE evidence.seen >= {from:DateTime64(6)}))
ORDER BY id, revision
