//! Figures of designs as they are written: their name, their unit, the same in every pane.

use crate::{
    explore::{Column, Dial, KnobId, Session},
    tui::text,
};

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Its name in a sentence.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Size of the unit in base units.
    pub size: f64,
}

impl Figure {
    /// The way to write a figure of a session: in the unit of its knob, so that values and limits compare at a glance.
    pub fn of(session: &Session, column: Column) -> Self {
        let (unit, size) = match column {
            Column::Accuracy => ("%", 0.01),
            Column::Latency => ("ms", 1e-3),
            Column::Energy => ("uJ", 1e-6),
            Column::Memory => ("KiB", 1024.0),
            Column::Link => ("B", 1.0),
            Column::FrameRate => ("fps", 1.0),
            Column::Macs => ("MMAC", 1e6),
            _ => ("", 1.0),
        };
        let dial = column.limit().filter(|knob| *knob != KnobId::AccuracyFloor).and_then(|knob| session.dial(knob));
        let (unit, size) = dial.map_or((unit, size), |dial: &Dial| (dial.unit, dial.unit_size()));
        // The unit says it.
        let name = if column == Column::Macs { "" } else { column.title() };
        Self { name, unit, size }
    }

    /// A value in base units, without the unit: three digits of rates, whole bytes, one decimal place of everything else.
    pub fn write(&self, value: f64) -> String {
        if matches!(self.unit, "B" | "fps") { text::figure(value) } else { text::decimal(value / self.size) }
    }

    /// A value in base units with its unit.
    pub fn with_unit(&self, value: f64) -> String {
        format!("{} {}", self.write(value), self.unit)
    }
}
