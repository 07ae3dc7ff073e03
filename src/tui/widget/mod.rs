//! Drawing pieces that ratatui lacks: slider, stacked bars, Gantt, network strip, scatter, curves, gauge, tornado.
//!
//! A widget here is plain data with setters and `Widget for &T`. It knows ratatui and plain numbers, nothing of
//! splitscope: no session, no theme, no unit. Styles and characters are set together as a [`Look`], so that the
//! same widget draws on a terminal without Unicode.
//!
//! Invariants: a widget draws inside its area only, at any size down to zero; NaN, infinite and empty input never
//! panic; nothing is told by colour alone (a glyph or a name stands behind each colour); what a click means is a
//! pure function of the same data and area that were drawn.

mod curve;
mod frame;
mod gantt;
mod gauge;
mod glyphs;
mod half_blocks;
mod look;
mod paint;
mod raster;
mod scatter;
mod slider;
mod stacked;
mod strip;
mod tornado;

#[cfg(test)]
pub(crate) mod testing;

pub use curve::{Curve, CurveSeries, CurveStyles, Dash};
pub use gantt::{Gantt, Lane, Stretch};
pub use gauge::{Gauge, GaugeStyles};
pub use glyphs::{ASCII, Glyphs, UNICODE};
pub use half_blocks::{PixelColours, draw as draw_picture};
pub use look::Look;
pub use paint::{fit, width, write};
pub use scatter::{Mark, PlotPoint, PointMark, PointSource, Scatter, ScatterStyles};
pub use slider::{Slider, SliderStyles};
pub use stacked::{Part, StackedBar, StackedBars};
pub use strip::{BoundaryMark, NetworkStrip, StripBlock, StripLink, StripStyles};
pub use tornado::{Swing, Tornado, TornadoStyles};

pub use crate::svg::{Axis, Scale, Tick};
