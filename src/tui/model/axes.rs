//! Axes of the scatter plot: a figure on each, linear or logarithmic.

use crate::explore::{Column, Session};

/// Prefix of a logarithmic figure in a session file.
const LOG: &str = "log ";

/// An axis of the scatter plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PlotSide {
    /// The vertical axis.
    Up,
    /// The horizontal axis.
    Right,
}

/// Figures of the scatter plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PlotAxes {
    /// Figure of the vertical axis.
    pub(crate) up: Column,
    /// Figure of the horizontal axis.
    pub(crate) right: Column,
    /// The vertical axis is logarithmic.
    pub(crate) log_up: bool,
    /// The horizontal axis is logarithmic.
    pub(crate) log_right: bool,
}

impl Default for PlotAxes {
    fn default() -> Self {
        Self { up: Column::Accuracy, right: Column::Latency, log_up: false, log_right: false }
    }
}

impl PlotAxes {
    /// Axes as words of a session file, vertical first.
    pub(crate) fn words(self) -> [String; 2] {
        let words = |column: Column, log: bool| format!("{}{}", if log { LOG } else { "" }, column.name());
        [words(self.up, self.log_up), words(self.right, self.log_right)]
    }

    /// Axes of a session file; `None` if the words name no two different figures.
    pub(crate) fn read([up, right]: &[String; 2]) -> Option<Self> {
        let axis = |words: &str| {
            let (log, name) = words.strip_prefix(LOG).map_or((false, words), |name| (true, name));
            Column::named(name).filter(|column| Column::FIGURES.contains(column)).map(|column| (column, log))
        };
        let ((up, log_up), (right, log_right)) = (axis(up)?, axis(right)?);
        (up != right).then_some(Self { up, right, log_up, log_right })
    }

    /// Axes as drawn: while no row has a measured accuracy at the current number of sensors, the multiply-accumulates
    /// of the network stand in for the accuracy.
    #[must_use]
    pub(crate) fn shown(self, session: &Session) -> Self {
        let shown = |column: Column| {
            if column == Column::Accuracy && !session.has_accuracies() { Column::Macs } else { column }
        };
        Self { up: shown(self.up), right: shown(self.right), ..self }
    }

    /// Puts a figure on an axis. One that is no figure, or that the other axis shows, changes nothing.
    pub(crate) fn set(&mut self, side: PlotSide, figure: Column) {
        let (axis, other) = match side {
            PlotSide::Up => (&mut self.up, self.right),
            PlotSide::Right => (&mut self.right, self.up),
        };
        if figure != other && Column::FIGURES.contains(&figure) {
            *axis = figure;
        }
    }

    /// Switches an axis between logarithmic and linear.
    pub(crate) const fn toggle_log(&mut self, side: PlotSide) {
        match side {
            PlotSide::Up => self.log_up = !self.log_up,
            PlotSide::Right => self.log_right = !self.log_right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_figure_stands_on_both_axes() {
        let mut axes = PlotAxes::default();
        for up in Column::FIGURES {
            for right in Column::FIGURES {
                axes.set(PlotSide::Up, up);
                axes.set(PlotSide::Right, right);
                assert_ne!(axes.up, axes.right);
            }
        }
        axes.set(PlotSide::Right, Column::Energy);
        axes.set(PlotSide::Up, Column::Latency);
        axes.set(PlotSide::Right, Column::Latency);
        axes.set(PlotSide::Up, Column::Split);
        assert_eq!((axes.up, axes.right), (Column::Latency, Column::Energy));
    }

    #[test]
    fn words_of_axes_read_back() {
        let mut axes = PlotAxes::default();
        axes.set(PlotSide::Up, Column::Memory);
        axes.toggle_log(PlotSide::Right);
        assert_eq!(PlotAxes::read(&axes.words()), Some(axes));
        assert_eq!(PlotAxes::read(&["latency".to_owned(), "log latency".to_owned()]), None);
        assert_eq!(PlotAxes::read(&["nonsense".to_owned(), "latency".to_owned()]), None);
    }
}
