//! Table 1 of SplitNets: its ticks, those of our figures, and the rows that command line and explorer print.

use serde::Serialize;

use super::paradigm::{Paradigm, ParadigmFigures};
use crate::quantity::{Dimension, Limit, Metric, number};

/// Leak below which a paradigm earns a tick for privacy.
const HALF: f64 = 0.5;

/// Column of Table 1: something that a paradigm may be good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Merit {
    /// Little communication.
    Communication,
    /// Low peak of the sensor memory.
    SensorMemory,
    /// Parallel work.
    Parallelism,
    /// High utilisation of the hardware.
    Utilisation,
    /// Pictures that stay on the sensors.
    Privacy,
}

impl Merit {
    /// All columns in the order of the paper.
    pub const ALL: [Self; 5] =
        [Self::Communication, Self::SensorMemory, Self::Parallelism, Self::Utilisation, Self::Privacy];

    /// Name in sentences.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Communication => "communication",
            Self::SensorMemory => "sensor memory",
            Self::Parallelism => "parallelism",
            Self::Utilisation => "utilisation",
            Self::Privacy => "privacy",
        }
    }

    /// Rule by which figures earn a tick.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Communication => "less than all on aggregator",
            Self::SensorMemory => "less than all on sensors",
            Self::Parallelism => "faster than all on aggregator",
            Self::Utilisation => "the highest of the system",
            Self::Privacy => "less than half of the picture can be rebuilt",
        }
    }

    /// Meaning of its figures.
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Communication => "of all sensors together",
            Self::SensorMemory => "the peak of one sensor",
            Self::Parallelism => "by the latency of a single frame",
            Self::Utilisation => "work done over peak while frames follow each other as fast as they can",
            Self::Privacy => "the leak, a lower bound by our attackers",
        }
    }

    /// Tick of the paper.
    pub const fn in_paper(self, paradigm: Paradigm) -> bool {
        match (paradigm, self) {
            (Paradigm::Distributed, _) => true,
            (Paradigm::AllOnSensors, merit) => {
                matches!(merit, Self::Communication | Self::Parallelism | Self::Privacy)
            }
            (Paradigm::AllOnAggregator, merit) => matches!(merit, Self::SensorMemory),
        }
    }

    /// Tick by the figures of a paradigm among those of all; `None` where they are not known.
    pub fn earned(self, figures: &ParadigmFigures, all: &[ParadigmFigures]) -> Option<bool> {
        let of = |paradigm: Paradigm| all.iter().find(|other| other.paradigm == paradigm);
        match self {
            Self::Communication => {
                of(Paradigm::AllOnAggregator).map(|other| figures.traffic.link_bytes < other.traffic.link_bytes)
            }
            Self::SensorMemory => of(Paradigm::AllOnSensors)
                .map(|other| figures.evaluation.sensor_peak_bytes < other.evaluation.sensor_peak_bytes),
            Self::Parallelism => Some(figures.speedup > 1.0),
            Self::Utilisation => {
                let own = figures.pipelined.system?;
                let others = all.iter().filter(|other| other.paradigm != figures.paradigm);
                Some(others.filter_map(|other| other.pipelined.system).all(|other| own > other))
            }
            Self::Privacy => figures.leak.map(|leak| leak < HALF),
        }
    }
}

/// Tick of the paper beside that of our figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MeritTick {
    /// In Table 1.
    pub paper: bool,
    /// By our figures; `None` where they are not known.
    pub figures: Option<bool>,
}

impl MeritTick {
    /// Tick of one paradigm among all.
    pub fn new(merit: Merit, figures: &ParadigmFigures, all: &[ParadigmFigures]) -> Self {
        Self { paper: merit.in_paper(figures.paradigm), figures: merit.earned(figures, all) }
    }

    /// Returns `true` if our figures say something else than the paper.
    pub fn differs(self) -> bool {
        self.figures.is_some_and(|figures| figures != self.paper)
    }
}

/// Cell of the table: a figure, and the ticks in the row that a column of Table 1 stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct ParadigmCell {
    /// Figure with its unit.
    pub text: String,
    /// Ticks of the paper and of the figures; `None` for a figure that is no column of Table 1.
    pub tick: Option<MeritTick>,
}

/// Row of the table, with a cell for each paradigm.
#[derive(Debug, Clone, PartialEq)]
pub struct ParadigmRow {
    /// Name.
    pub name: &'static str,
    /// The row is part of the one above that is none.
    pub is_part: bool,
    /// Cells in the order of the paradigms.
    pub cells: Vec<ParadigmCell>,
}

impl ParadigmRow {
    /// Name for a table in which blanks are kept: that of a part stands in from the others.
    pub fn indented(&self) -> String {
        format!("{}{}", if self.is_part { "  " } else { "" }, self.name)
    }
}

/// Rows of the table.
pub fn paradigm_rows(all: &[ParadigmFigures]) -> Vec<ParadigmRow> {
    let made = |name, is_part, merit: Option<Merit>, text: &dyn Fn(&ParadigmFigures) -> String| {
        let cell = |figures: &ParadigmFigures| ParadigmCell {
            text: text(figures),
            tick: merit.map(|merit| MeritTick::new(merit, figures, all)),
        };
        ParadigmRow { name, is_part, cells: all.iter().map(cell).collect() }
    };
    let row = |name, merit, text: &dyn Fn(&ParadigmFigures) -> String| made(name, false, merit, text);
    let part = |name, text: &dyn Fn(&ParadigmFigures) -> String| made(name, true, None, text);
    let share =
        |share: Option<f64>| share.map_or_else(|| "not known".to_owned(), |share| Dimension::Share.format(share));
    let bytes = |bytes: u64| Dimension::Bytes.format(bytes as f64);
    vec![
        row("communication", Some(Merit::Communication), &|one| bytes(one.traffic.total_bytes)),
        part("of raw frames", &|one| share(Some(one.traffic.raw_share))),
        part("time", &|one| Dimension::Time.format(one.evaluation.latency.link_s)),
        part("energy", &|one| Dimension::Energy.format(one.communication_j)),
        row("sensor memory", Some(Merit::SensorMemory), &|one| bytes(one.evaluation.sensor_peak_bytes)),
        row("speed-up", Some(Merit::Parallelism), &|one| number::figure(one.speedup)),
        part("per sensor", &|one| number::figure(one.efficiency)),
        part("latency", &|one| Dimension::Time.format(one.evaluation.latency.total_s())),
        row("utilisation", Some(Merit::Utilisation), &|one| share(one.pipelined.system)),
        part("sensor", &|one| share(one.pipelined.sensor)),
        part("aggregator", &|one| share(one.pipelined.aggregator)),
        part("single frame", &|one| share(one.single_frame.system)),
        row("privacy", Some(Merit::Privacy), &leak),
        row("limits broken", None, &limits),
    ]
}

/// The leak of a design.
fn leak(figures: &ParadigmFigures) -> String {
    figures.leak.map_or_else(|| "not measured".to_owned(), |leak| format!("leak {}", Metric::Leak.format(leak)))
}

/// The broken limits of a design in words.
fn limits(figures: &ParadigmFigures) -> String {
    let broken: Vec<&str> = figures.evaluation.violations.iter().map(Limit::short).collect();
    if broken.is_empty() { "none".to_owned() } else { broken.join(", ") }
}

/// Sentences about the ticks in which our figures differ from the paper.
pub fn paradigm_differences(all: &[ParadigmFigures]) -> Vec<String> {
    let mut sentences = Vec::new();
    for merit in Merit::ALL {
        for figures in all {
            let tick = MeritTick::new(merit, figures, all);
            if tick.differs() {
                let [paper, here] = if tick.paper { ["yes", "no"] } else { ["no", "yes"] };
                let (paradigm, merit, rule) = (figures.paradigm.label(), merit.label(), merit.rule());
                sentences.push(format!("{paradigm}, {merit}: {here} ({rule}), paper {paper}"));
            }
        }
    }
    sentences
}
