-- For readers with other tools, as in `run.db`: designs by their parts with the newest figures, and those that joined the
-- front of a search.

-- A body that is no JSON is `NULL`, so that a damaged row costs itself alone.
CREATE FUNCTION json_or_null(body text) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN body::json;
EXCEPTION WHEN others THEN
    RETURN NULL;
END $$;

CREATE VIEW designs AS
    WITH named AS (
        SELECT design, views, max(step) AS step, split_part(design, '@', 1) AS genome,
            split_part(split_part(design, '@', 2), ':', 1) AS places, substring(design FROM ':r([0-9]{1,9})b') AS ratio,
            substring(design FROM ':r[0-9]+b([0-9]{1,9})') AS bits
        FROM measurements WHERE lost = 0 GROUP BY design, views
    )
    SELECT design, views, genome, split_part(places, '/', 1) AS split, split_part(places, '/', 2) AS fusion,
        ratio::bigint AS ratio, bits::bigint AS bits, step,
        (SELECT accuracy FROM measurements m WHERE m.design = named.design AND m.views = named.views
            AND lost = 0 AND subset = 'validation' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1)
            AS validation_int8,
        (SELECT accuracy FROM measurements m WHERE m.design = named.design AND m.views = named.views
            AND lost = 0 AND subset = 'validation' AND precision = 'float' ORDER BY m.step DESC LIMIT 1)
            AS validation_float,
        (SELECT accuracy FROM measurements m WHERE m.design = named.design AND m.views = named.views
            AND lost = 0 AND subset = 'test' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1) AS test_int8,
        (SELECT accuracy FROM measurements m WHERE m.design = named.design AND m.views = named.views
            AND lost = 0 AND subset = 'test' AND precision = 'float' ORDER BY m.step DESC LIMIT 1) AS test_float,
        newest.leak, newest.precision AS leak_precision
    FROM named LEFT JOIN LATERAL (
        SELECT leak, precision FROM leaks l WHERE l.design = named.design AND l.views = named.views AND lost = 0
            AND subset = 'test' ORDER BY precision = 'int8' DESC, l.step DESC LIMIT 1
    ) AS newest ON true;

CREATE VIEW front AS
    WITH children AS (SELECT json_or_null(body) AS child FROM events WHERE kind = 'child')
    SELECT DISTINCT designs.* FROM children JOIN designs
        ON designs.design = child ->> 'design' AND designs.views::text = child ->> 'views'
    WHERE child ->> 'front' = 'true';
