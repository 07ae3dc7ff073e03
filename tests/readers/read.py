"""Reads a run's records as users do: Optuna's journal, TensorBoard's event files, the notebook of the guide.

usage: read.py NOTEBOOK.ipynb

Works in a folder with runs/run-001, journal.log and curves. Prints one line per check, and exits with 1 if one fails.
"""

import sqlite3
import sys
import warnings
from pathlib import Path

import nbformat
import optuna
from nbclient import NotebookClient
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

failures = 0
warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def report(name, holds, figure):
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {name}: {figure}")


def figures(query):
    return sqlite3.connect("runs/run-001/run.db").execute(query).fetchall()


def read_journal():
    [summary] = optuna.get_all_study_summaries(storage=JournalStorage(JournalFileBackend("journal.log")))
    study = optuna.load_study(study_name=summary.study_name, storage=JournalStorage(JournalFileBackend("journal.log")))
    maximise, minimise = optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE
    report("directions", study.directions == [maximise, minimise], study.directions)
    trials = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    [(designs,)] = figures(
        "SELECT count(*) FROM designs WHERE views = 6 AND coalesce(validation_int8, validation_float) IS NOT NULL"
    )
    report("trials", len(trials) == designs > 0, f"{len(trials)} of {designs} designs")
    best = max(trial.values[0] for trial in trials)
    [(known,)] = figures("SELECT max(coalesce(validation_int8, validation_float)) FROM designs WHERE views = 6")
    report("best accuracy", abs(best - known) < 1e-12, f"{best} and {known}")
    frame = study.trials_dataframe()
    named = {"params_split", "params_fusion", "params_ratio", "params_link bits"}
    report("parameters", named <= set(frame.columns), sorted(named))
    report("front", 0 < len(study.best_trials) < len(trials), f"{len(study.best_trials)} trials")
    # A sampler of Optuna goes on from these trials: what is asked for is a point of the same space.
    fixed = {name: trials[0].distributions[name] for name in trials[0].params}
    asked = optuna.create_study(directions=study.directions, sampler=optuna.samplers.TPESampler(seed=0))
    asked.add_trials(trials)
    report("next trial", asked.ask(fixed).params.keys() == trials[0].params.keys(), "drawn by TPE")


def read_events():
    curves = {folder.name: EventAccumulator(str(folder), size_guidance={"scalars": 0}) for folder in Path("curves").iterdir()}
    report("curves", {"train", "validation", "search", "search-2"} <= curves.keys(), sorted(curves))
    for name, events in curves.items():
        tags = events.Reload().Tags()["scalars"]
        lines = [[scalar.step for scalar in events.Scalars(tag)] for tag in tags]
        # The last weights may be measured twice, on the way and at the end.
        ordered = all(line == sorted(line) and len(set(line)) >= len(line) - 1 for line in lines)
        report(f"curves {name}", ordered and len(tags) > 1, f"{sum(map(len, lines))} points of {len(tags)} curves")
    steps = len(curves["train"].Scalars("loss/largest"))
    [(known,)] = figures("SELECT count(*) FROM events WHERE kind = 'step'")
    report("steps", steps == known, f"{steps} of {known}")


def run_notebook(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [any(output.output_type in {"execute_result", "display_data"} for output in cell.outputs) for cell in cells]
    report("notebook", all(shown) and len(shown) > 0, f"{sum(shown)} of {len(shown)} cells show something")


read_journal()
read_events()
run_notebook(sys.argv[1])
sys.exit(failures > 0)
