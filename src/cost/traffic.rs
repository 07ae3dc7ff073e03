//! Traffic of a frame: bytes of all sensors together, and their share of the raw frame.

use serde::Serialize;

use crate::network::Shape;
use crate::quantity::Dimension;

/// Bytes that cross the links for one frame of V sensors: `V * bytes`, and `bytes / (height * width * channels)`, the
/// raw input having one byte per element.
///
/// ```
/// use splitscope::cost::Traffic;
/// use splitscope::network::Shape;
///
/// let traffic = Traffic::new(512, 6, Shape { channels: 1, height: 32, width: 32 });
/// assert_eq!((traffic.total_bytes, traffic.raw_share), (3072, 0.5));
/// assert_eq!(traffic.sentence(), "512 B from each sensor, 3.00 KiB from all 6, 50.0 % of the raw frame");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Traffic {
    /// Bytes that each sensor sends.
    #[serde(skip)]
    pub link_bytes: u64,
    /// Number of sensors.
    #[serde(skip)]
    pub sensors: u32,
    /// Bytes that all sensors send together.
    pub total_bytes: u64,
    /// Bytes sent over those of the raw frame; above 1 where a split sends more than the raw input.
    pub raw_share: f64,
}

impl Traffic {
    /// Traffic of `sensors` sensors that send `link_bytes` each instead of a raw frame of shape `input`.
    pub fn new(link_bytes: u64, sensors: u32, input: Shape) -> Self {
        let sensors = sensors.max(1);
        Self {
            link_bytes,
            sensors,
            total_bytes: link_bytes.saturating_mul(u64::from(sensors)),
            raw_share: link_bytes as f64 / input.elements().max(1) as f64,
        }
    }

    /// The traffic in words.
    pub fn sentence(&self) -> String {
        let bytes = |bytes: u64| Dimension::Bytes.format(bytes as f64);
        let (each, share) = (bytes(self.link_bytes), Dimension::Share.format(self.raw_share));
        match self.sensors {
            1 => format!("{each} from the sensor, {share} of the raw frame"),
            many => {
                format!(
                    "{each} from each sensor, {} from all {many}, {share} of the raw frame",
                    bytes(self.total_bytes)
                )
            }
        }
    }
}
