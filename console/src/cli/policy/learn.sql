-- name: policy.talks
-- Who opened what to whom in the range, by pair and service. Two taps that saw it count twice: only ratios matter.
SELECT src_ip, dst_ip, ip_protocol, dst_port AS port, any(app) AS app, sum(flows) AS flows, sum(dst_packets) > 0 AS answered
FROM (
    SELECT src_ip, dst_ip, ip_protocol, dst_port, app, flows, dst_packets FROM flow_hour
    WHERE hour >= toStartOfHour({from:DateTime64(6)}) AND hour < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
)
GROUP BY src_ip, dst_ip, ip_protocol, dst_port
LIMIT {limit:Int64}
