#!/usr/bin/env python3
"""Tortures a splitscope binary and prints what it survived.

    python3 tests/torture/torture.py target/release/splitscope [--seed 1] [--times 10] [--only kills,bits]
    python3 tests/torture/torture.py target/release/splitscope --only floods,follows,replays --times 20

Each fault is tried `--times` times with random places and moments, which the seed decides. The table counts what was
lost (records that differ from those of an undisturbed run without a word), crashed (a panic or a signal), hung (no end
within --patience seconds) and what ended with a message that does not name what is wrong. Exit code 1 if any is not zero.
Below the table are figures that some faults measure: they depend on the machine and fail nothing.
A full disk needs the right to mount a tmpfs; without it that row is left out.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from screen import Screen

ROOT = Path(__file__).resolve().parents[2]
TRAIN = ["--data", "arrangement-10:objects=100", "--threads", "1", "--json"]
SMALL = ["images=24", "calibration-objects=16", "checkpoint-every=2", "evaluate-every=4"]
STEPS = 12
# Measures designs that the training watched as well, which are on record with other numbers of views.
ON_RECORD = ["--on-record", "--views", "2", "--json", "--threads", "1"]


class Row:
    """One line of the table."""

    def __init__(self, fault):
        self.fault, self.tried, self.notes = fault, 0, []
        self.counts = {"lost": 0, "crashed": 0, "hung": 0, "unclear": 0}
        # Figures by name, with their unit.
        self.figures = {}

    def measured(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def figure_lines(self):
        for name, values in self.figures.items():
            median = statistics.median(values)
            yield f"{self.fault}: {name}: {median:.0f} in the median, {max(values):.0f} at the most, of {len(values)}"

    def count(self, what, note):
        self.counts[what] += 1
        self.notes.append(f"{what}: {note}"[:400])


class Done:
    """A process that has ended, or was ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def events(self):
        found = []
        for line in self.out.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
        return found


class Torture:
    def __init__(self, binary, folder, seed, times, patience):
        self.patience = patience
        self.binary, self.folder, self.times = str(Path(binary).resolve()), folder, times
        self.random = random.Random(seed)
        self.environment = dict(os.environ, SPLITSCOPE_CACHE=str(folder / "cache"), XDG_STATE_HOME=str(folder / "state"),
                                SPLITSCOPE_CONFIG=str(folder / "config.toml"), TERM="xterm-256color")
        self.number, self.long = 0, None

    def start(self, arguments, cwd=None, **more):
        return subprocess.Popen([self.binary, *map(str, arguments)], cwd=cwd or self.folder, env=self.environment,
                                stdin=more.pop("stdin", subprocess.DEVNULL), stdout=more.pop("stdout", subprocess.PIPE),
                                stderr=more.pop("stderr", subprocess.PIPE), **more)

    def end(self, process, row, what, killed=False):
        """Waits for the end; counts panics, signals and hangs."""
        try:
            out, err = process.communicate(timeout=self.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            row.count("hung", what)
        out, err = (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace")
        done = Done(process.returncode, out, err)
        if not killed and (done.code in (101, 134) or done.code < 0 or "panicked at" in err):
            row.count("crashed", f"{what}: code {done.code}: {err[-200:]}")
        return done

    def run(self, row, arguments, **more):
        return self.end(self.start(arguments, **more), row, " ".join(map(str, arguments)))

    def named(self, row, done, words, what):
        """Counts an error whose message names none of the words."""
        if done.code not in (0, 3) and not any(word in done.err for word in words):
            row.count("unclear", f"{what}: {done.err.strip()[-200:]}")

    def fresh(self, name):
        self.number += 1
        return self.folder / f"{name}-{self.number}"

    def settings(self):
        return [part for setting in SMALL for part in ("--set", setting)]

    def prepare(self):
        """An undisturbed run with measurements, as the measure of all others."""
        row = Row("undisturbed")
        done = self.run(row, ["train", "--run", "whole", "--steps", STEPS, *TRAIN, *self.settings()])
        self.losses = losses(done.events())
        self.untouched = self.folder / "untouched"
        shutil.copytree(self.folder / "whole", self.untouched)
        self.truth = {}
        steps = sorted(int(path.name[5:]) for path in (self.untouched / "checkpoint").glob("step-*"))
        for step in steps:
            run = self.copy(self.untouched)
            for later in steps:
                if later > step:
                    shutil.rmtree(run / "checkpoint" / f"step-{later:08}")
                    shutil.rmtree(run / "checkpoint" / f"best-{later:08}", ignore_errors=True)
            measured = self.measure(row, run)
            self.truth[step] = [one["accuracy"] for one in measured.events()]
        measured = self.run(row, ["measure", "--run", "whole", "--random", "6", *ON_RECORD])
        if len(self.losses) != STEPS or measured.code or any(row.counts.values()):
            sys.exit(f"the undisturbed run fails: {done.err}{measured.err}{row.notes}")

    def copy(self, run):
        target = self.fresh("run")
        shutil.copytree(run, target)
        return target

    def measure(self, row, run):
        return self.run(row, ["measure", "--run", run, "--design", "largest@S2.1/S2.1:r4b8", "--design",
                              "smallest@S2.1/S2.1:r4b8", "--views", "2", "--json", "--threads", "1"])

    # Faults

    def kills(self, row):
        """A trainer is killed at a random moment, then resumed."""
        run = self.fresh("run")
        process = self.start(["train", "--run", run, "--steps", STEPS, *TRAIN, *self.settings()])
        timer = threading.Timer(self.random.uniform(0.0, 1.0) * self.seconds, process.kill)
        timer.start()
        first = self.end(process, row, "a trainer", killed=True)
        timer.cancel()
        if not (run / "run.toml").exists():
            return
        second = self.run(row, ["train", "--run", run, "--json", "--threads", "1"])
        found = {**losses(first.events()), **losses(second.events())}
        if second.code or found != self.losses:
            row.count("lost", f"losses of {len(found)} steps differ: {second.err[-200:]}")

    def searches(self, row):
        """A search is killed at a random moment, then begun again."""
        run = self.copy(self.folder / "whole")
        before = rows(run)
        process = self.start(["search", "--run", run, "--sensors", "2", "--threads", "1", "--json"])
        timer = threading.Timer(self.random.uniform(0.3, 3.0), process.kill)
        timer.start()
        told = [event for event in self.end(process, row, "a search", killed=True).events() if event["kind"] == "child"]
        timer.cancel()
        between = rows(run)
        again = self.run(row, ["search", "--run", run, "--sensors", "2", "--threads", "1", "--json", "--evaluations", "3"])
        after = rows(run)
        if again.code or not before <= between <= after or any(
            event["design"] not in {design for design, *_ in after} for event in told
        ):
            row.count("lost", f"measurements: {len(before)}, {len(between)}, {len(after)}; {again.err[-200:]}")

    def bits(self, row):
        """A bit of a checkpoint flips, or the end of a file is gone."""
        run = self.copy(self.untouched)
        newest = max((run / "checkpoint").glob("step-*"))
        file = self.random.choice(sorted(path for path in newest.iterdir() if path.stat().st_size))
        what = self.damage(file)
        done = self.measure(row, run)
        found = [event["accuracy"] for event in done.events()]
        steps = {event["step"] for event in done.events()}
        fallen_back = steps != {STEPS}
        if done.code == 0 and (found != self.truth.get(min(steps, default=0)) or (fallen_back and not done.err)):
            row.count("lost", f"{what}: {found} of steps {steps}: {done.err[-200:]}")
        self.named(row, done, ["checkpoint"], what)

    def manifests(self, row):
        """A byte of run.toml changes."""
        run = self.copy(self.untouched)
        what = self.damage(run / "run.toml", keep_length=True)
        done = self.measure(row, run)
        found = [event["accuracy"] for event in done.events()]
        if done.code == 0 and found != self.truth[STEPS] and not done.err:
            row.count("lost", f"{what}: {found}")
        self.named(row, done, ["run.toml"], what)

    def databases(self, row):
        """Bytes of run.db change."""
        run = self.copy(self.folder / "whole")
        truth = rows(run)
        what = self.damage(run / "run.db", keep_length=self.random.random() < 0.7)
        done = self.run(row, ["measure", "--run", run, *ON_RECORD])
        known = {(design, views, round(accuracy, 9)) for design, views, accuracy in truth}
        for event in done.events():
            if (event["design"], event["views"], round(event["accuracy"], 9)) not in known:
                row.count("lost", f"{what}: {event}")
                break
        self.named(row, done, ["run.db"], what)

    def strangers(self, row):
        """Checkpoints of a run with another seed are put in the place of all, or of the newest."""
        if not (self.folder / "stranger").exists():
            settings = ["--seed", "9", "--steps", STEPS, *TRAIN, *self.settings()]
            self.run(row, ["train", "--run", "stranger", *settings])
        run, every = self.copy(self.untouched), self.random.random() < 0.5
        for path in (run / "checkpoint").iterdir():
            if every or path.name.endswith(f"-{STEPS:08}"):
                shutil.rmtree(path)
        for path in (self.folder / "stranger" / "checkpoint").iterdir():
            if every or path.name == f"step-{STEPS:08}":
                shutil.copytree(path, run / "checkpoint" / path.name)
        done = self.measure(row, run)
        if every == (done.code == 0) or "not the checkpoint that this run saved" not in done.err:
            row.count("lost", f"all: {every}, code {done.code}: {done.err[-200:]}")
        self.named(row, done, ["checkpoint"], "another run's checkpoint")

    def records(self, row):
        """The last events are lost, as with run.db-wal, before any command."""
        run = self.copy(self.untouched)
        with sqlite3.connect(run / "run.db") as db:
            steps = [row for (row,) in db.execute("SELECT id FROM events WHERE kind = 'step' ORDER BY id")]
            db.execute("DELETE FROM events WHERE id >= ?", [self.random.choice(steps)])
        db.close()
        command = self.random.choice([
            ["measure", "--run", run, "--random", "1", "--views", "1"], ["report", run],
            ["explore", "--plain", "--run", run], ["search", "--run", run, "--evaluations", "1"], ["train", "--run", run],
        ])
        done = self.run(row, command)
        if done.code not in (0, 3) or "last step on record" not in done.out + done.err:
            row.count("lost", f"{command}: {done.err[-200:]}")

    def clocks(self, row):
        """The last owner was on a machine whose clock is ahead, and is gone."""
        run = self.copy(self.untouched)
        with sqlite3.connect(run / "run.db") as db:
            heartbeat = time.time() + self.random.choice([100, 1e5, 1e12])
            db.execute("INSERT INTO owners (task, process, command, since, heartbeat) VALUES ('train', 'far/12/34', '', 0, ?)",
                       [heartbeat])
        db.close()
        done = self.run(row, ["train", "--run", run, "--threads", "1"])
        if done.code:
            row.count("lost", f"{heartbeat}: {done.err[-200:]}")
        self.named(row, done, ["clock"], "an owner whose clock is ahead")

    def full_disks(self, row):
        """A disk is full from the start, or fills up at a random moment; then there is room again."""
        disk = self.fresh("disk")
        disk.mkdir()
        size = self.random.randint(600, 4000)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True).returncode:
            row.tried -= 1
            return
        try:
            done = self.run(row, ["train", "--run", disk / "r", "--steps", STEPS, *TRAIN, *self.settings()])
            self.named(row, done, ["full", "No space"], f"{size} KiB")
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            if (disk / "r" / "run.toml").exists():
                again = self.run(row, ["train", "--run", disk / "r", "--json", "--threads", "1"])
                found = {**losses(done.events()), **losses(again.events())}
                if again.code or any(found[step] != self.losses[step] for step in found) or STEPS not in found:
                    row.count("lost", f"{size} KiB: code {again.code}, {len(found)} steps: {again.err[-200:]}")
        finally:
            subprocess.run(["umount", str(disk)])

    def unwritable(self, row):
        """Output goes to a full disk or to nobody."""
        arguments = self.random.choice([
            ["check", ROOT / "spaces/tabletop.toml"], ["profile", "show", "glasses"], ["cost"], ["cost", "--json"],
            ["paradigms"], ["sweep", "latency", "--steps", "3"], ["keys"], ["explore", "--plain"], ["picture"], ["study"],
            ["paradigms", "--markdown"],
            ["check", "missing"], ["schema", "space"], ["explore", "--json"], ["demo", "--plain"],
        ])
        streams = {}
        for name in ("stdout", "stderr"):
            kind = self.random.choice(["full", "unread", "closed"])
            if kind == "full":
                streams[name] = open("/dev/full", "wb")
            elif kind == "unread":
                reader, writer = os.pipe()
                os.close(reader)
                streams[name] = os.fdopen(writer, "wb")
            else:
                streams[name] = open("/dev/null", "rb")
        self.run(row, arguments, **streams)
        for stream in streams.values():
            stream.close()

    def texts(self, row):
        """A space, profile, session or layer table is changed at random."""
        kind, path, arguments = self.random.choice([
            ("space", ROOT / "spaces/tabletop.toml", ["check"]), ("space", ROOT / "spaces/attentive-nas.toml", ["check"]),
            ("profile", ROOT / "profiles/glasses.toml", ["check"]), ("layers", ROOT / "tests/golden/layers.csv", None),
            ("space", ROOT / "spaces/resnet-18.toml", ["cost", "--space"]),
        ])
        content = bytearray(path.read_bytes())
        for _ in range(self.random.randint(1, 8)):
            at = self.random.randrange(len(content))
            change = self.random.choice(["byte", "digits", "cut", "twice", "evil"])
            if change == "byte":
                content[at] = self.random.randrange(256)
            elif change == "digits":
                content[at:at] = b"9" * self.random.choice([1, 4, 12, 320])
            elif change == "cut":
                del content[at:at + self.random.randint(1, 60)]
            elif change == "twice":
                content[at:at] = content[at:at + self.random.randint(1, 200)]
            else:
                content[at:at] = self.random.choice([b"\x1b]52;c;aGk=\x07", "\u009b2J".encode(), "\u202e".encode(), b"\0"])
        file = self.fresh(kind).with_suffix(path.suffix)
        file.write_bytes(content)
        done = self.run(row, [*(arguments or ["cost", "--layers"]), file])
        shown = done.out + done.err
        if any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or 0x202A <= ord(c) <= 0x202E for c in shown):
            row.count("unclear", f"{file.name} steers the terminal")
        if done.code not in (0, 3):
            self.named(row, done, [file.name], file.name)

    def signals(self, row):
        """The explorer is ended by a signal while keys come."""
        number = self.random.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGABRT])
        screen = Screen(self, ["--no-run"])
        sent, wait = None, self.random.uniform(0.0, 0.5)
        while not screen.has_ended() and time.monotonic() - screen.begun < self.patience:
            screen.read(0.02)
            if b"Knobs" not in screen.shown:
                continue
            sent = sent or time.monotonic() + wait
            if number and time.monotonic() >= sent:
                screen.signal(number)
                number = None
            screen.write(self.random.choice([b"jH", b"kL", b"\t", b"2", b"1", b"/a\x15\r"]))
        screen.close(row, "a signal")

    def floods(self, row):
        """The explorer is ended while keys come faster than it takes them: seconds from SIGTERM to its end."""
        screen = Screen(self, ["--no-run"])
        if screen.wait(b"Knobs", self.patience) is not None:
            until = time.monotonic() + self.random.uniform(0.5, 1.5)
            number, asked = signal.SIGTERM, None
            # Half a sequence or character, whose rest are the keys after it, or a paste without an end.
            half = self.random.choice([b"", b"\x1b[", b"\x1bO", b"\x1b[<35;", b"\xe2\x82", b"\xff", b"\x1b[200~a"])
            while not screen.has_ended() and time.monotonic() - screen.begun < self.patience:
                screen.write(b"/latency<9\rJ/latency<8\rHL" * 40 + half)
                screen.read(0)
                if number and time.monotonic() >= until:
                    screen.signal(number)
                    number, asked = None, time.monotonic()
            if asked and screen.has_ended():
                row.measured("from SIGTERM to the end, ms", 1000 * (time.monotonic() - asked))
        screen.close(row, "a flood")

    def unpacked(self, row):
        """Something that has unpacked the shipped run is ended: nothing of it stays, or the next one removes it."""
        temporary = self.fresh("temporary")
        temporary.mkdir()
        environment, self.environment = self.environment, dict(self.environment, TMPDIR=str(temporary))
        number = self.random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
        try:
            if self.random.random() < 0.5:
                screen = Screen(self, [])
                if screen.wait(b"Knobs", self.patience) is not None:
                    screen.write(b"w")
                    self.until_filled(screen, temporary)
                    screen.signal(number)
                    while not screen.has_ended() and time.monotonic() - screen.begun < self.patience:
                        screen.read()
                if number != signal.SIGKILL:
                    screen.close(row, "unpacked")
            else:
                process = self.start(["measure", "--run", "shipped", "--random", "50", "--threads", "1"])
                self.until_filled(None, temporary)
                process.send_signal(number)
                self.end(process, row, "measure", killed=True)
            left = list(temporary.iterdir())
            if number == signal.SIGKILL and left:
                self.run(row, ["export", "--run", "shipped", "--optuna", temporary.parent / "journal"])
                # The process that makes pictures for a killed explorer may still write to a file that is open.
                left = list(temporary.iterdir())
            if left:
                row.count("lost", f"signal {number}: {left}")
        finally:
            self.environment = environment

    def until_filled(self, screen, folder):
        begun = time.monotonic()
        while not any(folder.glob("*/shipped/run.toml")) and time.monotonic() - begun < self.patience:
            screen.read() if screen else time.sleep(0.005)

    def follows(self, row):
        """A run of a million events, which grows, is followed."""
        self.long_run(row, "--run")

    def replays(self, row):
        """A run of a million events is replayed."""
        self.long_run(row, "--replay")

    def long_run(self, row, flag):
        """Keys are pressed from the first frame on until all events are read; seconds to their frames, and memory."""
        run = self.long or self.make_long_run()
        screen = Screen(self, [flag, run])
        first = screen.wait(b"Knobs", self.patience)
        if first is not None:
            row.measured("first frame, ms", 1000 * first)
            place = time.monotonic()
            writer = threading.Thread(target=append_steps, args=(run, 1000)) if flag == "--run" else None
            if writer:
                writer.start()
            count = 0
            while time.monotonic() - place < 12:
                key, word = [(b"2", b"[2 Train]"), (b"1", b"[1 Explore]")][count % 2]
                screen.write(key)
                took = screen.wait(word, self.patience)
                if took is None:
                    break
                row.measured("first key, ms" if count == 0 else "later keys, ms", 1000 * took)
                count += 1
                rest = time.monotonic() + 0.15
                while time.monotonic() < rest:
                    screen.read()
            row.measured("most resident memory, MiB", screen.peak())
            if writer:
                writer.join()
            screen.write(b"q")
            while not screen.has_ended() and time.monotonic() - place < self.patience:
                screen.read()
        screen.close(row, f"{flag} of a long run")

    def make_long_run(self):
        """A run with a million events: steps, with an evaluation and a checkpoint each hundred."""
        self.long = self.copy(self.untouched)
        append_steps(self.long, 1_000_000)
        return self.long

    def damage(self, file, keep_length=False):
        content = bytearray(file.read_bytes())
        if not keep_length and self.random.random() < 0.2:
            length = self.random.randrange(len(content))
            file.write_bytes(content[:length])
            return f"{file.name} cut to {length} of {len(content)} bytes"
        at, bit = self.random.randrange(len(content)), self.random.randrange(8)
        content[at] ^= 1 << bit
        file.write_bytes(content)
        return f"{file.name}: bit {bit} of byte {at} of {len(content)}"


FAULTS = {
    "kills": "trainer killed and resumed",
    "searches": "search killed and begun again",
    "bits": "checkpoint damaged",
    "manifests": "run.toml damaged",
    "databases": "run.db damaged",
    "strangers": "checkpoint of another run",
    "records": "last events lost",
    "clocks": "owner with a clock ahead",
    "full_disks": "disk full while training",
    "unwritable": "output to a full disk or to nobody",
    "texts": "foreign file changed at random",
    "signals": "explorer ended by a signal",
    "floods": "explorer ended under a flood of keys",
    "unpacked": "shipped run unpacked, then killed",
    "follows": "run of a million events followed",
    "replays": "run of a million events replayed",
}


# Faults of a run, which is trained and measured first.
NEED_RUN = {"kills", "searches", "bits", "manifests", "databases", "strangers", "records", "clocks", "full_disks", "follows",
            "replays"}
# Faults that are tried only when they are named: each takes a quarter of a minute.
ON_REQUEST = {"follows", "replays"}


def losses(events):
    return {event["step"]: event["losses"] for event in events if event["kind"] == "step"}


def rows(run):
    """Accuracies on record."""
    with sqlite3.connect(run / "run.db") as db:
        return set(db.execute("SELECT design, views, accuracy FROM measurements"))


def append_steps(run, count):
    """Appends steps to the events of a run, with an evaluation and a checkpoint each hundred."""
    with sqlite3.connect(run / "run.db", timeout=60) as db:
        bodies = dict(db.execute("SELECT kind, body FROM events WHERE kind IN ('step', 'evaluated', 'checkpoint')"))
        bodies = {kind: json.loads(body) for kind, body in bodies.items()}
        (last,) = db.execute("SELECT max(json_extract(body, '$.step')) FROM events WHERE kind = 'step'").fetchone()
        kinds = ["step"] * 100 + ["evaluated", "checkpoint"]

        def events():
            for place in range(count):
                kind = kinds[place % len(kinds)]
                step = last + 1 + place // len(kinds) * 100 + min(place % len(kinds), 99)
                more = {"step": step, "steps": 2_000_000} if kind == "step" else {"step": step}
                yield 1.8e9 + step, "torture/1/1", 2, kind, json.dumps({**bodies[kind], **more}, separators=(",", ":"))

        db.executemany("INSERT INTO events (time, process, version, kind, body) VALUES (?, ?, ?, ?, ?)", events())
    db.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--patience", type=float, default=120, help="seconds until a process counts as hung")
    parser.add_argument("--only", default=",".join(name for name in FAULTS if name not in ON_REQUEST), help="of: " + ", ".join(FAULTS))
    arguments = parser.parse_args()
    table = []
    with tempfile.TemporaryDirectory() as folder:
        torture = Torture(arguments.binary, Path(folder), arguments.seed, arguments.times, arguments.patience)
        begun = time.monotonic()
        if NEED_RUN & set(arguments.only.split(",")):
            torture.prepare()
        torture.seconds = max(1.0, (time.monotonic() - begun) / 2)
        for name in arguments.only.split(","):
            row = Row(FAULTS[name])
            for _ in range(arguments.times):
                row.tried += 1
                getattr(torture, name)(row)
            table.append(row)
            print(f"{row.fault}: {row.tried} tried, {row.counts}", *row.figure_lines(), sep="\n", file=sys.stderr, flush=True)
    print("| fault | tried | lost | crashed | hung | unclear |\n|---|---:|---:|---:|---:|---:|")
    for row in table:
        print(f"| {row.fault} | {row.tried} |", " | ".join(str(count) for count in row.counts.values()), "|")
    for row in table:
        for line in row.figure_lines():
            print(line)
    for row in table:
        for note in row.notes:
            print(f"{row.fault}: {note}")
    sys.exit(any(any(row.counts.values()) for row in table))


if __name__ == "__main__":
    main()
