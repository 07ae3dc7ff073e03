//! Files a user takes away: the designs as CSV, JSON and Markdown, the screen as a picture, the session.
//!
//! Invariants: a file appears whole or not at all, and never over another one. Figures are in base units and say so in
//! their names; an accuracy says if it was measured or predicted, and with which 90 % interval.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::explore::{AccuracyFigure, AccuracyKind, CandidateId, Column, Session, ShownAccuracy, TableRow};
use crate::files;
use crate::quantity::{Unit, number};
use crate::record::Precision;
use crate::text::{self, without_tags};

/// One design with its figures, its accuracy as the format writes it.
#[derive(Serialize)]
struct Record<A> {
    id: CandidateId,
    /// Letter of the pin that is this design.
    pin: Option<char>,
    design: String,
    split: String,
    fusion: String,
    ratio: u8,
    bits: u8,
    macs: u64,
    weights: u64,
    feasible: bool,
    /// With `sensors` views, measured or predicted; none if it is not known.
    accuracy: A,
    /// Share of the picture that can be rebuilt at least, measured with `sensors` views.
    leak: Option<f64>,
    /// Precision that the leak was measured in.
    leak_precision: Option<&'static str>,
    /// The accuracy in float, where it was measured with `sensors` views.
    accuracy_float: Option<f64>,
    /// Empirical entropy of the codes on the link, in bits per value.
    code_entropy_bits: Option<f64>,
    samples: Option<u64>,
    training_step: Option<u64>,
    latency_s: f64,
    readout_s: f64,
    sensor_s: f64,
    link_s: f64,
    aggregator_s: f64,
    energy_j: f64,
    sensor_peak_bytes: u64,
    link_bytes: u64,
    frames_per_s: Option<f64>,
    /// The note on the design.
    note: Option<String>,
}

/// Knobs and profile of the costs.
#[derive(Serialize)]
struct Sheet {
    splitscope: &'static str,
    space: String,
    profile: String,
    sensors: u32,
    knobs: std::collections::BTreeMap<String, f64>,
    seed: u64,
    run: Option<String>,
    /// Sentences on what the figures leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'static str>,
    designs: Vec<Record<Option<AccuracyFigure>>>,
}

/// Names of the columns of CSV: the fields of [`Record`], the accuracy as [`AccuracyCells`].
const COLUMNS: [&str; 31] = [
    "id",
    "pin",
    "design",
    "split",
    "fusion",
    "ratio",
    "bits",
    "macs",
    "weights",
    "feasible",
    "accuracy",
    "accuracy_kind",
    "accuracy_low",
    "accuracy_high",
    "precision",
    "leak",
    "leak_precision",
    "accuracy_float",
    "code_entropy_bits",
    "samples",
    "training_step",
    "latency_s",
    "readout_s",
    "sensor_s",
    "link_s",
    "aggregator_s",
    "energy_j",
    "sensor_peak_bytes",
    "link_bytes",
    "frames_per_s",
    "note",
];

/// Accuracy in CSV: value, kind, lower and upper end, precision.
type AccuracyCells = (Option<f64>, Option<AccuracyKind>, Option<f64>, Option<f64>, Option<&'static str>);

fn cells(figure: Option<AccuracyFigure>) -> AccuracyCells {
    let Some(AccuracyFigure { kind, value, low, high, precision, .. }) = figure else { return Default::default() };
    (Some(value), Some(kind), Some(low), Some(high), Some(precision.name()))
}

fn record<A>(
    session: &Session,
    row: &TableRow<'_>,
    accuracy: impl Fn(Option<AccuracyFigure>) -> A,
) -> Option<Record<A>> {
    let design = session.catalogue().design(row.id, row.split)?;
    let measured = if let ShownAccuracy::Measured(accuracy) = row.accuracy { Some(accuracy) } else { None };
    let float =
        session.catalogue().measurements().present().newest_in(Precision::Float, &design, session.knobs().sensors);
    let (cost, latency) = (&row.evaluation, &row.evaluation.latency);
    Some(Record {
        id: row.id,
        pin: row.pin,
        design: session.space().print_design(&design),
        split: row.split_name.to_owned(),
        fusion: row.fusion_name.to_owned(),
        ratio: design.ratio,
        bits: design.bits,
        macs: row.candidate.macs,
        weights: row.candidate.weights,
        feasible: cost.feasible(),
        accuracy: accuracy(row.accuracy.figure()),
        leak: Some(row.leak).filter(|leak| !leak.is_nan()),
        leak_precision: row.leak_precision.map(Precision::name),
        accuracy_float: float.map(|accuracy| accuracy.accuracy),
        code_entropy_bits: measured.and_then(|accuracy| Some(accuracy.quantisation?.code_entropy)),
        samples: measured.map(|accuracy| accuracy.samples),
        training_step: measured.map(|accuracy| accuracy.step),
        latency_s: latency.total_s(),
        readout_s: latency.readout_s,
        sensor_s: latency.sensor_s,
        link_s: latency.link_s,
        aggregator_s: latency.aggregator_s,
        energy_j: cost.energy_j,
        sensor_peak_bytes: cost.sensor_peak_bytes,
        link_bytes: cost.link_bytes,
        frames_per_s: Some(cost.fps).filter(|fps| fps.is_finite()),
        note: row.note.map(str::to_owned),
    })
}

/// Records of the rows of the table, each at its best split. Behind a row stand its pins that have another split.
fn records<A>(session: &Session, accuracy: impl Fn(Option<AccuracyFigure>) -> A) -> Vec<Record<A>> {
    let pinned: Vec<TableRow<'_>> = session.pinned_rows().collect();
    let with_pins = |row: TableRow<'_>| {
        let pins = pinned.iter().filter(|pin| pin.id == row.id && pin.split != row.split);
        let designs = std::iter::once(&row).chain(pins);
        designs.filter_map(|row| record(session, row, &accuracy)).collect::<Vec<_>>()
    };
    session.order().iter().filter_map(|&id| session.row(id)).flat_map(with_pins).collect()
}

/// All rows of the table as JSON, with the knobs they were costed with.
///
/// # Errors
/// None that a figure can cause; those of the format.
pub(crate) fn json(session: &Session) -> serde_json::Result<String> {
    let header = session.to_file().session;
    let designs = records(session, |figure| figure);
    let caveat = designs.iter().find_map(|record| record.accuracy?.kind.caveat());
    let sheet = Sheet {
        splitscope: env!("CARGO_PKG_VERSION"),
        space: header.space,
        profile: header.profile,
        sensors: session.knobs().sensors,
        knobs: session.limits(),
        seed: header.seed,
        run: session.training().run.clone(),
        notes: caveat.into_iter().collect(),
        designs,
    };
    Ok(text::visible(&(serde_json::to_string_pretty(&sheet)? + "\n")).into_owned())
}

/// All rows of the table as CSV.
pub(crate) fn csv(session: &Session) -> String {
    // Names of columns can't be told from a field that stands for several of them.
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let written = writer.write_record(COLUMNS);
    let written = written.and_then(|()| records(session, cells).iter().try_for_each(|row| writer.serialize(row)));
    let text =
        written.map_err(io::Error::from).and_then(|()| writer.into_inner().map_err(csv::IntoInnerError::into_error));
    let text = String::from_utf8(text.expect("a buffer takes all of it")).expect("records are text");
    text::visible(&text).into_owned()
}

/// Most rows of the Markdown table if nothing is pinned.
pub(crate) const UNPINNED: usize = 10;

/// The pinned designs, as they were pinned, as a Markdown table; the first [`UNPINNED`] rows if nothing is pinned.
pub(crate) fn markdown(session: &Session) -> String {
    let mut rows: Vec<TableRow<'_>> = session.pinned_rows().collect();
    if rows.is_empty() {
        rows = session.order().iter().filter_map(|&id| session.row(id)).take(UNPINNED).collect();
    }
    let [accuracy, time, energy, memory] =
        [Column::Accuracy, Column::Latency, Column::Energy, Column::Memory].map(|column| session.unit(column));
    let noted = !session.setup().notes().is_empty();
    let (head, rule) = if noted { (" note |", "---|") } else { ("", "") };
    let mut out = format!(
        "{} on {}, {}; accuracies measured in int8 unless they say otherwise\n\n| | accuracy % | latency {} | energy {} | sensor memory {} | link bytes | split | fusion \
         | fits |{head}\n|---|---:|---:|---:|---:|---:|---|---|---|{rule}\n",
        without_tags(&session.space().name),
        without_tags(&session.profile().name),
        number::counted(session.knobs().sensors.into(), "sensor"),
        time.symbol,
        energy.symbol,
        memory.symbol,
    );
    let rows: Vec<_> = rows.iter().filter_map(|row| record(session, row, |figure| figure)).collect();
    let caveat = rows.iter().find_map(|row| row.accuracy?.kind.caveat());
    for row in rows {
        let text = without_tags(&row.note.unwrap_or_default()).replace('|', "\\|");
        let note = if noted { format!(" {text} |") } else { String::new() };
        let _ = writeln!(
            out,
            "| #{} `{}` | {} | {} | {} | {} | {} | {} | {} | {} |{note}",
            row.id,
            without_tags(&row.design),
            in_percent(row.accuracy, accuracy),
            time.column(row.latency_s),
            energy.column(row.energy_j),
            memory.column(row.sensor_peak_bytes as f64),
            row.link_bytes,
            without_tags(&row.split),
            without_tags(&row.fusion),
            if row.feasible { "yes" } else { "no" }
        );
    }
    if let Some(caveat) = caveat {
        let _ = writeln!(out, "\n† {caveat}");
    }
    text::visible(&out).into_owned()
}

/// The accuracy with its precision unless that is int8, and with its interval unless it was measured.
fn in_percent(figure: Option<AccuracyFigure>, unit: Unit) -> String {
    let Some(figure) = figure else { return "-".to_owned() };
    let float = if figure.precision == Precision::Float { " float" } else { "" };
    let value = unit.column(figure.value);
    match figure.kind {
        AccuracyKind::Measured => format!("{value}{float}"),
        kind => {
            let half = unit.column(figure.half_interval());
            let mark = if kind == AccuracyKind::Literature { '†' } else { '≈' };
            format!("{mark}{value} ±{half}{float} ({})", kind.name())
        }
    }
}

/// Writes a file into a directory under the first free name: `splitscope-designs.csv`, `splitscope-designs-2.csv`.
///
/// # Errors
/// The directory can't be written, or the disk is full; there is then no file.
pub(crate) fn save(directory: &Path, stem: &str, extension: &str, text: &str) -> io::Result<PathBuf> {
    for number in 1.. {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = directory.join(format!("splitscope-{stem}{number}.{extension}"));
        match files::write_new(&path, text.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends by returning")
}
