-- Tables and functions of a run on a server. 1397771348 marks the advisory locks of splitscope ("SPLT" in ASCII).

CREATE TABLE version (version integer NOT NULL);
INSERT INTO version VALUES (0);
CREATE TABLE run (id text NOT NULL, manifest text NOT NULL);

CREATE FUNCTION now_s() RETURNS double precision LANGUAGE sql VOLATILE AS
    $$ SELECT extract(epoch FROM clock_timestamp())::double precision $$;

CREATE SEQUENCE events_id;
CREATE TABLE events (
    id bigint PRIMARY KEY DEFAULT nextval('events_id'),
    time double precision NOT NULL DEFAULT now_s(),
    process text NOT NULL,
    version bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    writer bigint NOT NULL DEFAULT 0,
    number bigint NOT NULL DEFAULT 0,
    UNIQUE (process, writer, number)
);
CREATE SEQUENCE measurements_id;
CREATE TABLE measurements (
    id bigint PRIMARY KEY DEFAULT nextval('measurements_id'),
    design text NOT NULL,
    views bigint NOT NULL,
    lost bigint NOT NULL,
    subset text NOT NULL CHECK (subset IN ('validation', 'test')),
    step bigint NOT NULL,
    precision text NOT NULL CHECK (precision IN ('int8', 'float')),
    accuracy double precision NOT NULL CHECK (accuracy BETWEEN 0 AND 1),
    samples bigint NOT NULL,
    calibration_batches bigint NOT NULL,
    seconds double precision NOT NULL,
    process text NOT NULL,
    time double precision NOT NULL DEFAULT now_s(),
    digest text NOT NULL,
    clipping text,
    link_range text,
    code_entropy double precision,
    -- One index for keys and steps: had it a choice, the server would take the rows of a step one by one for a key as long
    -- as it has no statistics.
    UNIQUE (step, design, views, lost, subset, precision)
);
CREATE SEQUENCE leaks_id;
CREATE TABLE leaks (
    id bigint PRIMARY KEY DEFAULT nextval('leaks_id'),
    design text NOT NULL,
    views bigint NOT NULL,
    lost bigint NOT NULL,
    subset text NOT NULL CHECK (subset IN ('validation', 'test')),
    step bigint NOT NULL,
    precision text NOT NULL,
    leak double precision NOT NULL CHECK (leak BETWEEN 0 AND 1),
    body text NOT NULL,
    process text NOT NULL,
    time double precision NOT NULL DEFAULT now_s(),
    digest text NOT NULL,
    decoder boolean NOT NULL,
    UNIQUE (design, views, lost, subset, step, precision)
);
CREATE SEQUENCE pictures_id;
CREATE TABLE pictures (
    id bigint PRIMARY KEY DEFAULT nextval('pictures_id'),
    design text NOT NULL,
    views bigint NOT NULL,
    lost bigint NOT NULL,
    subset text NOT NULL,
    step bigint NOT NULL,
    precision text NOT NULL,
    object bigint NOT NULL,
    body text NOT NULL,
    process text NOT NULL,
    time double precision NOT NULL DEFAULT now_s(),
    UNIQUE (design, views, lost, subset, step, precision, object)
);
CREATE TABLE picture_requests (
    id bigserial PRIMARY KEY,
    design text NOT NULL,
    views bigint NOT NULL,
    object bigint NOT NULL
);
CREATE SEQUENCE controls_id;
CREATE TABLE controls (
    id bigint PRIMARY KEY DEFAULT nextval('controls_id'),
    time double precision NOT NULL DEFAULT now_s(),
    task text NOT NULL,
    body text NOT NULL
);
CREATE TABLE owners (
    task text PRIMARY KEY,
    process text NOT NULL,
    command text NOT NULL,
    version text NOT NULL,
    since double precision NOT NULL,
    heartbeat double precision NOT NULL
);
CREATE TABLE requests (
    id bigserial PRIMARY KEY,
    design text NOT NULL,
    views bigint NOT NULL,
    lost bigint NOT NULL,
    subset text NOT NULL,
    step bigint NOT NULL,
    precision text NOT NULL,
    -- `false` once it is claimed, and after the claim has expired.
    free boolean NOT NULL DEFAULT true,
    UNIQUE (design, views, lost, subset, step, precision)
);
CREATE INDEX free_requests ON requests (step, id) WHERE free;
-- A claim and the mark of its request are written, and lost in a crash, together.
CREATE TABLE claims (
    design text NOT NULL,
    views bigint NOT NULL,
    lost bigint NOT NULL,
    subset text NOT NULL,
    step bigint NOT NULL,
    precision text NOT NULL,
    process text NOT NULL,
    writer bigint NOT NULL,
    expires double precision NOT NULL,
    PRIMARY KEY (design, views, lost, subset, step, precision)
);
CREATE INDEX claims_by_process ON claims (process);
CREATE INDEX claims_by_expiry ON claims (expires);
CREATE UNLOGGED TABLE workers (
    process text PRIMARY KEY,
    heartbeat double precision NOT NULL
);
CREATE TABLE chunks (
    hash text PRIMARY KEY,
    content bytea NOT NULL
);
ALTER TABLE chunks ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE checkpoint_files (
    folder text NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    chunks text[] NOT NULL,
    PRIMARY KEY (folder, name)
);

CREATE FUNCTION hold_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1397771348, tg_relid::integer);
    RETURN NULL;
END $$;
CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION hold_table();
CREATE TRIGGER hold BEFORE INSERT ON measurements FOR EACH STATEMENT EXECUTE FUNCTION hold_table();
CREATE TRIGGER hold BEFORE INSERT ON leaks FOR EACH STATEMENT EXECUTE FUNCTION hold_table();
CREATE TRIGGER hold BEFORE INSERT ON pictures FOR EACH STATEMENT EXECUTE FUNCTION hold_table();
CREATE TRIGGER hold BEFORE INSERT ON controls FOR EACH STATEMENT EXECUTE FUNCTION hold_table();
CREATE FUNCTION settled(followed regclass, ids regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1397771348, followed::oid::integer);
    EXECUTE format('SELECT last_value FROM %s', ids) INTO last;
    RETURN last;
END $$;

CREATE FUNCTION append_event(by text, by_writer bigint, by_number bigint, of_version bigint, of_kind text,
    content text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found_id bigint;
BEGIN
    INSERT INTO events (process, writer, number, version, kind, body)
        VALUES (by, by_writer, by_number, of_version, of_kind, content)
        ON CONFLICT (process, writer, number) DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN
        SELECT id INTO found_id FROM events e
            WHERE e.process = by AND e.writer = by_writer AND e.number = by_number;
    END IF;
    RETURN found_id;
END $$;

-- Names of arguments end in an underscore: columns have the others.
CREATE FUNCTION record_measurement(design_ text, views_ bigint, lost_ bigint, subset_ text, step_ bigint,
    precision_ text, accuracy_ double precision, samples_ bigint, calibration_batches_ bigint,
    seconds_ double precision, process_ text, digest_ text, clipping_ text, link_range_ text,
    code_entropy_ double precision, anyway boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    -- In the order of `claim_request`: one that takes over an expired claim skips a request that is locked.
    DELETE FROM requests r WHERE r.design = design_ AND r.views = views_ AND r.lost = lost_ AND r.subset = subset_
        AND r.step = step_ AND r.precision = precision_;
    DELETE FROM claims c WHERE c.design = design_ AND c.views = views_ AND c.lost = lost_ AND c.subset = subset_
        AND c.step = step_ AND c.precision = precision_;
    INSERT INTO measurements AS m (design, views, lost, subset, step, precision, accuracy, samples,
            calibration_batches, seconds, process, digest, clipping, link_range, code_entropy)
        VALUES (design_, views_, lost_, subset_, step_, precision_, accuracy_, samples_, calibration_batches_,
            seconds_, process_, digest_, clipping_, link_range_, code_entropy_)
        ON CONFLICT (design, views, lost, subset, step, precision) DO UPDATE SET
            id = nextval('measurements_id'), accuracy = excluded.accuracy, samples = excluded.samples,
            calibration_batches = excluded.calibration_batches, seconds = excluded.seconds,
            process = excluded.process, time = now_s(), digest = excluded.digest, clipping = excluded.clipping,
            link_range = excluded.link_range, code_entropy = excluded.code_entropy
        WHERE anyway OR (excluded.samples, excluded.calibration_batches) > (m.samples, m.calibration_batches);
    RETURN FOUND;
END $$;

CREATE FUNCTION claim(design_ text, views_ bigint, lost_ bigint, subset_ text, step_ bigint, precision_ text,
    process_ text, writer_ bigint, ttl double precision, again boolean, anyway boolean) RETURNS text
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claims AS c (design, views, lost, subset, step, precision, process, writer, expires)
        VALUES (design_, views_, lost_, subset_, step_, precision_, process_, writer_, now_s() + ttl)
        ON CONFLICT (design, views, lost, subset, step, precision) DO UPDATE SET
            process = excluded.process, writer = excluded.writer, expires = excluded.expires
        WHERE c.expires <= now_s() OR (again AND c.process = process_ AND c.writer = writer_);
    IF NOT FOUND THEN
        RETURN 'held';
    END IF;
    -- After the claim: what was recorded before it was made is seen now.
    IF NOT anyway AND EXISTS (SELECT FROM measurements m WHERE m.design = design_ AND m.views = views_
            AND m.lost = lost_ AND m.subset = subset_ AND m.step = step_ AND m.precision = precision_) THEN
        DELETE FROM claims c WHERE c.design = design_ AND c.views = views_ AND c.lost = lost_
            AND c.subset = subset_ AND c.step = step_ AND c.precision = precision_;
        RETURN 'measured';
    END IF;
    RETURN 'granted';
END $$;

-- Looks at no request that is claimed, however many there are. Answers before the claim is on the disk: one that a crash
-- of the server loses is a measurement made twice, of which one is kept.
CREATE FUNCTION claim_request(step_ bigint, process_ text, writer_ bigint, ttl double precision,
    again boolean) RETURNS SETOF requests LANGUAGE plpgsql AS $$
DECLARE
    request requests%ROWTYPE;
    answer text;
    instant double precision := now_s();
BEGIN
    answer := set_config('synchronous_commit', 'off', true);
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
        IF (SELECT min(c.expires) FROM claims c) <= instant THEN
            SELECT r.* INTO request FROM requests r JOIN claims c
                USING (design, views, lost, subset, step, precision)
                WHERE r.step = step_ AND c.expires <= instant ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
            IF request.id IS NULL THEN
                -- What a dead process measured without a request.
                DELETE FROM claims c WHERE c.expires <= instant AND NOT EXISTS (SELECT FROM requests r
                    WHERE r.design = c.design AND r.views = c.views AND r.lost = c.lost AND r.subset = c.subset
                    AND r.step = c.step AND r.precision = c.precision);
            END IF;
        END IF;
        IF request.id IS NULL THEN
            UPDATE requests r SET free = false WHERE r.id = (SELECT f.id FROM requests f
                WHERE f.step = step_ AND f.free ORDER BY f.id LIMIT 1 FOR UPDATE SKIP LOCKED)
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

-- Records what a worker has measured, which measures the next one meanwhile. A procedure: the news goes out in a
-- transaction after the record's, since the server lets only one at a time commit with news, and this one has nothing to
-- write to the disk. `last_control` lets a worker that does not listen hear of controls.
CREATE PROCEDURE record_and_tell(design_ text, views_ bigint, lost_ bigint, subset_ text, step_ bigint,
    precision_ text, accuracy_ double precision, samples_ bigint, calibration_batches_ bigint,
    seconds_ double precision, process_ text, digest_ text, clipping_ text, link_range_ text,
    code_entropy_ double precision, writer_ bigint, number_ bigint, version_ bigint, kind_ text, body_ text,
    again boolean, OUT kept boolean, OUT last_control bigint) LANGUAGE plpgsql AS $$
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
    SELECT CASE WHEN c.is_called THEN c.last_value ELSE 0 END INTO last_control FROM controls_id c;
    COMMIT;
    -- Who can't have this lock needs no news of its own: that of the transaction that has it is yet to go out.
    IF pg_try_advisory_xact_lock(1397771350, hashtext(current_schema())) THEN
        PERFORM pg_notify('record:' || substr(current_schema(), 5), '');
    END IF;
END $$;

CREATE FUNCTION own(task_ text, process_ text, command_ text, version_ text, stale double precision, dead text,
    again boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO owners AS o (task, process, command, version, since, heartbeat)
        VALUES (task_, process_, command_, version_, now_s(), now_s())
        ON CONFLICT (task) DO UPDATE SET process = excluded.process, command = excluded.command,
            version = excluded.version, since = excluded.since, heartbeat = excluded.heartbeat
        WHERE o.heartbeat <= now_s() - stale OR o.process = dead OR (again AND o.process = process_);
    RETURN FOUND;
END $$;

-- Both lock the table: a chunk is not dropped while a checkpoint that has it comes in.
CREATE FUNCTION put_checkpoint(folder_ text, names text[], digests text[], chunks_ text[]) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE checkpoint_files IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM unnest(chunks_) AS list, unnest(string_to_array(list, ',')) AS one
            WHERE NOT EXISTS (SELECT FROM chunks c WHERE c.hash = one)) THEN
        RETURN false;
    END IF;
    DELETE FROM checkpoint_files f WHERE f.folder = folder_;
    INSERT INTO checkpoint_files (folder, name, digest, chunks)
        SELECT folder_, n, d, string_to_array(c, ',') FROM unnest(names, digests, chunks_) AS file (n, d, c);
    RETURN true;
END $$;
CREATE FUNCTION drop_checkpoint(folder_ text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE checkpoint_files IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM checkpoint_files f WHERE f.folder = folder_;
    DELETE FROM chunks c WHERE NOT EXISTS (SELECT FROM checkpoint_files f WHERE c.hash = ANY (f.chunks));
END $$;
