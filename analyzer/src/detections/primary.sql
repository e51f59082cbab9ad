-- Each conversation once: the slices of its primary tap, in the range that is asked about.
--
-- The primary tap of a conversation (both endpoints and the protocol, whoever is called `src`) is the lowest tap id that
-- sees both of its directions in the range, else the lowest that sees it at all.
--
-- `{window_from:DateTime64(6)}` is always bound beside `from`, `to` and `without`: see primary.rs. Every column of `flow`
-- may be read from `primary_slice`, those that are computed too.
primary_tap AS (
    SELECT one, other, ip_protocol, argMin(tap, (one_way, tap)) AS tap
    FROM (
        SELECT
            least((src_ip, src_port), (dst_ip, dst_port)) AS one,
            greatest((src_ip, src_port), (dst_ip, dst_port)) AS other,
            ip_protocol,
            tap,
            (sum(src_packets) = 0) OR (sum(dst_packets) = 0) AS one_way
        FROM flow
        WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
            AND tap NOT IN {without:Array(String)}
        GROUP BY one, other, ip_protocol, tap
    )
    GROUP BY one, other, ip_protocol
),
primary_slice AS (
    SELECT *, flow_start, last_seen, flow_id, src_payload, dst_payload, rtt_us, src_gap_mean_us, src_gap_dev_us
    FROM flow
    WHERE first_seen >= {window_from:DateTime64(6)} AND first_seen < {to:DateTime64(6)}
        AND tap NOT IN {without:Array(String)}
        AND (least((src_ip, src_port), (dst_ip, dst_port)), greatest((src_ip, src_port), (dst_ip, dst_port)), ip_protocol, tap)
            IN (SELECT one, other, ip_protocol, tap FROM primary_tap)
)
