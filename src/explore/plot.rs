//! What the scatter shows: a figure on each axis, linear or logarithmic.

use super::column::Column;
use super::command::{Move, Side};
use super::session::Session;

/// What stands before a logarithmic figure in a session file.
const LOG: &str = "log ";

/// The axes of the scatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plot {
    /// The figure upwards.
    pub up: Column,
    /// The figure to the right.
    pub right: Column,
    /// Whether the vertical axis is logarithmic.
    pub log_up: bool,
    /// Whether the horizontal axis is logarithmic.
    pub log_right: bool,
}

impl Default for Plot {
    fn default() -> Self {
        Self { up: Column::Accuracy, right: Column::Latency, log_up: false, log_right: false }
    }
}

impl Plot {
    /// The axes as words for a session file, upwards and to the right.
    pub(super) fn words(self) -> [String; 2] {
        let words = |column: Column, log: bool| format!("{}{}", if log { LOG } else { "" }, column.name());
        [words(self.up, self.log_up), words(self.right, self.log_right)]
    }

    /// The axes of a session file; `None` if the words mean no two figures.
    pub(super) fn read([up, right]: &[String; 2]) -> Option<Self> {
        let axis = |words: &str| {
            let (log, name) = words.strip_prefix(LOG).map_or((false, words), |name| (true, name));
            Column::named(name).filter(|column| Column::FIGURES.contains(column)).map(|column| (column, log))
        };
        let ((up, log_up), (right, log_right)) = (axis(up)?, axis(right)?);
        (up != right).then_some(Self { up, right, log_up, log_right })
    }

    pub(super) const fn turn_log(&mut self, side: Side) {
        match side {
            Side::Up => self.log_up = !self.log_up,
            Side::Right => self.log_right = !self.log_right,
        }
    }
}

impl Session {
    /// The axes as they are drawn: as long as no row was measured with the present number of sensors, the network's
    /// multiply-accumulates stand where the accuracy will.
    pub fn plot(&self) -> Plot {
        let known =
            |column: Column| if column == Column::Accuracy && !self.known.accuracies { Column::Macs } else { column };
        Plot { up: known(self.ui.plot.up), right: known(self.ui.plot.right), ..self.ui.plot }
    }

    /// Puts another figure on an axis. The one the other axis shows already is passed over.
    pub(super) fn choose_axis(&mut self, side: Side, to: Move) {
        self.known.forget_points();
        let plot = &mut self.ui.plot;
        let (axis, other) = match side {
            Side::Up => (&mut plot.up, plot.right),
            Side::Right => (&mut plot.right, plot.up),
        };
        let free: Vec<Column> = Column::FIGURES.into_iter().filter(|column| *column != other).collect();
        let to = match to {
            Move::To(index) => match Column::FIGURES.get(index) {
                Some(column) if free.contains(column) => return *axis = *column,
                _ => return,
            },
            to => to,
        };
        let now = free.iter().position(|column| column == axis).unwrap_or(0);
        *axis = free[to.wrap(now, free.len())];
    }
}
