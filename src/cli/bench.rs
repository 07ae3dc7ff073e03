//! `splitscope bench`: figures of this program on this machine. CPU time is the honest one on shared cores.

#[cfg(feature = "cube")]
mod launches;
mod splitmb5;

use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use clap::Subcommand;
#[cfg(feature = "cube")]
use serde_json::Value;
use serde_json::json;

use super::output::{self, say};
#[cfg(feature = "cuda")]
use super::train::{check_cards, first_cause};
use super::{Answer, bounds, load, train::join_threads};
use crate::kernels::FloatFormat;
use crate::quantity::number::median;
use crate::quantity::{Dimension, number};
use crate::run::usage;
use crate::space::SearchSpace;
use crate::train::exchange::launch;
#[cfg(feature = "cuda")]
use crate::train::exchange::on_cards;
use crate::train::step_bench::{BATCH, StepBench, TrainingBench};
use crate::train::{DeviceKind, Exchange, Settings};
#[cfg(feature = "cube")]
use crate::train::{RankShare, TrainError};

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
        #[arg(long, default_value_t = 20_000, value_parser = bounds::designs())]
        evaluations: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A training step: 4 nets of a supernet, 64 images of 3x32x32, or with --space a step of a training on that space
    /// (the same as benches/peer measures in PyTorch)
    Step {
        /// Space to train on: wall seconds a step are measured, and net-images a second
        #[arg(long)]
        space: Option<String>,
        /// Images of a step, with --space
        #[arg(long, default_value_t = 160, requires = "space", value_parser = bounds::designs())]
        images: usize,
        /// Images that go through a network together, with --space; 0 takes the whole step at once
        #[arg(long, default_value_t = 0, requires = "space")]
        micro_batch: usize,
        /// Side of the images, with --space; that of the largest choice if not given
        #[arg(long, requires = "space")]
        resolution: Option<u32>,
        /// Format of feature maps on a GPU, with --space: f32 or bf16
        #[arg(long, default_value = "f32", requires = "space")]
        float_format: FloatFormat,
        /// Device: auto, flex, ndarray or a GPU
        #[arg(long, default_value = "auto")]
        device: DeviceKind,
        /// Threads; 0 takes all cores
        #[arg(long, default_value_t = 1, value_parser = bounds::threads())]
        threads: usize,
        /// GPUs of this machine that share the images, with --space and --device cuda
        #[cfg(feature = "cuda")]
        #[arg(long, requires = "space", value_parser = bounds::cards())]
        cards: Option<usize>,
        /// Steps that are measured
        #[arg(long, default_value_t = 15, value_parser = bounds::designs())]
        steps: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    match arguments.command {
        Command::Splitmb5 { seeds, evaluations, json } => search(seeds, evaluations, json)?,
        Command::Step { space: None, device, threads, steps, json, .. } => step(device, threads, steps, json)?,
        Command::Step {
            space: Some(ref space),
            images,
            micro_batch,
            resolution,
            float_format,
            device,
            threads,
            steps,
            json,
            #[cfg(feature = "cuda")]
            cards,
        } => {
            let (space, _) = load::space(space)?;
            let settings = Settings { images, micro_batch, float_format, device, threads, ..Settings::default() };
            join_threads(threads)?;
            let run = |exchange| training_step(space.clone(), settings.clone(), resolution, steps, json, exchange);
            #[cfg(feature = "cuda")]
            if let Some(cards) = cards.filter(|&cards| cards > 1) {
                check_cards(cards, device)?;
                return first_cause(on_cards(cards, run, run)).map(|()| Answer::Yes);
            }
            run(launch::join()?)?;
        }
    }
    Ok(Answer::Yes)
}

fn search(seeds: u64, evaluations: usize, json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for seed in 1..=seeds.max(1) {
        let before = usage::cpu_seconds();
        let trace = splitmb5::run(seed, evaluations);
        let cpu = usage::cpu_seconds() - before;
        rows.push((seed, cpu, trace.hypervolume(), trace.evaluations_to(0.99)));
    }
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
        return output::json(&all);
    }
    // Six digits of the hypervolume: seeds differ behind the third.
    for (seed, cpu, volume, needed) in &rows {
        let share = volume / splitmb5::BEST_HYPERVOLUME * 100.0;
        say!(
            "seed {seed}: {} CPU s, hypervolume {volume:.6} ({share:.3} % of the best), {}",
            number::figure(*cpu),
            reached(*needed)
        )?;
    }
    say!("median: {} CPU s, hypervolume {volume:.6}, {}", number::figure(cpu), reached(needed))?;
    Ok(())
}

/// Words on the evaluations that it took to come to 99 % of the best hypervolume.
fn reached(evaluations: Option<usize>) -> String {
    evaluations.map_or_else(|| "99 % not reached".to_owned(), |count| format!("99 % after {count} evaluations"))
}

/// Steps before the first that is measured.
const WARM_UP: usize = 3;

fn step(device: DeviceKind, threads: usize, steps: usize, json: bool) -> Result<()> {
    join_threads(threads)?;
    device.check().map_err(anyhow::Error::msg)?;
    let mut bench = StepBench::new(device.open());
    let (mut seconds, mut wall) = (Vec::new(), Vec::new());
    for index in 0..steps.max(1) + WARM_UP {
        let (before, start) = (usage::thread_cpu_seconds(), Instant::now());
        bench.step();
        if index >= WARM_UP {
            seconds.push(usage::thread_cpu_seconds() - before);
            wall.push(start.elapsed().as_secs_f64());
        }
    }
    let (per_step, wall) = (median(seconds), median(wall));
    let rate = BATCH as f64 / per_step.max(1e-9);
    let peak = usage::peak_resident_bytes();
    if json {
        let all = json!({
            "device": device.to_string(),
            "threads": threads,
            "cpu_seconds_per_step": per_step,
            "seconds_per_step": wall,
            "images_per_cpu_second": rate,
            "peak_rss_bytes": peak,
        });
        output::json(&all)?;
    } else {
        let instructions = crate::kernels::instructions().unwrap_or_default();
        say!(
            "{device}, {threads} thread(s), {instructions}: {} CPU s a step in {} s, {} images per CPU second, {}",
            number::figure(per_step),
            number::figure(wall),
            number::figure(rate),
            Dimension::Bytes.format(peak as f64)
        )?;
    }
    Ok(())
}

/// Steps of a training on a space, by the clock on the wall: a step ends when its losses are read. Of several processes
/// that were started together each takes a share of the images, and the first speaks.
fn training_step(
    space: SearchSpace,
    settings: Settings,
    side: Option<u32>,
    steps: usize,
    json: bool,
    exchange: Rc<dyn Exchange>,
) -> Result<()> {
    let share = exchange.share();
    settings.check_device().map_err(anyhow::Error::msg)?;
    let settings = Settings { images: settings.images.max(share.ranks), ..settings };
    let (name, images, device, format) = (space.name.clone(), settings.images, settings.device, settings.float_format);
    let start = Instant::now();
    let opened = device.open();
    let mut bench = TrainingBench::new(space, settings, side, &opened, exchange)?;
    bench.step()?;
    let first = start.elapsed().as_secs_f64();
    // Nets of other shapes may bring kernels that are compiled when they are met first.
    for _ in 0..steps.max(1) {
        bench.step()?;
    }
    bench.exchange_seconds();
    bench.exchange_bytes();
    let (mut seconds, mut trained) = (Vec::new(), 0);
    for _ in 0..steps.max(1) {
        let start = Instant::now();
        trained += bench.step()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let exchanged = bench.exchange_seconds() / seconds.len() as f64;
    let bytes = bench.exchange_bytes() / seconds.len() as u64;
    let rate = trained as f64 / seconds.iter().sum::<f64>().max(1e-9);
    let per_step = median(seconds);
    let peak = usage::peak_resident_bytes();
    let on_device = crate::kernels::reserved_bytes(&opened);
    if json {
        let all = json!({
            "space": name,
            "device": device.to_string(),
            "float_format": format.name(),
            "images": images,
            "ranks": share.ranks,
            "seconds_per_step": per_step,
            "seconds_in_exchange": exchanged,
            "bytes_in_exchange": bytes,
            "net_images_per_second": rate,
            "seconds_to_first_step": first,
            "peak_rss_bytes": peak,
            "device_bytes": on_device,
        });
        #[cfg(feature = "cube")]
        let all = with_kernels(all, &mut bench, share)?;
        return if share.leads() { output::json(&all) } else { Ok(()) };
    }
    if !share.leads() {
        return Ok(());
    }
    let on_device = on_device.map(|bytes| format!(", {} on the device", Dimension::Bytes.format(bytes as f64)));
    let ranks = match share.ranks {
        1 => String::new(),
        ranks => format!(
            "; {ranks} ranks, {} s and {} of a step in the exchange",
            number::figure(exchanged),
            Dimension::Bytes.format(bytes as f64)
        ),
    };
    say!(
        "{name}, {images} images, {device}, {}: {} s a step, {} net-images a second; first step after {} s, {}{}{ranks}",
        format.name(),
        number::figure(per_step),
        number::figure(rate),
        number::figure(first),
        Dimension::Bytes.format(peak as f64),
        on_device.unwrap_or_default()
    )?;
    Ok(())
}

/// `figures` with the kernels of one more step: those of all ranks that are threads of this process, which has one
/// observer.
#[cfg(feature = "cube")]
fn with_kernels(figures: Value, bench: &mut TrainingBench, share: RankShare) -> Result<Value, TrainError> {
    let step = |bench: &mut TrainingBench| {
        // The others begin when the first one looks, and it looks until all are done.
        bench.meet()?;
        bench.step()?;
        bench.meet()
    };
    if share.leads() {
        return launches::listed(figures, || step(bench));
    }
    step(bench)?;
    Ok(figures)
}
