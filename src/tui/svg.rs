//! A drawn screen as SVG: for the export of the live screen and for the pictures of the README.
//!
//! The picture does not depend on the viewer's fonts: backgrounds are rectangles; box drawing, block elements,
//! braille and the plot marks are geometry (`shapes`); the remaining text is set in a monospace stack with its
//! width fixed by `textLength`. The whole screen also stands as plain text in `<desc>`, for screen readers and for
//! tests. Uses ratatui's buffer, nothing else.

mod shapes;

use std::{collections::BTreeMap, fmt::Write as _};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use shapes::Ink;

use super::widget::width;
use crate::svg::SvgDocument;

/// The ground a screen is drawn on, for colours the terminal decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

/// A 24-bit colour.
type Rgb = (u8, u8, u8);

/// Size of a cell in user units; monospace fonts advance by 0.6 em.
const CELL: (u16, u16) = (10, 20);
const FONT_SIZE: &str = "16.4";
const BASELINE: u16 = 15;
/// Margin around the screen.
const MARGIN: u16 = 12;
const FONTS: &str = "ui-monospace,'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace";

/// The screen in `buffer` as an SVG document named `title`.
pub(crate) fn svg(buffer: &Buffer, title: &str, ground: Ground) -> String {
    let mut picture = Picture::new(ground);
    for y in 0..buffer.area.height {
        picture.row(buffer, y);
    }
    picture.document(buffer, title)
}

/// Shapes drawn so far, in layers.
struct Picture {
    ground: Ground,
    /// Path data by colour of the rectangles behind the text.
    backgrounds: BTreeMap<Rgb, String>,
    /// Path data by colour and way of inking.
    paths: BTreeMap<(Rgb, Ink), String>,
    /// Attributes and contents of the texts.
    texts: Vec<(String, String)>,
}

/// Colours of a cell after reversal and dimming.
#[derive(Clone, Copy, PartialEq, Eq)]
struct CellStyle {
    front: Rgb,
    back: Rgb,
    modifier: Modifier,
}

/// Neighbouring cells of the same look, to be set as one text.
struct Run {
    x: u16,
    cells: u16,
    text: String,
    look: CellStyle,
}

impl Picture {
    fn new(ground: Ground) -> Self {
        Self { ground, backgrounds: BTreeMap::new(), paths: BTreeMap::new(), texts: Vec::new() }
    }

    /// Draws row `y` (counted from the top of the buffer).
    fn row(&mut self, buffer: &Buffer, y: u16) {
        let at = |x: u16| &buffer[(buffer.area.x + x, buffer.area.y + y)];
        let mut run: Option<Run> = None;
        let mut x = 0;
        self.backgrounds(buffer, y);
        while x < buffer.area.width {
            let cell = at(x);
            let look = self.look(cell);
            let cells = width(cell.symbol()).max(1);
            // A line or bar that goes on is drawn once.
            let same = |next: &u16| at(*next) == cell;
            let repeats =
                if shapes::joins(cell.symbol()) { (x..buffer.area.width).take_while(same).count() as u16 } else { 1 };
            let span = cells.max(repeats).min(buffer.area.width - x);
            self.lines(x, y, span, look);
            let drawn = cell.symbol() == " " || self.shape(cell.symbol(), x, y, span, look);
            if drawn {
                self.finish(run.take(), y);
            } else {
                run = Some(self.extend(run, cell.symbol(), (x, y), span, look));
            }
            x += span;
        }
        self.finish(run, y);
    }

    fn look(&self, cell: &Cell) -> CellStyle {
        let text = match self.ground {
            Ground::Dark => (0xdc, 0xdf, 0xe4),
            Ground::Light => (0x1f, 0x23, 0x28),
        };
        let (mut front, mut back) = (rgb(cell.fg).unwrap_or(text), rgb(cell.bg).unwrap_or(ground_colour(self.ground)));
        if cell.modifier.contains(Modifier::REVERSED) {
            (front, back) = (back, front);
        }
        if cell.modifier.contains(Modifier::DIM) {
            front = mix(front, back, 0.45);
        }
        if cell.modifier.contains(Modifier::HIDDEN) {
            front = back;
        }
        let kept = Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
        CellStyle { front, back, modifier: cell.modifier & kept }
    }

    /// Rectangles behind the cells of a row, one for neighbours of one colour.
    fn backgrounds(&mut self, buffer: &Buffer, y: u16) {
        let back = |picture: &Self, x: u16| picture.look(&buffer[(buffer.area.x + x, buffer.area.y + y)]).back;
        let mut x = 0;
        while x < buffer.area.width {
            let colour = back(self, x);
            let cells = (x..buffer.area.width).take_while(|next| back(self, *next) == colour).count() as u16;
            if colour != ground_colour(self.ground) {
                let width = cells * CELL.0;
                let path = self.backgrounds.entry(colour).or_default();
                let _ = write!(path, "M{} {}h{width}v{}h-{width}z", x * CELL.0, y * CELL.1, CELL.1);
            }
            x += cells;
        }
    }

    /// Lines below and through the text.
    fn lines(&mut self, x: u16, y: u16, cells: u16, look: CellStyle) {
        for (modifier, height) in [(Modifier::UNDERLINED, 18), (Modifier::CROSSED_OUT, 10)] {
            if look.modifier.contains(modifier) {
                let line = self.paths.entry((look.front, Ink::LINE)).or_default();
                let _ = write!(line, "M{} {}h{}", x * CELL.0, y * CELL.1 + height, cells * CELL.0);
            }
        }
    }

    /// Draws a symbol as geometry, if it is one that is.
    fn shape(&mut self, symbol: &str, x: u16, y: u16, cells: u16, look: CellStyle) -> bool {
        let strokes = shapes::strokes(symbol, x * CELL.0, y * CELL.1, cells);
        for (ink, path) in &strokes {
            self.paths.entry((look.front, *ink)).or_default().push_str(path);
        }
        !strokes.is_empty()
    }

    /// Adds a symbol to the run, or finishes that and begins another.
    fn extend(&mut self, run: Option<Run>, symbol: &str, (x, y): (u16, u16), cells: u16, look: CellStyle) -> Run {
        match run {
            Some(mut run) if run.look == look && run.x + run.cells == x => {
                run.text.push_str(symbol);
                run.cells += cells;
                run
            }
            other => {
                self.finish(other, y);
                Run { x, cells, text: symbol.to_owned(), look }
            }
        }
    }

    fn finish(&mut self, run: Option<Run>, y: u16) {
        let Some(run) = run else { return };
        let bold = if run.look.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let italic = if run.look.modifier.contains(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" };
        let attributes = format!(
            "x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{bold}{italic}",
            run.x * CELL.0,
            y * CELL.1 + BASELINE,
            run.cells * CELL.0,
            hex(run.look.front),
        );
        self.texts.push((attributes, run.text));
    }

    fn document(&self, buffer: &Buffer, title: &str) -> String {
        let (inner_width, inner_height) =
            (u32::from(buffer.area.width) * u32::from(CELL.0), u32::from(buffer.area.height) * u32::from(CELL.1));
        let (width, height) = (inner_width + 2 * u32::from(MARGIN), inner_height + 2 * u32::from(MARGIN));
        let mut document = SvgDocument::new((width, height), title, &plain(buffer));
        let ground = hex(ground_colour(self.ground));
        document.element(&format!("rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{ground}\""));
        document.begin_group(&format!("transform=\"translate({MARGIN} {MARGIN})\""));
        for (colour, path) in &self.backgrounds {
            document.path(&format!("fill=\"{}\"", hex(*colour)), path);
        }
        for ((colour, ink), path) in &self.paths {
            document.path(&ink.attributes(&hex(*colour)), path);
        }
        document.begin_group(&format!(
            "font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" lengthAdjust=\"spacingAndGlyphs\" style=\"white-space:pre\""
        ));
        for (attributes, text) in &self.texts {
            document.text(attributes, text);
        }
        document.end_group();
        document.end_group();
        document.finish()
    }
}

/// The screen as plain text, trailing blanks removed.
fn plain(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(buffer.area.x + x, buffer.area.y + y)].symbol();
            row.push_str(symbol);
            x += width(symbol).max(1);
        }
        text.push('\n');
        text.push_str(row.trim_end());
    }
    text
}

fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

const fn ground_colour(ground: Ground) -> Rgb {
    match ground {
        Ground::Dark => (0x16, 0x18, 0x1d),
        Ground::Light => (0xff, 0xff, 0xff),
    }
}

/// `a` with `share` of `b`.
fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    let channel = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
    (channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2))
}

/// The sixteen named colours as most terminals show them, the 256 of the xterm cube, or 24 bits as they are.
/// `None` for the terminal's own.
fn rgb(color: Color) -> Option<Rgb> {
    const NAMED: [Rgb; 16] = [
        (0x00, 0x00, 0x00),
        (0xcd, 0x31, 0x31),
        (0x0d, 0xbc, 0x79),
        (0xc8, 0xa8, 0x1e),
        (0x24, 0x72, 0xc8),
        (0xbc, 0x3f, 0xbc),
        (0x11, 0xa8, 0xcd),
        (0xc5, 0xc8, 0xc6),
        (0x76, 0x76, 0x76),
        (0xf1, 0x4c, 0x4c),
        (0x23, 0xd1, 0x8b),
        (0xf5, 0xf5, 0x43),
        (0x3b, 0x8e, 0xea),
        (0xd6, 0x70, 0xd6),
        (0x29, 0xb8, 0xdb),
        (0xff, 0xff, 0xff),
    ];
    let named = |index: usize| Some(NAMED[index]);
    match color {
        Color::Reset => None,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(index @ 0..16) => named(usize::from(index)),
        Color::Indexed(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            Some((level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
        }
        Color::Indexed(index) => Some([8 + 10 * (index - 232); 3].into()),
    }
}

#[cfg(test)]
mod tests;
