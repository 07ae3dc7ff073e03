//! Characters that are geometry: path data in a cell of 10 x 20 units.

use std::fmt::Write as _;

/// Paint of path data. Ordered so that documents are reproducible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ink {
    /// Filled, without an outline.
    Fill,
    /// Stroked; lengths in tenths of a unit.
    Stroke {
        /// Width of the line.
        width: u16,
        /// Length of dashes and of the gaps between them; zero for a solid line.
        dash: (u16, u16),
        /// Round ends.
        round: bool,
    },
}

impl Ink {
    /// A thin line.
    pub(crate) const LINE: Self = stroke(13);
    /// A thick line.
    const HEAVY: Self = stroke(30);
    /// Dots of braille: points with round ends.
    const DOT: Self = Self::Stroke { width: 27, dash: (0, 0), round: true };
    /// Hand-drawn marks.
    const PEN: Self = Self::Stroke { width: 17, dash: (0, 0), round: true };

    /// Attributes of a `path` element in this colour.
    pub(crate) fn attributes(self, colour: &str) -> String {
        let tenths = |value: u16| f64::from(value) / 10.0;
        match self {
            Self::Fill => format!("fill=\"{colour}\""),
            Self::Stroke { width, dash, round } => {
                let mut out = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"", tenths(width));
                if dash.0 > 0 {
                    let _ = write!(out, " stroke-dasharray=\"{} {}\"", tenths(dash.0), tenths(dash.1));
                }
                if round {
                    out.push_str(" stroke-linecap=\"round\" stroke-linejoin=\"round\"");
                }
                out
            }
        }
    }
}

const fn stroke(width: u16) -> Ink {
    Ink::Stroke { width, dash: (0, 0), round: false }
}

/// A shade: a line as thick as the cell, cut into stripes, so that ░▒▓ differ by texture also where colours are lost.
const fn shade(ink: u16, gap: u16) -> Ink {
    Ink::Stroke { width: 200, dash: (ink, gap), round: false }
}

/// Returns `true` if equal neighbours of this symbol form one longer shape.
pub(crate) fn joins(symbol: &str) -> bool {
    matches!(single(symbol), Some('─' | '━' | '═' | '▀'..='█' | '░'..='▔'))
}

/// Path data for `symbol` with its left upper corner at (x, y), `cells` wide if it joins; empty when the symbol is
/// text.
pub(crate) fn strokes(symbol: &str, x: u16, y: u16, cells: u16) -> Vec<(Ink, String)> {
    let Some(character) = single(symbol) else { return Vec::new() };
    let at = CellBox { x: f64::from(x), y: f64::from(y), width: f64::from(cells) * 10.0 };
    match character {
        '\u{2500}'..='\u{257f}' => at.box_drawing(character),
        '\u{2580}'..='\u{259f}' => at.block(character),
        '\u{2800}'..='\u{28ff}' => at.braille(character),
        _ => at.mark(character),
    }
}

fn single(symbol: &str) -> Option<char> {
    let mut characters = symbol.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// A cell, or a row of equal ones.
#[derive(Clone, Copy)]
struct CellBox {
    x: f64,
    y: f64,
    width: f64,
}

/// Arms of U+2500..=U+257F, two bits each for up, right, down, left: 1 light, 2 heavy, 3 double. Zero where the
/// character is no set of arms (dashes, arcs, diagonals). From the character names of the Unicode standard.
const ARMS: [u8; 128] = [
    0x44, 0x88, 0x11, 0x22, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x18, 0x24, 0x28, //
    0x50, 0x90, 0x60, 0xa0, 0x05, 0x09, 0x06, 0x0a, 0x41, 0x81, 0x42, 0x82, 0x15, 0x19, 0x16, 0x25, //
    0x26, 0x1a, 0x29, 0x2a, 0x51, 0x91, 0x52, 0x61, 0x62, 0x92, 0xa1, 0xa2, 0x54, 0x94, 0x58, 0x98, //
    0x64, 0xa4, 0x68, 0xa8, 0x45, 0x85, 0x49, 0x89, 0x46, 0x86, 0x4a, 0x8a, 0x55, 0x95, 0x59, 0x99, //
    0x56, 0x65, 0x66, 0x96, 0x5a, 0xa5, 0x69, 0x9a, 0xa9, 0xa6, 0x6a, 0xaa, 0x00, 0x00, 0x00, 0x00, //
    0xcc, 0x33, 0x1c, 0x34, 0x3c, 0xd0, 0x70, 0xf0, 0x0d, 0x07, 0x0f, 0xc1, 0x43, 0xc3, 0x1d, 0x37, //
    0x3f, 0xd1, 0x73, 0xf3, 0xdc, 0x74, 0xfc, 0xcd, 0x47, 0xcf, 0xdd, 0x77, 0xff, 0x00, 0x00, 0x00, //
    0x00, 0x00, 0x00, 0x00, 0x40, 0x01, 0x04, 0x10, 0x80, 0x02, 0x08, 0x20, 0x48, 0x21, 0x84, 0x12, //
];

/// Half the distance of the two lines of a double line.
const APART: f64 = 2.0;

impl CellBox {
    const fn centre(&self) -> (f64, f64) {
        (self.x + 5.0, self.y + 10.0)
    }

    fn box_drawing(self, character: char) -> Vec<(Ink, String)> {
        let arms = ARMS[character as usize - 0x2500];
        if arms == 0 {
            return self.dashes_and_curves(character);
        }
        let (cx, cy) = self.centre();
        let mut out = Vec::new();
        let right_end = self.x + self.width;
        for (arm, horizontal, edge) in
            [(0, false, self.y), (1, true, right_end), (2, false, self.y + 20.0), (3, true, self.x)]
        {
            let weight = arms >> (2 * arm) & 3;
            let offsets: &[f64] = match weight {
                0 => continue,
                3 => &[-APART, APART],
                _ => &[0.0],
            };
            for offset in offsets {
                let path = if horizontal {
                    format!("M{cx} {}H{edge}", cy + offset)
                } else {
                    format!("M{} {cy}V{edge}", cx + offset)
                };
                out.push((if weight == 2 { Ink::HEAVY } else { Ink::LINE }, path));
            }
        }
        out
    }

    fn dashes_and_curves(self, character: char) -> Vec<(Ink, String)> {
        let (cx, cy) = self.centre();
        let (right, bottom) = (self.x + 10.0, self.y + 20.0);
        let path = match character {
            '╭' => format!("M{cx} {bottom}V{}Q{cx} {cy} {} {cy}H{right}", cy + 5.0, cx + 5.0),
            '╮' => format!("M{cx} {bottom}V{}Q{cx} {cy} {} {cy}", cy + 5.0, self.x),
            '╯' => format!("M{cx} {}V{}Q{cx} {cy} {} {cy}", self.y, cy - 5.0, self.x),
            '╰' => format!("M{cx} {}V{}Q{cx} {cy} {right} {cy}", self.y, cy - 5.0),
            '╱' => format!("M{} {bottom}L{right} {}", self.x, self.y),
            '╲' => format!("M{} {}L{right} {bottom}", self.x, self.y),
            '╳' => format!("M{} {bottom}L{right} {}M{} {}L{right} {bottom}", self.x, self.y, self.x, self.y),
            _ => return self.dashes(character),
        };
        vec![(Ink::LINE, path)]
    }

    /// Two, three or four dashes a cell, across or down, light or heavy.
    fn dashes(self, character: char) -> Vec<(Ink, String)> {
        let code = character as u32;
        let count = match code {
            0x2504..=0x2507 => 3.0,
            0x2508..=0x250b => 4.0,
            _ => 2.0,
        };
        let (cx, cy) = self.centre();
        let down = code & 2 != 0;
        let period = if down { 20.0 } else { 10.0 } / count;
        let (dash, lead) = (period * 0.55, period * 0.225);
        let mut path = String::new();
        for i in 0..count as u32 {
            let start = f64::from(i) * period + lead;
            let _ = if down {
                write!(path, "M{cx} {:.2}v{dash:.2}", self.y + start)
            } else {
                write!(path, "M{:.2} {cy}h{dash:.2}", self.x + start)
            };
        }
        vec![(if code & 1 == 0 { Ink::LINE } else { Ink::HEAVY }, path)]
    }

    fn rectangle(self, left: f64, top: f64, width: f64, height: f64) -> String {
        format!("M{} {}h{width}v{height}h-{width}z", self.x + left, self.y + top)
    }

    fn block(self, character: char) -> Vec<(Ink, String)> {
        let whole = self.width;
        let code = f64::from(character as u32 - 0x2580);
        let fill = |path| vec![(Ink::Fill, path)];
        match character {
            '▀' => fill(self.rectangle(0.0, 0.0, whole, 10.0)),
            '▁'..='█' => fill(self.rectangle(0.0, 20.0 - 2.5 * code, whole, 2.5 * code)),
            '▉'..='▏' => fill(self.rectangle(0.0, 0.0, 1.25 * (16.0 - code), 20.0)),
            '▐' => fill(self.rectangle(5.0, 0.0, 5.0, 20.0)),
            '░' | '▒' | '▓' => {
                let ink = match character {
                    '░' => shade(10, 40),
                    '▒' => shade(25, 25),
                    _ => shade(38, 12),
                };
                vec![(ink, format!("M{} {}h{whole}", self.x, self.y + 10.0))]
            }
            '▔' => fill(self.rectangle(0.0, 0.0, whole, 2.5)),
            '▕' => fill(self.rectangle(8.75, 0.0, 1.25, 20.0)),
            _ => fill(self.quadrants(character)),
        }
    }

    /// U+2596..=U+259F as bits: upper left, upper right, lower left, lower right.
    fn quadrants(self, character: char) -> String {
        const BITS: [u8; 10] = [0b0010, 0b0001, 0b1000, 0b1011, 0b1001, 0b1110, 0b1101, 0b0100, 0b0110, 0b0111];
        let bits = BITS[(character as usize - 0x2596).min(9)];
        let quarters = [(8, 0.0, 0.0), (4, 5.0, 0.0), (2, 0.0, 10.0), (1, 5.0, 10.0)];
        quarters
            .into_iter()
            .filter(|(bit, ..)| bits & bit != 0)
            .map(|(_, left, top)| self.rectangle(left, top, 5.0, 10.0))
            .collect()
    }

    fn braille(self, character: char) -> Vec<(Ink, String)> {
        const DOTS: [(f64, f64); 8] =
            [(2.5, 2.5), (2.5, 7.5), (2.5, 12.5), (7.5, 2.5), (7.5, 7.5), (7.5, 12.5), (2.5, 17.5), (7.5, 17.5)];
        let bits = character as u32 - 0x2800;
        let mut path = String::new();
        for (_, (left, top)) in DOTS.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0) {
            let _ = write!(path, "M{} {}h.01", self.x + left, self.y + top);
        }
        // An empty pattern is a blank, drawn as nothing, but drawn.
        vec![(Ink::DOT, path)]
    }

    fn circle(self, radius: f64) -> String {
        let (cx, cy) = self.centre();
        let double = 2.0 * radius;
        format!("M{} {cy}a{radius} {radius} 0 1 0 {double} 0a{radius} {radius} 0 1 0 -{double} 0z", cx - radius)
    }

    /// A polygon through points relative to the centre.
    fn polygon(self, points: &[(f64, f64)]) -> String {
        let (cx, cy) = self.centre();
        let mut path = String::new();
        for (i, (dx, dy)) in points.iter().enumerate() {
            let _ = write!(path, "{}{} {}", if i == 0 { 'M' } else { 'L' }, cx + dx, cy + dy);
        }
        path.push('z');
        path
    }

    /// An open line through points relative to the centre.
    fn line(self, points: &[(f64, f64)]) -> String {
        let mut path = self.polygon(points);
        path.pop();
        path
    }

    fn mark(self, character: char) -> Vec<(Ink, String)> {
        const DIAMOND: [(f64, f64); 4] = [(0.0, -6.0), (4.6, 0.0), (0.0, 6.0), (-4.6, 0.0)];
        const SQUARE: [(f64, f64); 4] = [(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)];
        let fill = |path| vec![(Ink::Fill, path)];
        let pen = |path| vec![(Ink::PEN, path)];
        let outline = |path| vec![(Ink::LINE, path)];
        match character {
            '●' => fill(self.circle(4.2)),
            '○' => outline(self.circle(3.6)),
            '·' => fill(self.circle(1.4)),
            '◆' => fill(self.polygon(&DIAMOND)),
            '◇' => outline(self.polygon(&DIAMOND)),
            '■' => fill(self.polygon(&SQUARE)),
            '□' => outline(self.polygon(&SQUARE)),
            '▲' => fill(self.polygon(&[(0.0, -5.0), (4.6, 4.0), (-4.6, 4.0)])),
            '▼' => fill(self.polygon(&[(0.0, 5.0), (4.6, -4.0), (-4.6, -4.0)])),
            '▶' => fill(self.polygon(&[(-4.5, -5.0), (4.8, 0.0), (-4.5, 5.0)])),
            '◀' => fill(self.polygon(&[(4.5, -5.0), (-4.8, 0.0), (4.5, 5.0)])),
            '▸' => fill(self.polygon(&[(-3.0, -4.0), (3.6, 0.0), (-3.0, 4.0)])),
            '◂' => fill(self.polygon(&[(3.0, -4.0), (-3.6, 0.0), (3.0, 4.0)])),
            '★' => fill(self.star()),
            '✓' => pen(self.line(&[(-3.8, 0.5), (-1.2, 3.8), (3.8, -4.5)])),
            '✗' => pen(self.line(&[(-3.5, -4.0), (3.5, 4.0)]) + &self.line(&[(3.5, -4.0), (-3.5, 4.0)])),
            '⊕' => outline(
                self.circle(4.4) + &self.line(&[(-4.4, 0.0), (4.4, 0.0)]) + &self.line(&[(0.0, -4.4), (0.0, 4.4)]),
            ),
            '↑' => pen(self.line(&[(0.0, 6.0), (0.0, -6.0)]) + &self.line(&[(-3.0, -3.0), (0.0, -6.0), (3.0, -3.0)])),
            '↓' => pen(self.line(&[(0.0, -6.0), (0.0, 6.0)]) + &self.line(&[(-3.0, 3.0), (0.0, 6.0), (3.0, 3.0)])),
            '→' => pen(self.line(&[(-4.0, 0.0), (4.0, 0.0)]) + &self.line(&[(1.0, -3.0), (4.0, 0.0), (1.0, 3.0)])),
            '←' => pen(self.line(&[(4.0, 0.0), (-4.0, 0.0)]) + &self.line(&[(-1.0, -3.0), (-4.0, 0.0), (-1.0, 3.0)])),
            _ => Vec::new(),
        }
    }

    /// A star of five points.
    fn star(self) -> String {
        let points: Vec<(f64, f64)> = (0..10)
            .map(|i| {
                let radius = if i % 2 == 0 { 5.0 } else { 2.1 };
                let (sin, cos) = (f64::from(i) * std::f64::consts::PI / 5.0).sin_cos();
                ((radius * sin * 100.0).round() / 100.0, (-radius * cos * 100.0).round() / 100.0)
            })
            .collect();
        self.polygon(&points)
    }
}
