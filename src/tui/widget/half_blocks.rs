//! A picture in half blocks: each cell shows two pixels, one above the other, as the colours of an upper half block and
//! of what is behind it. Without colours, characters of rising ink stand for the brightness.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
};

/// Means to show the colour of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelColours {
    /// 24 bits.
    True,
    /// The fixed 256 colours.
    Indexed,
    /// Characters of rising ink.
    Ink,
}

/// Characters from black to white on a dark ground.
const INK: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
/// Levels of a channel in the colour cube of the fixed 256.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Draws a picture of `size` pixels into an area, whose cells are half as wide as they are high: scaled to the largest
/// size that fits and keeps its shape, from the upper left corner on. Returns the cells that it took.
pub fn draw(
    buf: &mut Buffer,
    area: Rect,
    size: (usize, usize),
    colours: PixelColours,
    pixel: &dyn Fn(usize, usize) -> [u8; 3],
) -> Rect {
    let (columns, rows) = fitted(size, area);
    let shown = Rect { width: columns, height: rows.div_ceil(2), ..area }.intersection(area).intersection(buf.area);
    let at = |column: u16, row: u16| sampled(size, (columns, rows), (column, row), pixel);
    for y in 0..shown.height {
        for x in 0..shown.width {
            let upper = at(x, 2 * y);
            let lower = if 2 * y + 1 < rows { Some(at(x, 2 * y + 1)) } else { None };
            let cell = &mut buf[(shown.x + x, shown.y + y)];
            cell.reset();
            if colours == PixelColours::Ink {
                let both = lower.map_or(brightness(upper), |lower| brightness(upper).midpoint(brightness(lower)));
                cell.set_char(INK[usize::from(both) * INK.len() / 256]);
                continue;
            }
            let colour = |pixel| if colours == PixelColours::True { true_colour(pixel) } else { indexed(pixel) };
            cell.set_char('\u{2580}').set_style(Style::new().fg(colour(upper)));
            if let Some(lower) = lower {
                cell.set_bg(colour(lower));
            }
        }
    }
    shown
}

/// Columns and rows of pixels that a picture takes in an area.
fn fitted((width, height): (usize, usize), area: Rect) -> (u16, u16) {
    let (across, down) = (usize::from(area.width), 2 * usize::from(area.height));
    if width == 0 || height == 0 || across == 0 || down == 0 {
        return (0, 0);
    }
    let scale = (across as f64 / width as f64).min(down as f64 / height as f64);
    let cells = |pixels: usize, most: usize| ((pixels as f64 * scale).round() as usize).clamp(1, most) as u16;
    (cells(width, across), cells(height, down))
}

/// Mean colour of the pixels below one of the drawn ones.
fn sampled(
    size: (usize, usize),
    drawn: (u16, u16),
    place: (u16, u16),
    pixel: &dyn Fn(usize, usize) -> [u8; 3],
) -> [u8; 3] {
    let span = |at: u16, drawn: u16, pixels: usize| {
        let edge = |at: u16| usize::from(at) * pixels / usize::from(drawn.max(1));
        edge(at)..edge(at + 1).max(edge(at) + 1)
    };
    let (columns, rows) = (span(place.0, drawn.0, size.0), span(place.1, drawn.1, size.1));
    let count = (columns.len() * rows.len()) as u32;
    let mut sums = [0_u32; 3];
    for y in rows {
        for x in columns.clone() {
            for (sum, value) in sums.iter_mut().zip(pixel(x, y)) {
                *sum += u32::from(value);
            }
        }
    }
    sums.map(|sum| (sum / count) as u8)
}

/// Luma of ITU-R BT.601.
fn brightness([red, green, blue]: [u8; 3]) -> u8 {
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000) as u8
}

fn true_colour([red, green, blue]: [u8; 3]) -> Color {
    Color::Rgb(red, green, blue)
}

/// Nearest of the fixed colours: one of 24 greys, else one of the cube of 6 by 6 by 6.
fn indexed([red, green, blue]: [u8; 3]) -> Color {
    if red == green && green == blue {
        return Color::Indexed(match red {
            0..4 => 16,
            247.. => 231,
            grey => 232 + (grey.saturating_sub(3) / 10).min(23),
        });
    }
    let level = |value: u8| (0..6).min_by_key(|&level| CUBE[usize::from(level)].abs_diff(value)).unwrap_or(0_u8);
    Color::Indexed(16 + 36 * level(red) + 6 * level(green) + level(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(area: Rect, size: (usize, usize), colours: PixelColours) -> (Buffer, Rect) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 6));
        let grey = |x: usize, y: usize| [((x + y * size.0) * 255 / (size.0 * size.1 - 1)) as u8; 3];
        let shown = draw(&mut buffer, area, size, colours, &grey);
        (buffer, shown)
    }

    #[test]
    fn two_pixels_share_a_cell() {
        let (buffer, shown) = drawn(Rect::new(1, 1, 2, 1), (2, 2), PixelColours::True);
        assert_eq!(shown, Rect::new(1, 1, 2, 1));
        let cell = &buffer[(1, 1)];
        assert_eq!((cell.symbol(), cell.fg, cell.bg), ("▀", Color::Rgb(0, 0, 0), Color::Rgb(170, 170, 170)));
        assert_eq!(buffer[(0, 0)].symbol(), " ");
    }

    #[test]
    fn pictures_keep_their_shape_and_stay_inside() {
        assert_eq!(drawn(Rect::new(0, 0, 12, 6), (4, 4), PixelColours::Indexed).1, Rect::new(0, 0, 12, 6));
        assert_eq!(drawn(Rect::new(0, 0, 12, 3), (4, 4), PixelColours::Indexed).1, Rect::new(0, 0, 6, 3));
        assert_eq!(drawn(Rect::new(8, 4, 90, 90), (3, 3), PixelColours::True).1, Rect::new(8, 4, 4, 2));
        assert!(drawn(Rect::new(0, 0, 0, 3), (4, 4), PixelColours::True).1.is_empty());
    }

    #[test]
    fn colours_have_their_nearest_fixed_ones() {
        assert_eq!(indexed([0; 3]), Color::Indexed(16));
        assert_eq!(indexed([128; 3]), Color::Indexed(244));
        assert_eq!(indexed([255; 3]), Color::Indexed(231));
        assert_eq!(indexed([255, 0, 0]), Color::Indexed(196));
    }

    #[test]
    fn without_colours_ink_rises_with_brightness() {
        let (buffer, _) = drawn(Rect::new(0, 0, 4, 1), (4, 1), PixelColours::Ink);
        let text: String = (0..4).map(|x| buffer[(x, 0)].symbol()).collect();
        assert_eq!(text, " -*@");
    }
}
