//! Tables of a run's database, and migrations from older versions.

/// Marks the file as a run's database ("SPLT" in ASCII; `PRAGMA application_id`).
pub(super) const APPLICATION: i64 = 0x5350_4C54;

/// Step n of this list leads from schema version n to n + 1 (`PRAGMA user_version`); steps are added, never changed.
pub(super) const MIGRATIONS: [&str; 9] = [
    "
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL,
        process TEXT NOT NULL,
        version INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE measurements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        subset TEXT NOT NULL CHECK (subset IN ('validation', 'test')),
        step INTEGER NOT NULL,
        accuracy REAL NOT NULL CHECK (accuracy BETWEEN 0 AND 1),
        samples INTEGER NOT NULL,
        calibration_batches INTEGER NOT NULL,
        seconds REAL NOT NULL,
        process TEXT NOT NULL,
        time REAL NOT NULL,
        UNIQUE (design, views, subset, step)
    ) STRICT;
    CREATE INDEX measurements_by_step ON measurements (step);
    CREATE TABLE claims (
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        process TEXT NOT NULL,
        expires REAL NOT NULL,
        PRIMARY KEY (design, views, subset, step)
    ) STRICT;
    CREATE TABLE controls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL,
        task TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE owners (
        task TEXT PRIMARY KEY,
        process TEXT NOT NULL,
        command TEXT NOT NULL,
        since REAL NOT NULL,
        heartbeat REAL NOT NULL
    ) STRICT;
",
    // What a search asks its workers to measure, in this order, and who they are.
    "
    CREATE TABLE wishes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        UNIQUE (design, views, subset, step)
    ) STRICT;
    CREATE TABLE workers (
        process TEXT PRIMARY KEY,
        heartbeat REAL NOT NULL
    ) STRICT;
",
    // Which cameras of a rig see nothing.
    "
    ALTER TABLE measurements RENAME TO old_measurements;
    DROP INDEX measurements_by_step;
    CREATE TABLE measurements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL CHECK (subset IN ('validation', 'test')),
        step INTEGER NOT NULL,
        accuracy REAL NOT NULL CHECK (accuracy BETWEEN 0 AND 1),
        samples INTEGER NOT NULL,
        calibration_batches INTEGER NOT NULL,
        seconds REAL NOT NULL,
        process TEXT NOT NULL,
        time REAL NOT NULL,
        UNIQUE (design, views, lost, subset, step)
    ) STRICT;
    INSERT INTO measurements SELECT id, design, views, 0, subset, step, accuracy, samples, calibration_batches, seconds,
        process, time FROM old_measurements;
    DROP TABLE old_measurements;
    CREATE INDEX measurements_by_step ON measurements (step);
    DROP TABLE claims;
    CREATE TABLE claims (
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        process TEXT NOT NULL,
        expires REAL NOT NULL,
        PRIMARY KEY (design, views, lost, subset, step)
    ) STRICT;
    DROP TABLE wishes;
    CREATE TABLE wishes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        UNIQUE (design, views, lost, subset, step)
    ) STRICT;
",
    // Second edition. Events name their task: before, a search was known by its command line, its workers by the role
    // of what they measured. `bred` became `child`, `predicts` `predictor`, `wishes` `requests`.
    "
    ALTER TABLE wishes RENAME TO requests;
    CREATE TEMP TABLE searchers AS SELECT DISTINCT process FROM events
        WHERE kind = 'started' AND json_valid(body) AND ' ' || json_extract(body, '$.command') || ' ' LIKE '% search %';
    UPDATE events SET
        version = 2,
        kind = CASE kind WHEN 'bred' THEN 'child' WHEN 'predicts' THEN 'predictor' ELSE kind END,
        body = json_set(body,
            '$.kind', CASE kind WHEN 'bred' THEN 'child' WHEN 'predicts' THEN 'predictor' ELSE kind END,
            '$.task', CASE WHEN process IN searchers OR json_extract(body, '$.role') = 'search'
                THEN 'search' ELSE 'train' END)
        WHERE version = 1 AND json_valid(body) AND json_type(body) = 'object';
    UPDATE events SET body = json_remove(body, '$.role')
        WHERE kind = 'evaluated' AND json_valid(body) AND json_extract(body, '$.role') = 'search';
    DROP TABLE searchers;
",
    // Damage shows: SQLite itself does not notice a changed digit. The digests of older rows are added by `migrate`.
    "
    ALTER TABLE measurements ADD COLUMN digest TEXT NOT NULL DEFAULT '';
",
    // Precision of accuracies; all before were in single precision.
    "
    ALTER TABLE measurements RENAME TO old_measurements;
    DROP INDEX measurements_by_step;
    CREATE TABLE measurements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL CHECK (subset IN ('validation', 'test')),
        step INTEGER NOT NULL,
        precision TEXT NOT NULL CHECK (precision IN ('int8', 'float')),
        accuracy REAL NOT NULL CHECK (accuracy BETWEEN 0 AND 1),
        samples INTEGER NOT NULL,
        calibration_batches INTEGER NOT NULL,
        seconds REAL NOT NULL,
        process TEXT NOT NULL,
        time REAL NOT NULL,
        digest TEXT NOT NULL DEFAULT '',
        clipping TEXT,
        link_range TEXT,
        code_entropy REAL,
        UNIQUE (design, views, lost, subset, step, precision)
    ) STRICT;
    INSERT INTO measurements (id, design, views, lost, subset, step, precision, accuracy, samples, calibration_batches,
        seconds, process, time, digest) SELECT id, design, views, lost, subset, step, 'float', accuracy, samples,
        calibration_batches, seconds, process, time, digest FROM old_measurements;
    DROP TABLE old_measurements;
    CREATE INDEX measurements_by_step ON measurements (step);
    DROP TABLE claims;
    CREATE TABLE claims (
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        precision TEXT NOT NULL,
        process TEXT NOT NULL,
        expires REAL NOT NULL,
        PRIMARY KEY (design, views, lost, subset, step, precision)
    ) STRICT;
    ALTER TABLE requests RENAME TO old_requests;
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        precision TEXT NOT NULL,
        UNIQUE (design, views, lost, subset, step, precision)
    ) STRICT;
    INSERT INTO requests SELECT id, design, views, lost, subset, step, 'float' FROM old_requests;
    DROP TABLE old_requests;
",
    // Shares of the pictures that attackers rebuild from what crosses the link.
    "
    CREATE TABLE IF NOT EXISTS leaks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL CHECK (subset IN ('validation', 'test')),
        step INTEGER NOT NULL,
        precision TEXT NOT NULL,
        leak REAL NOT NULL CHECK (leak BETWEEN 0 AND 1),
        body TEXT NOT NULL,
        process TEXT NOT NULL,
        time REAL NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (design, views, lost, subset, step, precision)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS pictures (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0,
        subset TEXT NOT NULL,
        step INTEGER NOT NULL,
        precision TEXT NOT NULL,
        object INTEGER NOT NULL,
        body TEXT NOT NULL,
        process TEXT NOT NULL,
        time REAL NOT NULL,
        UNIQUE (design, views, lost, subset, step, precision, object)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS picture_requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        design TEXT NOT NULL,
        views INTEGER NOT NULL,
        object INTEGER NOT NULL,
        UNIQUE (design, views, object)
    ) STRICT;
",
    // For readers with other tools: designs by their parts with the newest figures, and those that joined the front of
    // a search. A ratio such as '4b8' is a number up to its first letter.
    "
    CREATE VIEW designs AS
        WITH named AS (
            SELECT design, views, max(step) AS step, substr(design, 1, instr(design, '@') - 1) AS genome,
                substr(design, instr(design, '@') + 1) AS rest, substr(design, instr(design, ':r') + 2) AS sent
            FROM measurements WHERE lost = 0 GROUP BY design, views
        )
        SELECT design, views, genome,
            substr(rest, 1, instr(rest, '/') - 1) AS split,
            substr(rest, instr(rest, '/') + 1, instr(rest, ':') - instr(rest, '/') - 1) AS fusion,
            CAST(sent AS INTEGER) AS ratio,
            CAST(substr(sent, instr(sent, 'b') + 1) AS INTEGER) AS bits,
            step,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'validation' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1)
                AS validation_int8,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'validation' AND precision = 'float' ORDER BY m.step DESC LIMIT 1)
                AS validation_float,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'test' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1) AS test_int8,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'test' AND precision = 'float' ORDER BY m.step DESC LIMIT 1) AS test_float,
            (SELECT leak FROM leaks WHERE leaks.design = named.design AND leaks.views = named.views
                AND lost = 0 AND subset = 'test' ORDER BY leaks.step DESC LIMIT 1) AS leak
        FROM named;
    CREATE VIEW front AS
        SELECT DISTINCT designs.* FROM events JOIN designs
            ON designs.design = json_extract(events.body, '$.design')
            AND designs.views = json_extract(events.body, '$.views')
        WHERE events.kind = 'child' AND json_valid(events.body) AND json_extract(events.body, '$.front');
",
    // The precision of the leak that a design is told with: int8, which costs assume, where it was measured. The view
    // `front` reads this one.
    "
    DROP VIEW designs;
    CREATE VIEW designs AS
        WITH named AS (
            SELECT design, views, max(step) AS step, substr(design, 1, instr(design, '@') - 1) AS genome,
                substr(design, instr(design, '@') + 1) AS rest, substr(design, instr(design, ':r') + 2) AS sent
            FROM measurements WHERE lost = 0 GROUP BY design, views
        )
        SELECT design, views, genome,
            substr(rest, 1, instr(rest, '/') - 1) AS split,
            substr(rest, instr(rest, '/') + 1, instr(rest, ':') - instr(rest, '/') - 1) AS fusion,
            CAST(sent AS INTEGER) AS ratio,
            CAST(substr(sent, instr(sent, 'b') + 1) AS INTEGER) AS bits,
            step,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'validation' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1)
                AS validation_int8,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'validation' AND precision = 'float' ORDER BY m.step DESC LIMIT 1)
                AS validation_float,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'test' AND precision = 'int8' ORDER BY m.step DESC LIMIT 1) AS test_int8,
            (SELECT accuracy FROM measurements AS m WHERE m.design = named.design AND m.views = named.views
                AND lost = 0 AND subset = 'test' AND precision = 'float' ORDER BY m.step DESC LIMIT 1) AS test_float,
            (SELECT leak FROM leaks WHERE leaks.design = named.design AND leaks.views = named.views AND lost = 0
                AND subset = 'test' ORDER BY precision = 'int8' DESC, leaks.step DESC LIMIT 1) AS leak,
            (SELECT precision FROM leaks WHERE leaks.design = named.design AND leaks.views = named.views AND lost = 0
                AND subset = 'test' ORDER BY precision = 'int8' DESC, leaks.step DESC LIMIT 1) AS leak_precision
        FROM named;
",
];
