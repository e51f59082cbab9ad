-- Card transactions as detections read them: each once, with who asked and who answered.
--
-- `{window_from:DateTime64(6)}` and `{to:DateTime64(6)}` bound the rows by when they ended: by then all of a transaction was
-- seen. Of two taps that see one conversation the lowest counts that sees its answers. Requests for authorisation and
-- financial requests alone: repeated notices and reversals speak of what has happened.
seen AS (
    SELECT tap, flow_id, time, src_ip, src_port, dst_ip, dst_port, link, mti, de3, de11, de22, de39, de41, de43_country,
        amount_bucket, leg_key, pan_token, de37_token, de54_token, stand_in, presence, answer_presence, mac_repeats, cvm,
        addMicroseconds(time, latency_us) AS ended,
        if(side = 'dst', dst_ip, src_ip) AS asker, if(side = 'dst', src_ip, dst_ip) AS answerer,
        if(side = 'dst', src_zone, dst_zone) AS zone,
        if(side = 'dst', src_port, dst_port) AS port
    FROM iso8583
    WHERE time >= {window_from:DateTime64(6)} - INTERVAL 1 MINUTE AND time < {to:DateTime64(6)}
        AND tap NOT IN {without:Array(String)} AND substring(mti, 2, 2) IN ('10', '20')
),
leg AS (
    SELECT *, de39 IN ('00', '000', '08', '10', '11', '16') AS approved,
        toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(ended), 6, 'UTC')) AS at
    FROM seen
    WHERE ended >= {window_from:DateTime64(6)} AND ended < {to:DateTime64(6)}
        AND (src_ip, src_port, dst_ip, dst_port, tap) IN (
            SELECT src_ip, src_port, dst_ip, dst_port, argMin(tap, (mute, tap)) AS tap
            FROM (
                SELECT src_ip, src_port, dst_ip, dst_port, tap, countIf(de39 = '') * 2 > count() AS mute
                FROM seen GROUP BY src_ip, src_port, dst_ip, dst_port, tap
            )
            GROUP BY src_ip, src_port, dst_ip, dst_port
        )
)
