-- name: situation.evidence
-- Every revision of the evidence that was seen in the range, its end included.
SELECT
    lower(hex(evidence.id)) AS id, revision, strength, detection, subject, object, toUnixTimestamp64Micro(evidence.seen) AS seen,
    severity, JSONExtractRaw(numbers, 'because') AS because
FROM evidence
WHERE evidence.seen > {from:DateTime64(6)} AND evidence.seen <= {to:DateTime64(6)}
ORDER BY id, seen, revision

-- name: situation.warnings
-- Which warning each piece of that evidence is on; a warning that is another name of one is left out.
SELECT lower(hex(w.id)) AS id, arrayMap(one -> lower(hex(one)), w.evidence_ids) AS evidence_ids
FROM (
    SELECT warning.id AS id, alias_of, evidence_ids
    FROM warning
    WHERE hasAny(evidence_ids, (
        SELECT groupUniqArray(evidence.id) FROM evidence
        WHERE evidence.seen > {from:DateTime64(6)} AND evidence.seen <= {to:DateTime64(6)}
    ))
    ORDER BY id, revision DESC
    LIMIT 1 BY id
) AS w
WHERE w.alias_of = toFixedString(unhex(repeat('0', 32)), 16)
ORDER BY id

-- name: situation.triage
-- What people did about warnings, and about zones and what is made of them, up to the end of the range.
SELECT subject, subject_id, seq, toUnixTimestamp64Micro(t.at) AS at, action, state_to, disposition
FROM (
    SELECT * FROM triage WHERE subject IN ('warning', 'zone', 'service', 'site', 'institution')
    ORDER BY subject, subject_id, seq, received_at, id LIMIT 1 BY subject, subject_id, seq
) AS t
WHERE t.at <= {to:DateTime64(6)}
ORDER BY subject, subject_id, seq

-- name: situation.before
-- The level of each scope as it stood before the range, and since when it has been II or worse, and I.
SELECT
    scope, name, argMax(s.level, s.time) AS level,
    toUnixTimestamp64Micro(maxIf(s.time, s.level NOT IN ('I', 'II'))) AS below_ii,
    toUnixTimestamp64Micro(maxIf(s.time, s.level != 'I')) AS below_i
FROM situation AS s FINAL
WHERE s.scope != 'entity' AND s.time <= {from:DateTime64(6)} AND s.time > subtractDays({from:DateTime64(6)}, 90)
GROUP BY scope, name
ORDER BY scope, name

-- name: situation.held
-- What the store holds of the range already, its end included.
SELECT
    toUnixTimestamp64Micro(s.time) AS time, scope, name, index, index_if_blind, threat, vulnerability, availability, coverage,
    level, gate, drivers
FROM situation AS s FINAL
WHERE s.time > {from:DateTime64(6)} AND s.time <= {to:DateTime64(6)}

-- name: situation.zone_taps
-- How much each tap saw of each zone in the whole hours of the 28 days before the range; taps left out count, too.
SELECT zone, tap, sum(slices) AS slices
FROM zone_tap
WHERE zone_tap.hour >= subtractDays(toStartOfHour({from:DateTime64(6)}), 28) AND zone_tap.hour < toStartOfHour({from:DateTime64(6)})
GROUP BY zone, tap
ORDER BY zone, tap
