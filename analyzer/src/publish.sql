-- name: publish.current
-- The policy whose zones are in force.
SELECT any(policy) AS policy, count() AS networks FROM zone_now
