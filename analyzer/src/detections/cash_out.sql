-- name: cash_out.cards
-- Approved withdrawals by minute of cards that drew often, or in many countries, in the span and the hour before it.
WITH cash AS (
    SELECT *, pan_token AS token FROM leg WHERE startsWith(de3, '01') AND approved AND pan_token != toFixedString('', 16)
)
SELECT at, lower(hex(token)) AS card, asker, answerer, zone, count() AS approvals,
    countIf(substring(de22, 1, 2) IN ('02', '80', '90')) AS by_stripe,
    arraySort(groupUniqArray(16)(de43_country)) AS countries, arraySort(groupUniqArray(64)(de41)) AS terminals,
    groupArraySorted(64)(flow_id) AS flow_ids
FROM cash
WHERE token IN (
    SELECT token FROM cash GROUP BY token, answerer
    HAVING count() >= {draws:Int64} OR uniqExactIf(de43_country, de43_country != '') >= {countries:Int64}
)
GROUP BY at, token, asker, answerer, zone

-- name: cash_out.population
-- Cards with approved withdrawals in each minute, by who answered, and withdrawals whose card has no token.
SELECT at, answerer, any(zone) AS zone, uniqExactIf(pan_token, pan_token != toFixedString('', 16)) AS cards,
    countIf(pan_token = toFixedString('', 16)) AS without_token, groupUniqArray(16)(link) AS links
FROM leg
WHERE startsWith(de3, '01') AND approved
GROUP BY at, answerer

-- name: cash_out.issuers
-- Approved withdrawals abroad by minute and issuer, in the span and the hour before it. Home is where most of the link's
-- withdrawals of the 28 days before the day were made.
WITH home AS (
    SELECT link, argMax(country, (count, country)) AS country
    FROM (
        SELECT link, country, sum(messages) AS count FROM iso8583_bin
        WHERE minute >= {usual_from:DateTime64(6)} AND minute < {usual_to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
            AND cash AND country != ''
        GROUP BY link, country
    )
    GROUP BY link
),
abroad AS (
    SELECT toUnixTimestamp64Micro(minute) AS at, link, bin, sum(messages) AS approvals
    FROM iso8583_bin
    WHERE minute >= {window_from:DateTime64(6)} AND minute < {to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND cash AND de39 IN ('00', '000', '08', '10', '11', '16') AND country != ''
        AND link IN (SELECT link FROM home) AND (link, country) NOT IN (SELECT link, country FROM home)
    GROUP BY at, link, bin
)
SELECT a.at AS at, a.link AS link, a.bin AS bin, a.approvals AS approvals, p.answerer AS answerer, p.asker AS asker, p.zone AS zone
FROM abroad AS a
INNER JOIN (SELECT at, link, min(answerer) AS answerer, min(asker) AS asker, min(zone) AS zone FROM leg GROUP BY at, link) AS p
    ON a.at = p.at AND a.link = p.link

-- name: cash_out.usual
-- Of each link: how many of its withdrawals were by stripe in the 28 days before the day; and of each issuer, how many were
-- abroad in this hour of earlier weeks. An hour without any is not listed: `weeks` says how many there were.
WITH counted AS (
    SELECT link, bin, country, entry_mode, toStartOfHour(minute) AS hour, sum(messages) AS count
    FROM iso8583_bin
    WHERE minute >= {usual_from:DateTime64(6)} AND minute < {usual_to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
        AND cash AND de39 IN ('00', '000', '08', '10', '11', '16')
    GROUP BY link, bin, country, entry_mode, hour
),
this_hour AS (
    SELECT * FROM counted
    WHERE toHour(hour) = toHour({from:DateTime64(6)}) AND toDayOfWeek(hour) = toDayOfWeek({from:DateTime64(6)})
),
abroad AS (
    SELECT link, bin, hour, sum(count) AS count FROM this_hour
    WHERE country != '' AND (link, country) NOT IN (
        SELECT link, argMax(country, count) FROM (SELECT link, country, sum(count) AS count FROM counted WHERE country != '' GROUP BY link, country) GROUP BY link
    )
    GROUP BY link, bin, hour
)
SELECT w.link AS link, a.bin AS bin, a.hours AS hours, w.weeks AS weeks, w.all AS all, w.by_stripe AS by_stripe
FROM (
    SELECT link, sum(count) AS all, sumIf(count, entry_mode IN ('02', '80', '90')) AS by_stripe,
        uniqExactIf(hour, toHour(hour) = toHour({from:DateTime64(6)}) AND toDayOfWeek(hour) = toDayOfWeek({from:DateTime64(6)})) AS weeks
    FROM counted GROUP BY link
) AS w
LEFT JOIN (SELECT link, bin, groupArray(count) AS hours FROM abroad GROUP BY link, bin) AS a ON w.link = a.link
