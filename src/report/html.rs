//! The page as HTML: one file with its style and pictures in it, without scripts, for light and dark screens and for
//! paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::model::{PageSection, PageTable, Passage, Report};
use crate::svg;
use crate::text;

const STYLE: &str = include_str!("page.css");

impl Report {
    /// The page as an HTML document.
    pub(crate) fn html(&self) -> String {
        let dark = format!("@media screen and (prefers-color-scheme:dark){{{}}}", svg::dark_rules());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content={ "splitscope " (env!("CARGO_PKG_VERSION")) };
                    // Without it browsers ask the server for a symbol of the page.
                    link rel="icon" href="data:,";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) (PreEscaped(dark)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        p.lead { (code_spans(&self.lead)) }
                        nav aria-label="Contents" {
                            ul { @for section in &self.sections {
                                li { a href={ "#" (anchor(section.heading)) } { (section.heading) } }
                            } }
                        }
                    }
                    main { @for section in &self.sections { (section_markup(section)) } }
                    footer { p { "Made by splitscope " (env!("CARGO_PKG_VERSION")) "." } }
                }
            }
        };
        text::visible(&page.into_string()).into_owned()
    }
}

/// Name of a section as a target of links.
pub(super) fn anchor(heading: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    heading.chars().map(letter).collect()
}

fn section_markup(section: &PageSection) -> Markup {
    let anchor = anchor(section.heading);
    html! {
        section id=(anchor) aria-labelledby={ (anchor) "-heading" } {
            h2 id={ (anchor) "-heading" } { (section.heading) }
            @for passage in &section.passages { (passage_markup(passage)) }
        }
    }
}

fn passage_markup(passage: &Passage) -> Markup {
    html! {
        @match passage {
            Passage::Text(text) => p { (code_spans(text)) },
            Passage::Missing { sentence, command } => p.missing {
                strong { "Not known: " } (code_spans(sentence))
                @if !command.is_empty() { " Find out with " code { (command) } }
            },
            Passage::List(sentences) => ul { @for sentence in sentences { li { (code_spans(sentence)) } } },
            Passage::Table(table) if table.folded => details { summary { (table.caption) } (table_markup(table)) },
            Passage::Table(table) => (table_markup(table)),
            Passage::Picture(picture) => figure tabindex="0" {
                (PreEscaped(&picture.svg))
                figcaption { (code_spans(&picture.caption)) }
            },
            Passage::Code(lines) => pre tabindex="0" { code { (lines) } },
        }
    }
}

fn table_markup(table: &PageTable) -> Markup {
    // A wide table scrolls by itself; what scrolls must be reached with the keyboard.
    html! {
        div.wide tabindex="0" role="region" aria-label=(table.caption) {
            table {
                caption { (code_spans(&table.caption)) }
                thead { tr { @for (index, name) in table.head.iter().enumerate() {
                    th.figure[index >= table.words] scope="col" { (name) }
                } } }
                tbody { @for row in &table.rows { tr { @for (index, cell) in row.cells.iter().enumerate() {
                    @if index == 0 { th.part[row.is_part] scope="row" { (code_spans(cell)) } }
                    @else { td.figure[index >= table.words] { (code_spans(cell)) } }
                } } } }
            }
        }
    }
}

/// Text in which what stands between backticks is code.
fn code_spans(text: &str) -> Markup {
    html! {
        @for (index, span) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (span) } } @else { (span) }
        }
    }
}
