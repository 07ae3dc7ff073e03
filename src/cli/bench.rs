//! `splitscope bench`: figures of this program on this machine. CPU time is the honest one on shared cores.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{Answer, load, progress, train::use_threads};
use crate::data::Dataset;
use crate::search::splitmb5;
use crate::train::{DeviceKind, Inputs, Settings, Trainer};

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The search on the benchmark problem SplitMB-5
    Splitmb5 {
        /// Seeds 1 to this
        #[arg(long, default_value_t = 5)]
        seeds: u64,
        /// Evaluations of each
        #[arg(long, default_value_t = 20_000)]
        evaluations: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A training step of the default space
    Step {
        /// Device: auto, flex or ndarray
        #[arg(long, default_value = "auto")]
        device: DeviceKind,
        /// Threads; 0 takes all cores
        #[arg(long, default_value_t = 1)]
        threads: usize,
        /// Steps that are measured
        #[arg(long, default_value_t = 20)]
        steps: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    match arguments.command {
        Command::Splitmb5 { seeds, evaluations, json } => search(seeds, evaluations, json)?,
        Command::Step { device, threads, steps, json } => step(device, threads, steps, json)?,
    }
    Ok(Answer::Yes)
}

fn search(seeds: u64, evaluations: usize, json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for seed in 1..=seeds.max(1) {
        let before = progress::cpu_seconds();
        let trace = splitmb5::run(seed, evaluations);
        let cpu = progress::cpu_seconds() - before;
        rows.push((seed, cpu, trace.hypervolume(), trace.evaluations_to(0.99)));
    }
    let median = |mut list: Vec<f64>| {
        list.sort_by(f64::total_cmp);
        list[list.len() / 2]
    };
    let cpu = median(rows.iter().map(|row| row.1).collect());
    let volume = median(rows.iter().map(|row| row.2).collect());
    let needed = median(rows.iter().map(|row| row.3.map_or(f64::INFINITY, |count| count as f64)).collect());
    let needed = needed.is_finite().then_some(needed as usize);
    if json {
        let per_seed: Vec<_> = rows
            .iter()
            .map(|(seed, cpu, volume, needed)| {
                json!({"seed": seed, "cpu_seconds": cpu, "hypervolume": volume, "evaluations_to_99": needed})
            })
            .collect();
        let all = json!({
            "evaluations": evaluations,
            "cpu_seconds": cpu,
            "hypervolume": volume,
            "evaluations_to_99": needed,
            "seeds": per_seed,
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    for (seed, cpu, volume, needed) in &rows {
        let share = volume / splitmb5::BEST_HYPERVOLUME * 100.0;
        println!(
            "seed {seed}: {cpu:.3} CPU s, hypervolume {volume:.6} ({share:.3} % of the best), 99 % after {needed:?}"
        );
    }
    println!("median: {cpu:.3} CPU s, hypervolume {volume:.6}, 99 % after {needed:?} evaluations");
    Ok(())
}

fn step(device: DeviceKind, threads: usize, steps: u64, json: bool) -> Result<()> {
    use_threads(threads);
    let (space, _) = load::space(crate::space::DEFAULT)?;
    let spec = "arrangement-10:objects=400".parse()?;
    let data =
        Dataset::open(&spec, space.views as usize, space.resolutions[0] as usize, space.input_channels as usize)?;
    let inputs = Inputs::new(data, &space)?;
    let settings = Settings { steps: steps + 4, teacher_first: 0.0, device, threads, ..Settings::default() };
    let mut trainer = Trainer::new(space, settings, &device.open())?;
    for _ in 0..4 {
        trainer.step(&inputs)?;
    }
    let (before, mut images) = (progress::cpu_seconds(), 0);
    for _ in 0..steps {
        images += trainer.step(&inputs)?.images;
    }
    let cpu = progress::cpu_seconds() - before;
    let (per_step, rate) = (cpu / steps.max(1) as f64, images as f64 / cpu.max(1e-9));
    let rss = progress::resident_bytes();
    if json {
        let all = json!({
            "device": device.to_string(),
            "threads": threads,
            "cpu_seconds_per_step": per_step,
            "images_per_cpu_second": rate,
            "peak_rss_bytes": rss,
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!(
            "{device}, {threads} thread(s): {per_step:.3} CPU s a step, {rate:.0} images per CPU second, {} MB",
            rss >> 20
        );
    }
    Ok(())
}
