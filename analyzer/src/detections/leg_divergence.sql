-- name: leg_divergence.pairs
-- Legs that belong together and disagree: the upstream leg is asked by who answers the downstream one, about the same card
-- and terminal, within 30 s. Of several candidates the one with the same amount is meant, then with the same reference,
-- then the nearest; each request is in one pair, the first in which it can be.
WITH candidate AS (
    SELECT greatest(d.at, u.at) AS at, d.time AS time, d.answerer AS switch, d.asker AS asker, u.answerer AS issuer, d.zone AS zone,
        u.de39 AS upstream, d.de39 AS downstream, u.approved AS upstream_approved, d.approved AS downstream_approved,
        d.amount_bucket >= 0 AND u.amount_bucket >= 0 AND d.amount_bucket != u.amount_bucket AS other_amount,
        d.de54_token != toFixedString('', 16) AND u.de54_token != toFixedString('', 16) AND d.de54_token != u.de54_token AS other_balance,
        d.approved AND (bitAnd(d.cvm, 255) = 1 OR bitAnd(u.cvm, 255) = 1) AS failed_cardholder,
        d.stand_in OR u.stand_in AS stand_in, d.de22 AS de22, d.de41 AS de41, lower(hex(d.pan_token)) AS card,
        d.link AS down_link, u.link AS up_link, [d.flow_id, u.flow_id] AS flow_ids,
        (d.flow_id, d.time, d.de11) AS down_key, (u.flow_id, u.time, u.de11) AS up_key,
        (at, other_amount, d.de37_token != u.de37_token, abs(dateDiff('microsecond', d.time, u.time)), d.time, u.time, d.de11, u.de11) AS distance
    FROM leg AS d INNER JOIN leg AS u ON d.answerer = u.asker AND d.leg_key = u.leg_key
    WHERE d.leg_key != toFixedString('', 16) AND u.time >= d.time - INTERVAL 1 SECOND AND u.time < d.time + INTERVAL 30 SECOND
),
pair AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY down_key ORDER BY distance) AS of_down,
            row_number() OVER (PARTITION BY up_key ORDER BY distance) AS of_up
        FROM candidate
    )
    WHERE of_down = 1 AND of_up = 1
)
SELECT at, toUnixTimestamp64Micro(time) AS time, switch, asker, issuer, zone, upstream, downstream, other_amount,
    other_balance, failed_cardholder, stand_in, de22, de41, card, down_link, up_link, flow_ids
FROM pair
WHERE upstream != downstream OR other_amount OR other_balance OR failed_cardholder

-- name: leg_divergence.population
-- Transactions that ended in each minute, by who answered: how many have their other leg, and how many approvals have none.
WITH other AS (
    SELECT d.flow_id AS flow_id, d.time AS time, d.de11 AS de11, u.flow_id AS up_flow_id, u.time AS up_time, u.de11 AS up_de11
    FROM leg AS d INNER JOIN leg AS u ON d.answerer = u.asker AND d.leg_key = u.leg_key
    WHERE d.leg_key != toFixedString('', 16) AND u.time >= d.time - INTERVAL 1 SECOND AND u.time < d.time + INTERVAL 30 SECOND
)
SELECT at, answerer, any(zone) AS zone,
    countIf((flow_id, time, de11) IN (SELECT flow_id, time, de11 FROM other)) AS joined,
    countIf(leg_key = toFixedString('', 16)) AS without_key,
    countIf(approved AND leg_key != toFixedString('', 16)
        AND (flow_id, time, de11) NOT IN (SELECT flow_id, time, de11 FROM other)
        AND (flow_id, time, de11) NOT IN (SELECT up_flow_id, up_time, up_de11 FROM other)) AS alone
FROM leg
GROUP BY at, answerer

-- name: leg_divergence.learned
-- How often each pair of codes was passed on in the 30 days before the day, and on how many of them; asked only where some
-- card and terminal of the span has legs that differ.
WITH before AS (
    SELECT if(side = 'dst', dst_ip, src_ip) AS asker, if(side = 'dst', src_ip, dst_ip) AS answerer, time, leg_key, de39,
        amount_bucket, de54_token, cvm
    FROM iso8583
    WHERE time >= {learned_from:DateTime64(6)} AND time < {learned_to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND substring(mti, 2, 2) IN ('10', '20') AND de39 != '' AND leg_key != toFixedString('', 16)
        AND (SELECT count() FROM (
            SELECT leg_key FROM leg WHERE leg_key != toFixedString('', 16) GROUP BY leg_key
            HAVING uniqExact(de39) > 1 OR uniqExact(amount_bucket) > 1 OR uniqExact(de54_token) > 1 OR countIf(bitAnd(cvm, 255) = 1) > 0
        )) > 0
)
SELECT d.answerer AS switch, u.de39 AS upstream, d.de39 AS downstream,
    d.amount_bucket >= 0 AND u.amount_bucket >= 0 AND d.amount_bucket != u.amount_bucket AS other_amount,
    d.de54_token != toFixedString('', 16) AND u.de54_token != toFixedString('', 16) AND d.de54_token != u.de54_token AS other_balance,
    bitAnd(d.cvm, 255) = 1 OR bitAnd(u.cvm, 255) = 1 AS failed_cardholder,
    count() AS pairs, uniqExact(toDate(d.time)) AS days
FROM before AS d INNER JOIN before AS u ON d.answerer = u.asker AND d.leg_key = u.leg_key
WHERE u.time >= d.time - INTERVAL 1 SECOND AND u.time < d.time + INTERVAL 30 SECOND
GROUP BY switch, upstream, downstream, other_amount, other_balance, failed_cardholder
