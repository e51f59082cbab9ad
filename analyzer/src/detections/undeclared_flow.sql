-- name: undeclared_flow.flows
-- Everything that policy did not call ok today, by minute.
SELECT
    toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(time), 6, 'UTC')) AS at,
    src_ip, dst_ip, dst_port, ip_protocol, src_zone, dst_zone, conduit, verdict, outcome, policy,
    uniqExact(src_port) AS conversations, groupArraySorted(64)(flow_id) AS flow_ids
FROM verdict
WHERE time >= {window_from:DateTime64(6)} AND time < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
GROUP BY at, src_ip, dst_ip, dst_port, ip_protocol, src_zone, dst_zone, conduit, verdict, outcome, policy

-- name: undeclared_flow.population
-- Flows judged in each minute of the span, by the zone of their opener.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(first_seen), 6, 'UTC')) AS at, src_zone AS zone, count() AS flows
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)} AND part = 0
GROUP BY at, zone
