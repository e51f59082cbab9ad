-- name: forecast.newest
SELECT
    kind AS scope,
    who AS name,
    rank AS level,
    minutes AS horizon_min,
    max(at) AS time,
    argMax(chance, (at, written)) AS probability,
    argMax(least, (at, written)) AS low,
    argMax(most, (at, written)) AS high,
    argMax(worth, (at, written)) AS skill,
    argMax(worthy, (at, written)) AS has_skill,
    argMax(rings, (at, written)) AS open,
    argMax(because, (at, written)) AS reasons,
    argMax(weights, (at, written)) AS model
FROM
(
    SELECT
        toString(scope) AS kind, name AS who, level AS rank, horizon_min AS minutes, time AS at, written_at AS written,
        probability AS chance, low AS least, high AS most, skill AS worth, has_skill AS worthy, open AS rings,
        reasons AS because, model AS weights
    FROM forecast
    WHERE time > {to:DateTime64(6)} - INTERVAL 1 DAY AND time <= {to:DateTime64(6)}
        AND ({name:String} = '' OR name = {name:String})
)
GROUP BY kind, who, rank, minutes
ORDER BY kind, who, rank, minutes
LIMIT 10000
