-- One statement for all that a worker does between two measurements, whose time does not grow with the number of
-- workers.

-- A claim and the mark of its request are written together, and lost by no crash.
ALTER TABLE claims SET LOGGED;
CREATE INDEX claims_by_expiry ON claims (step, expires);
-- Order of the requests that nobody has claimed.
ALTER TABLE requests ADD COLUMN turn bigint DEFAULT nextval('requests_id_seq');
CREATE INDEX requests_by_turn ON requests (step, turn) WHERE turn IS NOT NULL;
UPDATE requests r SET turn = NULL FROM claims c WHERE c.design = r.design AND c.views = r.views
    AND c.lost = r.lost AND c.subset = r.subset AND c.step = r.step AND c.precision = r.precision;

-- Looks at no request that is claimed, however many there are.
CREATE OR REPLACE FUNCTION claim_request(step_ bigint, process_ text, writer_ bigint, ttl double precision,
    again boolean) RETURNS SETOF requests LANGUAGE plpgsql AS $$
DECLARE
    request requests%ROWTYPE;
    answer text;
    instant double precision := now_s();
BEGIN
    -- Sixteen at a time: each looks past the requests that others are about to claim, and a thousand at once would look
    -- past a thousand. 1397771349 is the class of these locks.
    PERFORM pg_advisory_xact_lock(1397771349, hashtext(current_schema() || (hashtext(process_) & 15)));
    -- The answer to the first call may have been lost.
    IF again THEN
        SELECT r.* INTO request FROM requests r JOIN claims c USING (design, views, lost, subset, step, precision)
            WHERE c.process = process_ AND c.writer = writer_ AND r.step = step_ LIMIT 1;
        IF FOUND THEN
            RETURN NEXT request;
            RETURN;
        END IF;
    END IF;
    LOOP
        request := NULL;
        IF (SELECT min(c.expires) FROM claims c WHERE c.step = step_) <= instant THEN
            SELECT r.* INTO request FROM requests r JOIN claims c
                USING (design, views, lost, subset, step, precision)
                WHERE r.step = step_ AND c.expires <= instant ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
            IF request.id IS NULL THEN
                -- What a dead process measured without a request.
                DELETE FROM claims c WHERE c.step = step_ AND c.expires <= instant AND NOT EXISTS (SELECT FROM requests r
                    WHERE r.design = c.design AND r.views = c.views AND r.lost = c.lost AND r.subset = c.subset
                    AND r.step = c.step AND r.precision = c.precision);
            END IF;
        END IF;
        IF request.id IS NULL THEN
            UPDATE requests r SET turn = NULL WHERE r.id = (SELECT u.id FROM requests u
                WHERE u.step = step_ AND u.turn IS NOT NULL ORDER BY u.turn LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING r.* INTO request;
        END IF;
        IF request.id IS NULL THEN
            RETURN;
        END IF;
        answer := claim(request.design, request.views, request.lost, request.subset, request.step,
            request.precision, process_, writer_, ttl, false, false);
        IF answer = 'granted' THEN
            RETURN NEXT request;
            RETURN;
        ELSIF answer = 'measured' THEN
            DELETE FROM requests r WHERE r.id = request.id;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION record_and_claim(design_ text, views_ bigint, lost_ bigint, subset_ text, step_ bigint,
    precision_ text, accuracy_ double precision, samples_ bigint, calibration_batches_ bigint,
    seconds_ double precision, process_ text, digest_ text, clipping_ text, link_range_ text,
    code_entropy_ double precision, writer_ bigint, number_ bigint, version_ bigint, kind_ text, body_ text,
    ttl double precision, again boolean, OUT kept boolean, OUT next_design text, OUT next_views bigint,
    OUT next_lost bigint, OUT next_subset text, OUT next_step bigint, OUT next_precision text)
    LANGUAGE plpgsql AS $$
DECLARE
    request requests%ROWTYPE;
BEGIN
    kept := record_measurement(design_, views_, lost_, subset_, step_, precision_, accuracy_, samples_,
        calibration_batches_, seconds_, process_, digest_, clipping_, link_range_, code_entropy_, false);
    -- The answer to the first call may have been lost.
    IF again AND NOT kept THEN
        kept := EXISTS (SELECT FROM measurements m WHERE m.design = design_ AND m.views = views_
            AND m.lost = lost_ AND m.subset = subset_ AND m.step = step_ AND m.precision = precision_
            AND m.process = process_ AND m.digest = digest_);
    END IF;
    IF kept THEN
        PERFORM append_event(process_, writer_, number_, version_, kind_, body_);
    END IF;
    SELECT * INTO request FROM claim_request(step_, process_, writer_, ttl, again);
    next_design := request.design;
    next_views := request.views;
    next_lost := request.lost;
    next_subset := request.subset;
    next_step := request.step;
    next_precision := request.precision;
END $$;
