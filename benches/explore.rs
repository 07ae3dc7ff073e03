//! What moving a knob takes: `cargo bench --bench explore`. Prints one line a figure with its budget; CPU time where the
//! system tells it (Linux), else wall time. Fails if a budget is missed by more than a factor of two, so that a busy machine
//! passes. The budgets are those of the default space, before anything is measured and with the accuracies of the run that
//! comes with the program, measured and predicted; a larger space, with more boundaries, is measured beside it.
//! `cargo bench --bench explore -- F.onnx` measures with an imported network.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use splitscope::explore::{Command, Move, Session};
use splitscope::files;
use splitscope::hardware::{self, Profile};
use splitscope::network::import::{ImportOptions, import};
use splitscope::onnx;
use splitscope::quantity::Knob;
use splitscope::space::{self, ImportRules, SearchSpace};
use splitscope::tui::screen::{self, View};
use splitscope::tui::{self, UiState, picture_theme, theme::ColourScheme};

/// Designs of the pool.
const DESIGNS: usize = 10_000;
/// Milliseconds that a knob may take to come to rest, and a frame to be drawn.
const KNOB_MS: f64 = 2.0;
const FRAME_MS: f64 = 8.0;

fn main() {
    let profile = Profile::shipped(hardware::DEFAULT).expect("it is shipped");
    let mut missed = false;
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |(name, _): &(&str, f64)| only.as_deref().is_none_or(|only| only == *name);
    let file = only.as_deref().filter(|only| Path::new(only).extension().is_some_and(|ending| ending == "onnx"));
    let spaces = [(space::DEFAULT, 1.0), ("attentive-nas", f64::INFINITY)].into_iter().filter(wanted);
    for (name, factor) in spaces.chain(file.map(|file| (file, 1.0))) {
        let space =
            if file == Some(name) { imported(name) } else { SearchSpace::shipped(name).expect("it is shipped") };
        let start = Instant::now();
        let mut session = Session::new(space, profile.clone(), DESIGNS, 7);
        let (seconds, cells) = (start.elapsed().as_secs_f64(), session.catalogue().split_count());
        let designs = session.catalogue().len();
        println!("{name}: {designs} designs, {cells} boundaries in all, made in {:.0} ms of wall time", seconds * 1e3);
        for range in 0..session.ranges().all().len() {
            missed |= knob(name, &mut session, range, factor * KNOB_MS);
        }
        missed |= frame(name, &mut session, factor * FRAME_MS);
        if name == space::DEFAULT {
            missed |= with_accuracies(&mut session);
        }
    }
    std::process::exit(i32::from(missed));
}

/// The same with the accuracies of the shipped run.
fn with_accuracies(session: &mut Session) -> bool {
    tui::replay_shipped(session).expect("it is of this space");
    session.predict(0);
    let (name, mut missed) = ("shipped run", false);
    for range in 0..session.ranges().all().len() {
        missed |= knob(name, session, range, KNOB_MS);
    }
    missed | frame(name, session, FRAME_MS)
}

/// A space of the network of an ONNX file.
fn imported(file: &str) -> SearchSpace {
    let start = Instant::now();
    let content = files::read(Path::new(file), onnx::LARGEST_FILE).expect("the file is there");
    let model = onnx::read(content.into()).expect("it is a model");
    let network = import(&model, &ImportOptions::default(), &|_, _| Err("it is not read here".to_owned()))
        .expect("it can be imported");
    println!("{file}: imported in {:.0} ms of wall time", start.elapsed().as_secs_f64() * 1e3);
    SearchSpace::of_networks(vec![(file.to_owned(), network)], ImportRules::default()).expect("it is one network")
}

/// A knob moved to and fro over its range.
fn knob(name: &str, session: &mut Session, range: usize, budget_ms: f64) -> bool {
    session.apply(Command::SelectKnob(Move::To(range)), 0);
    let id = session.ranges().selected().knob;
    let home = session.value(id);
    let mut at = 0.0_f64;
    let each = mean(|| {
        at += 0.137;
        session.apply(Command::SetKnob { knob: id, fraction: at.fract() }, 0);
    });
    session.apply(Command::SetKnobs(vec![(id, home)]), 0);
    report(&format!("{name}: {}", id.info().label), each, budget_ms)
}

/// A knob moved and the Explore screen drawn, everything asked for by a frame included.
fn frame(name: &str, session: &mut Session, budget_ms: f64) -> bool {
    let (theme, ui) = (picture_theme(ColourScheme::OkabeIto), UiState::default());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    let area = buffer.area;
    let mut at = 0.0_f64;
    let each = mean(|| {
        at += 0.137;
        session.apply(Command::SetKnob { knob: Knob::LatencyLimit, fraction: at.fract() }, 0);
        black_box(screen::draw(View { session, ui: &ui, theme: &theme }, area, &mut buffer));
    });
    report(&format!("{name}: knob and frame"), each, budget_ms)
}

/// CPU seconds of one call: over a second's worth of calls.
fn mean(mut call: impl FnMut()) -> f64 {
    call();
    let (begin, cpu) = (Instant::now(), cpu_seconds());
    let mut calls = 0.0;
    while begin.elapsed().as_secs_f64() < 1.0 {
        call();
        calls += 1.0;
    }
    let spent = cpu.and_then(|before| Some(cpu_seconds()? - before));
    spent.unwrap_or(begin.elapsed().as_secs_f64()) / calls
}

fn report(what: &str, seconds: f64, budget_ms: f64) -> bool {
    let ms = seconds * 1e3;
    let budget = if budget_ms.is_finite() { format!(" (budget {budget_ms} ms)") } else { String::new() };
    println!("{what}: {ms:.2} ms{budget}");
    ms > 2.0 * budget_ms
}

/// CPU seconds this thread has used.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? * 1e-9)
}
