//! Helpers of the widgets' tests: render to lines, and try every small size.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

/// Rows of `widget` drawn at this size, trailing blanks removed.
pub(crate) fn lines<W: Widget>(widget: W, width: u16, height: u16) -> Vec<String> {
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
    widget.render(buf.area, &mut buf);
    rows(&buf)
}

/// Rows of a buffer as strings, trailing blanks removed.
pub(crate) fn rows(buf: &Buffer) -> Vec<String> {
    (0..buf.area.height)
        .map(|y| {
            let row: String = (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect();
            row.trim_end().to_owned()
        })
        .collect()
}

/// Renders at many sizes 0..200 x 0..100, also where the area sticks out of the buffer, and asserts that the
/// widget keeps to its area.
pub(crate) fn survives_all_sizes<W: Widget + Copy>(widget: W) {
    let widths = (0..40).chain((40..200).step_by(23)).chain([199]);
    for width in widths {
        for height in (0..14).chain([20, 57, 99]) {
            let mut buf = Buffer::empty(Rect::new(0, 0, width + 2, height + 2));
            widget.render(Rect::new(1, 1, width, height), &mut buf);
            for y in 0..height + 2 {
                for x in 0..width + 2 {
                    let inside = (1..=width).contains(&x) && (1..=height).contains(&y);
                    assert!(inside || buf[(x, y)].symbol() == " ", "wrote outside {width}x{height} at {x},{y}");
                }
            }
            widget.render(Rect::new(5, 3, width, height), &mut buf);
        }
    }
}
