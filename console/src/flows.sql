-- name: flows.whole
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
        AND NOT has({without:Array(String)}, tap)
        AND ({newest:UInt8} = 1 OR has({flows:Array(UInt64)}, flow_id)) /*where*/
)
GROUP BY id
ORDER BY if({newest:UInt8} = 1, -toUnixTimestamp64Micro(first), toUnixTimestamp64Micro(first)), flow_id
LIMIT {limit:UInt32}
