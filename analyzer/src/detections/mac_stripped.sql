-- name: mac_stripped.kinds
-- By minute, link and kind of message: how many there were, how many carried an authentication code (element 64 or 128), in
-- how many it was not the code of the message before, and whether the link's standing warning was given before the day.
SELECT at, if(link != '', toString(link), concat(replaceOne(toString(answerer), '::ffff:', ''), ':', toString(port))) AS name,
    answerer, asker, zone, part.1 AS kind, count() AS messages, countIf(part.2) AS coded,
    countIf(part.2 AND NOT mac_repeats) AS fresh, groupArraySorted(64)(flow_id) AS flow_ids,
    has((SELECT groupUniqArray(object) FROM evidence
        WHERE detection = 'FIN-11' AND severity = 'P1' AND seen <= {usual_to:DateTime64(6)}), name) AS told
FROM leg
ARRAY JOIN if(de39 = '',
    [(concat(mti, ' requests'), bitTest(presence, 63) OR bitTest(presence, 0))],
    [(concat(mti, ' requests'), bitTest(presence, 63) OR bitTest(presence, 0)),
     (concat(mti, ' answers'), bitTest(answer_presence, 63) OR bitTest(answer_presence, 0))]) AS part
GROUP BY at, name, answerer, asker, zone, kind

-- name: mac_stripped.usual
-- The same of each link and kind in the 30 days before the day.
SELECT if(link != '', toString(link), concat(replaceOne(toString(if(side = 'dst', src_ip, dst_ip)), '::ffff:', ''), ':',
    toString(if(side = 'dst', src_port, dst_port)))) AS name,
    part.1 AS kind, count() AS messages, countIf(part.2) AS coded, countIf(part.2 AND NOT mac_repeats) AS fresh
FROM iso8583
ARRAY JOIN if(de39 = '',
    [(concat(mti, ' requests'), bitTest(presence, 63) OR bitTest(presence, 0))],
    [(concat(mti, ' requests'), bitTest(presence, 63) OR bitTest(presence, 0)),
     (concat(mti, ' answers'), bitTest(answer_presence, 63) OR bitTest(answer_presence, 0))]) AS part
WHERE time >= {usual_from:DateTime64(6)} AND time < {usual_to:DateTime64(6)} AND tap NOT IN {without:Array(String)}
    AND substring(mti, 2, 2) IN ('10', '20')
GROUP BY name, kind
