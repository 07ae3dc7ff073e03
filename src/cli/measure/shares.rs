//! Measuring by several processes: each measures a share of the designs into the run's database.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Arguments;
use crate::run::{RunDir, this_program};

/// Measures the designs, as printed, by `arguments.workers` processes of one thread each. All are waited for.
pub(super) fn measure(run: &RunDir, designs: &[String], arguments: &Arguments) -> Result<()> {
    let program = this_program()?;
    let workers = arguments.workers.min(designs.len());
    let start = |worker: usize| {
        let mut command = Command::new(&program);
        command.args(["measure", "--threads", "1", "--run"]).arg(run.path());
        for design in designs.iter().skip(worker).step_by(workers) {
            command.args(["--design", design]);
        }
        command.args(["--views", &list(&arguments.views, |views| views.to_string())]);
        command.args(["--precision", &list(&arguments.precisions, |precision| precision.name().to_owned())]);
        command.args(["--subset", &list(&arguments.subsets, |subset| subset.name().to_owned())]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("a process can't be started")
    };
    let started: Result<Vec<Child>> = (0..workers).map(start).collect();
    let mut failed = 0;
    for mut child in started? {
        failed += usize::from(!child.wait()?.success());
    }
    if failed > 0 {
        bail!("{failed} of {workers} processes failed; the same command goes on from what is measured");
    }
    Ok(())
}

fn list<T>(values: &[T], name: impl Fn(&T) -> String) -> String {
    values.iter().map(name).collect::<Vec<_>>().join(",")
}
