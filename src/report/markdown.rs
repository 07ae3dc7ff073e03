//! The page as Markdown, with its pictures as files beside it.

use std::fmt::Write as _;

use super::model::{PagePicture, PageTable, Passage, Report};
use crate::text::{self, without_tags};

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
        let _ = writeln!(page.text, "# {}\n\n{}", without_tags(&self.title), without_tags(&self.lead));
        for section in &self.sections {
            let _ = writeln!(page.text, "\n## {}", without_tags(section.heading));
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
            Passage::Text(text) => writeln!(out, "{}", without_tags(text)),
            Passage::Missing { sentence, command } if command.is_empty() => {
                writeln!(out, "> **Not known:** {}", without_tags(sentence))
            }
            Passage::Missing { sentence, command } => {
                let command = without_tags(command);
                writeln!(out, "> **Not known:** {} Find out with `{command}`", without_tags(sentence))
            }
            Passage::List(sentences) => {
                sentences.iter().try_for_each(|sentence| writeln!(out, "- {}", without_tags(sentence)))
            }
            Passage::Table(table) => table_text(out, table),
            Passage::Code(lines) => writeln!(out, "```text\n{}\n```", lines.trim_end()),
            Passage::Picture(picture) => {
                let file = format!("{stem}-{}.svg", picture.name);
                let (name, caption) = (picture.name.replace('-', " "), without_tags(&picture.caption));
                let written = writeln!(out, "![{name}]({file})\n\n*{caption}*");
                self.pictures.push((file, picture));
                written
            }
        };
    }
}

fn table_text(out: &mut String, table: &PageTable) -> std::fmt::Result {
    writeln!(out, "{}\n", without_tags(&table.caption))?;
    let cells = |cells: &[String]| {
        let escape = |cell: &String| without_tags(cell).replace('|', "\\|").replace('\n', " ");
        let escaped: Vec<String> = cells.iter().map(escape).collect();
        format!("| {} |", escaped.join(" | "))
    };
    writeln!(out, "{}", cells(&table.head))?;
    let rules = (0..table.head.len()).map(|index| if index < table.words { "---|" } else { "---:|" });
    writeln!(out, "|{}", rules.collect::<String>())?;
    // A part can't stand in from the others there: it is named with what it is a part of.
    let mut whole = "";
    for row in &table.rows {
        let Some((name, rest)) = row.cells.split_first() else { continue };
        let of_whole = row.is_part.then(|| format!("{whole}, {name}"));
        whole = if row.is_part { whole } else { name };
        let name = of_whole.as_ref().unwrap_or(name);
        writeln!(out, "{}", cells(&[std::slice::from_ref(name), rest].concat()))?;
    }
    Ok(())
}
