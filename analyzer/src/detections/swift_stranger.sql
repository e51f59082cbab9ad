-- name: swift_stranger.flows
-- What policy denies or does not know, today, by minute.
SELECT
    toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(time), 6, 'UTC')) AS at,
    src_ip, dst_ip, dst_port, ip_protocol, src_zone, dst_zone, conduit, verdict, outcome, policy,
    uniqExact(src_port) AS conversations, groupArraySorted(64)(flow_id) AS flow_ids
FROM verdict
WHERE time >= {window_from:DateTime64(6)} AND time < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND verdict IN ('undeclared', 'denied')
GROUP BY at, src_ip, dst_ip, dst_port, ip_protocol, src_zone, dst_zone, conduit, verdict, outcome, policy

-- name: swift_stranger.population
-- Flows judged in each minute of the span, by the zone of their target.
SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(first_seen), 6, 'UTC')) AS at, dst_zone AS zone, count() AS flows
FROM flow
WHERE first_seen >= {from:DateTime64(6)} AND first_seen < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)} AND part = 0
GROUP BY at, zone
