//! Measuring by several processes: each measures a share of the designs into the run's database.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::{RunDir, this_program};

/// Measures designs, as printed, by so many processes of one thread each, with further arguments of `measure`. All
/// processes are waited for.
pub(super) fn measure(run: &RunDir, designs: &[String], workers: usize, arguments: &[String]) -> Result<()> {
    let program = this_program()?;
    let workers = workers.min(designs.len());
    let start = |worker: usize| {
        let mut command = Command::new(&program);
        command.args(["measure", "--threads", "1", "--run"]).arg(run.path()).args(arguments);
        for design in designs.iter().skip(worker).step_by(workers) {
            command.args(["--design", design]);
        }
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
