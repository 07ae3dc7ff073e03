//! The command line: one file per command, where the floors are joined.
//!
//! Exit codes: 0 for success; 1 for an error, told on standard error; 2 for a wrong command line; 3 when the work was
//! done and the answer is no (a file that is not valid, limits that no design meets).

mod aggregator;
mod answer;
mod bench;
mod bounds;
mod bundle;
mod check;
mod cost;
mod data;
mod demo;
mod demo_real;
mod deploy;
mod evaluator;
mod explore;
mod finetune;
mod generate;
mod halves;
mod keys;
mod load;
mod measure;
mod network;
mod output;
mod paradigms;
mod picture;
mod profile;
mod progress;
mod records;
mod report;
mod schema;
mod search;
mod sensor;
mod study;
mod sweep;
mod train;
mod usage;
mod verify;
mod version;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::run;
use crate::text;
use crate::tui::terminal;
use answer::Answer;
use output::note;
use usage::UsageError;

/// Explore neural networks that are split between camera sensors and one aggregator.
///
/// Without a command the explorer opens: move the knobs and watch the split follow.
#[derive(Debug, Parser)]
#[command(name = "splitscope", version = version::text(), propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    explore: explore::Arguments,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum Command {
    /// Open the explorer (the default)
    Explore(explore::Arguments),
    /// Show the tour: scenes with captions that play by themselves; or a design that runs as processes (--real)
    Demo(demo::Arguments),
    /// Train the supernets of a run, or resume its training
    Train(train::Arguments),
    /// Train one design of a run alone, from the run's weights or from scratch
    Finetune(finetune::Arguments),
    /// Search for designs on a trained run; measures the promising ones first
    Search(Box<search::Arguments>),
    /// Measure chosen designs of a trained run: by number of views, with cameras lost, without recalibration
    Measure(measure::Arguments),
    /// Write a trained design as files that other programs run
    Deploy(deploy::Arguments),
    /// Compare deployed files with the design on its run
    Verify(verify::Arguments),
    /// Run the aggregator half of a deployed design: waits for sensors, and classifies what they send
    Aggregator(aggregator::Arguments),
    /// Run the sensor half of a deployed design as one camera, for an aggregator
    Sensor(sensor::Arguments),
    /// Print what every split of a design or an ONNX file costs, or every layer of a table
    Cost(cost::Arguments),
    /// Compare all on the sensors, all on the aggregator and a distributed design, beside the paper's Table 1
    Paradigms(paradigms::Arguments),
    /// Print the best design at each of many values of one knob
    Sweep(sweep::Arguments),
    /// Check spaces, profiles and ONNX files, pointing at what is wrong
    Check(check::Arguments),
    /// Show the constants of a profile and where they come from
    Profile(profile::Arguments),
    /// Print the JSON Schema of space or profile files, for editors
    Schema(schema::Arguments),
    /// Describe a data set, draw a contact sheet, or print how to get one
    Data(data::Arguments),
    /// Print the keys, as the table of the configuration file or as Markdown
    Keys(keys::Arguments),
    /// Measure this program on this machine
    Bench(bench::Arguments),
    /// Write a page about a trained run, to hand on: the question, the answer, and how to reproduce it
    Report(report::Arguments),
    /// Test claims of the paper: tables, charts and findings, which can be resumed
    Study(study::Arguments),
    /// Write records of a run in forms that other programs read: Optuna, TensorBoard
    Export(records::Arguments),
    /// Write completions of shells and manual pages, for packages
    Generate(generate::Arguments),
    /// Pack a trained and measured run as the one that comes with splitscope
    Bundle(bundle::Arguments),
    /// Draw the explorer's screen as SVG; or what cameras see of an object, what is sent, and what can be rebuilt
    Picture(picture::Arguments),
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    run::tell_waits(|sentence| {
        if !terminal::is_taken() {
            note!("note: {sentence}");
        }
    });
    let result = match arguments.command {
        None => explore::run(arguments.explore),
        Some(Command::Explore(arguments)) => explore::run(arguments),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Train(arguments)) => train::run(&arguments),
        Some(Command::Finetune(arguments)) => finetune::run(&arguments),
        Some(Command::Search(arguments)) => search::run(&arguments),
        Some(Command::Measure(arguments)) => measure::run(&arguments),
        Some(Command::Deploy(arguments)) => deploy::run(&arguments),
        Some(Command::Verify(arguments)) => verify::run(&arguments),
        Some(Command::Aggregator(arguments)) => aggregator::run(&arguments),
        Some(Command::Sensor(arguments)) => sensor::run(&arguments),
        Some(Command::Cost(arguments)) => cost::run(&arguments),
        Some(Command::Paradigms(arguments)) => paradigms::run(&arguments),
        Some(Command::Sweep(arguments)) => sweep::run(&arguments),
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Profile(arguments)) => profile::run(&arguments),
        Some(Command::Schema(arguments)) => schema::run(&arguments),
        Some(Command::Data(arguments)) => data::run(arguments),
        Some(Command::Keys(arguments)) => keys::run(&arguments),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
        Some(Command::Report(arguments)) => report::run(arguments),
        Some(Command::Study(arguments)) => study::run(&arguments),
        Some(Command::Export(arguments)) => records::run(&arguments),
        Some(Command::Generate(arguments)) => generate::run(&arguments, Arguments::command()),
        Some(Command::Bundle(arguments)) => bundle::run(&arguments),
        Some(Command::Picture(arguments)) => picture::run(&arguments),
    };
    match result {
        Ok(_) if let Some(lost) = output::lost() => {
            note!("error: {lost}; the work is done, but not all of its words were written");
            ExitCode::FAILURE
        }
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(3),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A diagnostic already begins with "error:".
            let told = sentence(&error);
            let prefix = if told.starts_with("error") { "" } else { "error: " };
            note!("{prefix}{told}");
            if UsageError::is_in(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Prints what clap has to say in the colours of the terminal: help, the version, or what is wrong with the command
/// line, which may hold anything. Help that can't be written is an error, unless its reader has gone.
fn refuse(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    if text::visible(&plain) != plain {
        note!("{}", plain.trim_end());
    } else if let Err(failed) = error.print().and_then(|()| io::stdout().flush())
        && !error.use_stderr()
        && failed.kind() != io::ErrorKind::BrokenPipe
    {
        note!("error: {}", output::unwritable(&failed));
        return ExitCode::FAILURE;
    }
    ExitCode::from(error.exit_code() as u8)
}

/// An error and its causes, each told once: some sentences end in their cause already.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Returns `true` if the reader of the output has gone, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    error.chain().any(|cause| kind(cause) == Some(std::io::ErrorKind::BrokenPipe))
}
