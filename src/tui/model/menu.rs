//! Menus: a question or an offer with choices.

use super::axes::{PlotAxes, PlotSide};
use crate::{
    explore::{Column, Command, Session, WorkControl},
    tui::{command::UserCommand, effect::ExportFormat, export, keymap::Keymap},
};

/// A choice of a menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Words that are shown.
    pub(crate) label: String,
    /// Commands that it carries out.
    pub(crate) commands: Vec<UserCommand>,
}

impl Choice {
    /// A choice that carries out one command.
    pub(crate) fn new(label: impl Into<String>, command: impl Into<UserCommand>) -> Self {
        Self { label: label.into(), commands: vec![command.into()] }
    }
}

/// A menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Menu {
    /// Heading of the menu.
    pub(crate) title: String,
    /// Sentence above the choices; may be empty.
    pub(crate) text: String,
    /// Rows of the menu.
    pub(crate) choices: Vec<Choice>,
    /// Chosen row.
    pub(crate) row: usize,
}

impl Menu {
    /// A menu whose first row is chosen.
    pub(crate) fn new(title: &str, text: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { title: title.to_owned(), text: text.into(), choices, row: 0 }
    }

    /// Commands of a row; none if there is no such row.
    pub(crate) fn commands(&self, row: usize) -> Vec<UserCommand> {
        self.choices.get(row).map(|choice| choice.commands.clone()).unwrap_or_default()
    }

    /// Question before quitting while `work` (a training or a search) is running.
    pub(crate) fn quit(work: &str) -> Self {
        let quit = UserCommand::QuitNow { keep_frame: false };
        let stop = Choice {
            label: format!("stop the {work} (it can be resumed), then quit"),
            commands: vec![Command::Control(WorkControl::Stop).into(), quit.clone()],
        };
        let stay = Choice { label: "stay".to_owned(), commands: Vec::new() };
        let text = format!("The {work} is running. It continues without this screen.");
        Self::new("Quit", text, vec![Choice::new(format!("quit, and let the {work} go on"), quit), stop, stay])
    }

    /// Files that can be written.
    pub(crate) fn export(session: &Session) -> Self {
        let choice = |label: &str, format| Choice::new(label, UserCommand::Export(format));
        let designs = match session.order().len() {
            _ if session.setup().filter().is_empty() => "all designs".to_owned(),
            1 => "the design shown".to_owned(),
            shown => format!("the {shown} designs shown"),
        };
        let table = match session.order().len().min(export::UNPINNED) {
            _ if !session.setup().pins().is_empty() => "the pinned designs".to_owned(),
            1 => "the design shown".to_owned(),
            first => format!("the first {first} designs (none is pinned)"),
        };
        let choices = vec![
            choice("this screen as a picture (SVG)", ExportFormat::Svg),
            choice("a report on the selected design, to hand on (HTML)", ExportFormat::Report),
            choice(&format!("{designs} as CSV"), ExportFormat::Csv),
            choice(&format!("{designs} as JSON"), ExportFormat::Json),
            choice(&format!("{table} as a Markdown table"), ExportFormat::Markdown),
            choice("the session, to open it again as it is (TOML)", ExportFormat::Session),
        ];
        Self::new("Export", "", choices)
    }

    /// Remembered setups.
    pub(crate) fn recall(session: &Session, keys: &Keymap) -> Self {
        let saved = session.history().saved().iter().enumerate();
        let choices: Vec<Choice> =
            saved.map(|(index, saved)| Choice::new(saved.name.as_str(), Command::Recall(index))).collect();
        let text = if choices.is_empty() {
            let key = keys.key(UserCommand::Type(super::entry::Purpose::Remember));
            format!("Nothing is remembered yet; {key} remembers the present setup.")
        } else {
            String::new()
        };
        Self::new("Go back to", text, choices)
    }

    /// Figures and scales of the axes of the scatter plot; leaks only where some were measured.
    pub(crate) fn axes(axes: PlotAxes, leaks: bool) -> Self {
        let mut choices = Vec::new();
        for (side, direction, now, other, log) in [
            (PlotSide::Up, "upwards", axes.up, axes.right, axes.log_up),
            (PlotSide::Right, "to the right", axes.right, axes.up, axes.log_right),
        ] {
            for column in
                Column::FIGURES.into_iter().filter(|column| *column != other && (leaks || *column != Column::Leak))
            {
                let mark = if column == now { " (now)" } else { "" };
                let label = format!("{direction}: {}{mark}", column.title());
                choices.push(Choice::new(label, UserCommand::SetAxis(side, column)));
            }
            let scale = if log { "linear" } else { "logarithmic" };
            choices.push(Choice::new(format!("{direction}: {scale} axis"), UserCommand::ToggleLogAxis(side)));
        }
        Self::new("Axes of the scatter", "", choices)
    }
}
