//! A split network from left to right: the blocks of the sensors, the link, the blocks of the aggregator.

use super::chart::COLOURS;
use super::document::SvgDocument;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 190;
const MARGIN: f64 = 16.0;
/// Room at the right, for the end of the last tensor's size.
const RIGHT: f64 = 44.0;
const TOP: f64 = 66.0;
const BOX: f64 = 56.0;
/// Colours of the three, as in stacked bars behind the readout.
const SENSOR: usize = 1;
const LINK: usize = 2;
const AGGREGATOR: usize = 3;
/// Width of the link, in blocks.
const LINK_BLOCKS: f64 = 1.6;

/// One block of the network.
pub(crate) struct StripPart {
    /// Name of the boundary behind it.
    pub name: String,
    /// Size of the tensor behind it, in words.
    pub tensor: String,
    /// The views become one behind it.
    pub fuses: bool,
    /// A split behind it meets all limits.
    pub feasible: bool,
}

/// A network with its split.
pub(crate) struct NetworkPicture {
    /// Title.
    pub title: String,
    /// Description for readers who can't see it.
    pub description: String,
    /// Blocks in order.
    pub parts: Vec<StripPart>,
    /// Number of blocks on the sensors.
    pub on_sensors: usize,
    /// Caption of the sensors, of the link and of the aggregator.
    pub captions: [String; 3],
    /// Size of what crosses the link.
    pub sent: String,
}

impl NetworkPicture {
    /// Draws the network.
    pub(crate) fn draw(&self) -> String {
        let mut out = SvgDocument::new((WIDTH, HEIGHT), &self.title, &self.description);
        out.element(&format!("rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\""));
        out.begin_group("font-family=\"sans-serif\" font-size=\"11\"");
        out.text("x=\"16\" y=\"20\" font-size=\"15\" fill=\"#222222\"", &self.title);
        let room = f64::from(WIDTH) - MARGIN - RIGHT;
        let unit = room / (self.parts.len() as f64 + LINK_BLOCKS);
        let link = LINK_BLOCKS * unit;
        let left = |index: usize| {
            let behind = if index >= self.on_sensors { link } else { 0.0 };
            MARGIN + unit * index as f64 + behind
        };
        for (index, part) in self.parts.iter().enumerate() {
            let side = if index < self.on_sensors { SENSOR } else { AGGREGATOR };
            draw_block(&mut out, part, COLOURS[side], left(index), unit);
        }
        let from = MARGIN + unit * self.on_sensors as f64;
        let middle = TOP + BOX / 2.0;
        let (start, end) = (from + 4.0, from + link - 6.0);
        let arrow = format!("M{start:.1} {middle}H{end:.1}m-7 -5l7 5l-7 5");
        out.path(&format!("fill=\"none\" stroke=\"{}\" stroke-width=\"3\"", COLOURS[LINK]), &arrow);
        let centred = |x: f64, y: f64| format!("x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" fill=\"#222222\"");
        out.text(&centred(from + link / 2.0, middle - 12.0), &self.sent);
        let ends = [(MARGIN, from), (from, from + link), (from + link, MARGIN + room)];
        for ((start, end), caption) in ends.into_iter().zip(&self.captions) {
            let height = if caption == &self.captions[1] { middle + 20.0 } else { TOP - 14.0 };
            if end > start {
                out.text(&centred(f64::midpoint(start, end), height), caption);
            }
        }
        out.end_group();
        out.finish()
    }
}

fn draw_block(out: &mut SvgDocument, part: &StripPart, colour: &str, x: f64, width: f64) {
    let shape = format!("rect x=\"{:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{BOX}\" rx=\"3\"", x + 1.0, width - 2.0);
    out.element(&format!("{shape} fill=\"{colour}\" fill-opacity=\"0.25\" stroke=\"{colour}\""));
    let centre = x + width / 2.0;
    let text = |y: f64, grey: &str| format!("x=\"{centre:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" fill=\"{grey}\"");
    out.text(&text(TOP + BOX / 2.0 + 4.0, "#222222"), &part.name);
    // Turned, so that sizes of neighbours do not run into each other.
    let turned =
        format!("transform=\"translate({:.1} {}) rotate(35)\" fill=\"#444444\"", x + width - 8.0, TOP + BOX + 14.0);
    let mark = if part.feasible { "" } else { " \u{d7}" };
    out.text(&turned, &format!("{}{mark}", part.tensor));
    if part.fuses {
        out.text(&text(TOP + BOX - 6.0, "#222222"), "fuse");
    }
}
