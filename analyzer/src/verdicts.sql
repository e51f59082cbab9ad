-- name: verdicts.slices
-- What policy must be asked about each slice of the span.
SELECT
    tap, flow_id, toUnixTimestamp64Micro(flow_start) AS flow_start, toUnixTimestamp64Micro(last_seen) AS last_seen,
    src_ip, dst_ip, src_port, dst_port, ip_protocol, direction, conn_state, src_packets, dst_packets, app, app_conf
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
ORDER BY flow_id, last_seen, part

-- name: verdicts.written
-- What was said already of the flows that have a slice in the span.
SELECT flow_id, verdict, outcome
FROM verdict
WHERE policy = {policy:String} AND flow_id IN (
    SELECT flow_id FROM flow
    WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
)

-- name: verdicts.hour
-- The conversations of an hour by what policy looks at: how many began in it, and their bytes in it.
SELECT
    src_ip, dst_ip, if(direction = 'unknown', src_port, 0) AS src_port, dst_port, ip_protocol, direction, conn_state, app, app_conf,
    src_seen AS src_packets, dst_seen AS dst_packets,
    toUnixTimestamp64Micro(max(last)) AS last_seen,
    sum(began) AS flows, sum(bytes) AS bytes
FROM (
    SELECT
        src_ip, dst_ip, src_port, dst_port, ip_protocol, direction,
        argMax(primary_slice.conn_state, (first_seen, part)) AS conn_state,
        argMax(primary_slice.app, (first_seen, part)) AS app,
        argMax(primary_slice.app_conf, (first_seen, part)) AS app_conf,
        toUInt8(sum(primary_slice.src_packets) > 0) AS src_seen, toUInt8(sum(primary_slice.dst_packets) > 0) AS dst_seen,
        max(primary_slice.last_seen) AS last,
        countIf(part = 0) AS began, sum(src_bytes + dst_bytes) AS bytes
    FROM primary_slice
    GROUP BY tap, flow_start, src_ip, dst_ip, src_port, dst_port, ip_protocol, direction
)
GROUP BY src_ip, dst_ip, src_port, dst_port, ip_protocol, direction, conn_state, app, app_conf, src_seen, dst_seen, toStartOfFiveMinutes(last)

-- name: verdicts.hour_written
-- What was counted already for the hour.
SELECT
    toUnixTimestamp64Micro(verdict_hour.hour) AS hour, src_zone, dst_zone, service, conduit, verdict, outcome, policy, flows, bytes
FROM verdict_hour FINAL
WHERE verdict_hour.hour >= {from:DateTime64(6)} AND verdict_hour.hour < {to:DateTime64(6)} AND policy = {policy:String}
