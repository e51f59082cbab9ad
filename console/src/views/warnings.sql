-- name: warnings.list
SELECT *
FROM
(
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
        if(t.state = '', 'NEW', t.state) AS state,
        t.owner AS owner,
        t.seq AS seq
    FROM warning_now AS w
    LEFT JOIN triage_now AS t ON t.subject = 'warning' AND t.subject_id = w.id
    WHERE w.time >= {from:DateTime64(6)} AND w.time < {to:DateTime64(6)}
        AND (w.alias_of = repeat('0', 32) OR {id:String} != '')
)
WHERE (state != 'CLOSE' OR {closed:UInt8} = 1) AND startsWith(id, {id:String}) /*where*/
ORDER BY level, score DESC, time DESC, id
LIMIT {limit:UInt32}

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

-- name: warnings.flows
SELECT
    id AS flow_id,
    any(seen_at) AS tap,
    min(began) AS first,
    max(ended) AS last,
    any(source) AS src_ip,
    any(source_port) AS src_port,
    any(target) AS dst_ip,
    any(target_port) AS dst_port,
    any(transport) AS ip_protocol,
    max(protocol) AS app,
    max(name) AS sni,
    any(source_zone) AS src_zone,
    any(target_zone) AS dst_zone,
    sum(sent) AS src_bytes,
    sum(received) AS dst_bytes
FROM
(
    SELECT
        flow_id AS id,
        tap AS seen_at,
        first_seen AS began,
        last_seen AS ended,
        src_ip AS source,
        src_port AS source_port,
        dst_ip AS target,
        dst_port AS target_port,
        ip_protocol AS transport,
        app AS protocol,
        sni AS name,
        src_zone AS source_zone,
        dst_zone AS target_zone,
        src_bytes AS sent,
        dst_bytes AS received
    FROM flow
    WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
        AND NOT has({without:Array(String)}, tap) AND has({flows:Array(UInt64)}, flow_id)
)
GROUP BY id
ORDER BY first, flow_id
LIMIT 500
