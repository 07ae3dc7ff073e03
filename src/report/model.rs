//! Model of a page: what both forms print.

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// Title.
    pub title: String,
    /// The answer in a few sentences.
    pub lead: String,
    /// Sections in order.
    pub sections: Vec<PageSection>,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageSection {
    /// Heading.
    pub heading: &'static str,
    /// Contents in order.
    pub passages: Vec<Passage>,
}

/// Part of a section.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Passage {
    /// A paragraph.
    Text(String),
    /// Something that is not known, and the command that finds it out.
    Missing {
        /// Sentence on what is missing.
        sentence: String,
        /// Command line; empty where there is none.
        command: String,
    },
    /// Sentences one below the other.
    List(Vec<String>),
    /// A table.
    Table(PageTable),
    /// A picture.
    Picture(PagePicture),
    /// Lines as they are: commands, files.
    Code(String),
}

/// A table. Its first column names the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PageTable {
    /// Caption.
    pub caption: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Number of columns at the left that hold words; the others hold figures.
    pub words: usize,
    /// Rows.
    pub rows: Vec<PageRow>,
    /// Folded away where the form can do that.
    pub folded: bool,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageRow {
    /// A cell for each column.
    pub cells: Vec<String>,
    /// The row is part of the one above that is none.
    pub is_part: bool,
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PagePicture {
    /// Name of its file in forms that need one.
    pub name: String,
    /// Caption.
    pub caption: String,
    /// SVG document.
    pub svg: String,
}

impl PageSection {
    /// A section.
    pub(crate) fn new(heading: &'static str, passages: Vec<Passage>) -> Self {
        Self { heading, passages }
    }
}

impl Passage {
    /// A picture with its caption.
    pub(crate) fn picture(name: &str, caption: impl Into<String>, svg: String) -> Self {
        Self::Picture(PagePicture { name: name.to_owned(), caption: caption.into(), svg })
    }

    /// Something missing that a command finds out.
    pub(crate) fn missing(sentence: impl Into<String>, command: impl Into<String>) -> Self {
        Self::Missing { sentence: sentence.into(), command: command.into() }
    }
}

impl PageTable {
    /// A table whose first `words` columns hold words.
    pub(crate) fn new(caption: impl Into<String>, head: &[&str], words: usize) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { caption: caption.into(), head, words, rows: Vec::new(), folded: false }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.add(PageRow { cells, is_part: false });
    }

    /// Adds a row that is part of the last one that is none.
    pub(crate) fn part(&mut self, cells: Vec<String>) {
        self.add(PageRow { cells, is_part: true });
    }

    fn add(&mut self, row: PageRow) {
        debug_assert_eq!(row.cells.len(), self.head.len(), "{row:?}");
        self.rows.push(row);
    }
}
