//! The page as Markdown, with its pictures as files beside it.

use std::fmt::Write as _;

use super::model::{PagePicture, PageTable, Passage, Report};
use crate::text;

/// A page as Markdown.
pub(crate) struct MarkdownPage<'a> {
    /// The text.
    pub text: String,
    /// Pictures with the names of their files.
    pub pictures: Vec<(String, &'a PagePicture)>,
}

impl Report {
    /// The page as Markdown. Names of its pictures' files begin with `stem`.
    pub(crate) fn markdown(&self, stem: &str) -> MarkdownPage<'_> {
        let mut page = MarkdownPage { text: String::new(), pictures: Vec::new() };
        let _ = writeln!(page.text, "# {}\n\n{}", self.title, self.lead);
        for section in &self.sections {
            let _ = writeln!(page.text, "\n## {}", section.heading);
            for passage in &section.passages {
                page.text.push('\n');
                page.passage(passage, stem);
            }
        }
        let _ = writeln!(page.text, "\nMade by splitscope {}.", env!("CARGO_PKG_VERSION"));
        page.text = text::visible(&page.text).into_owned();
        page
    }
}

impl<'a> MarkdownPage<'a> {
    fn passage(&mut self, passage: &'a Passage, stem: &str) {
        let out = &mut self.text;
        let _ = match passage {
            Passage::Text(text) => writeln!(out, "{text}"),
            Passage::Missing { sentence, command } if command.is_empty() => {
                writeln!(out, "> **Not known:** {sentence}")
            }
            Passage::Missing { sentence, command } => {
                writeln!(out, "> **Not known:** {sentence} Find out with `{command}`")
            }
            Passage::List(sentences) => sentences.iter().try_for_each(|sentence| writeln!(out, "- {sentence}")),
            Passage::Table(table) => table_text(out, table),
            Passage::Code(lines) => writeln!(out, "```text\n{}\n```", lines.trim_end()),
            Passage::Picture(picture) => {
                let file = format!("{stem}-{}.svg", picture.name);
                let written = writeln!(out, "![{}]({file})\n\n*{}*", picture.name.replace('-', " "), picture.caption);
                self.pictures.push((file, picture));
                written
            }
        };
    }
}

fn table_text(out: &mut String, table: &PageTable) -> std::fmt::Result {
    writeln!(out, "{}\n", table.caption)?;
    let cells = |cells: &[String]| {
        let escaped: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |", escaped.join(" | "))
    };
    writeln!(out, "{}", cells(&table.head))?;
    let rules = (0..table.head.len()).map(|index| if index < table.words { "---|" } else { "---:|" });
    writeln!(out, "|{}", rules.collect::<String>())?;
    table.rows.iter().try_for_each(|row| writeln!(out, "{}", cells(row)))
}
