//! The link between two halves: what one view sends, packed into bytes and unpacked again.

use serde::{Deserialize, Serialize};

use super::error::DeployError;
use super::values::TensorValues;
use crate::kernels::CodeGrid;
use crate::network::{LinkRange, Shape};
use crate::supernet::SentCodes;

/// Format of the tensor that one view sends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkFormat {
    /// Bits of a code.
    pub bits: u8,
    /// Shape of the tensor that is sent.
    pub shape: Shape,
    /// Meaning of the codes.
    pub codes: LinkCodes,
}

/// Meaning of the codes on the link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum LinkCodes {
    /// Values of a grid that both halves know.
    Static(CodeGrid),
    /// Steps between the smallest and the largest value of the image, which are sent before them.
    OwnRange,
    /// None: single-precision values are sent as they are.
    Plain,
}

impl LinkFormat {
    /// Bytes that one view sends.
    pub fn bytes(&self) -> u64 {
        let values = self.shape.elements();
        match self.codes {
            LinkCodes::Static(_) => LinkRange::Static.wire_bytes(values, self.bits),
            LinkCodes::OwnRange => LinkRange::PerImage.wire_bytes(values, self.bits),
            LinkCodes::Plain => 4 * values,
        }
    }

    /// Bytes that cross the link for the sensor half's result of one image: rows of positions, all channels of a
    /// position together, the codes without gaps, lowest bits first.
    pub fn pack(&self, tensor: &TensorValues) -> Vec<u8> {
        let image_codes = self.shape.elements() as usize;
        let sent = |codes, ranges| SentCodes { bits: self.bits, image_codes, codes, ranges }.pack(0);
        match (self.codes, tensor) {
            (LinkCodes::Static(_), TensorValues::Codes(codes)) => sent(self.channels_last(codes), None),
            (LinkCodes::Static(grid), TensorValues::Float(values)) => {
                sent(self.channels_last(values).into_iter().map(|value| grid.code(value)).collect(), None)
            }
            (LinkCodes::OwnRange, tensor) => {
                let (range, codes) = own_range(&self.channels_last(&tensor.values(None)), self.bits);
                sent(codes, Some(vec![range]))
            }
            (LinkCodes::Plain, tensor) => {
                self.channels_last(&tensor.values(None)).into_iter().flat_map(f32::to_le_bytes).collect()
            }
        }
    }

    /// The aggregator's input of one view from the bytes that arrived.
    ///
    /// # Errors
    /// The bytes are fewer or more than a view sends.
    pub fn unpack(&self, bytes: &[u8]) -> Result<TensorValues, DeployError> {
        if bytes.len() as u64 != self.bytes() {
            let (graph, wanted, found) = ("aggregator".into(), self.bytes() as usize, bytes.len());
            return Err(DeployError::Input { graph, wanted, found });
        }
        let single = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let count = self.shape.elements() as usize;
        Ok(match self.codes {
            LinkCodes::Static(_) => {
                TensorValues::Codes(self.channels_first(&SentCodes::unpacked(bytes, self.bits, count)))
            }
            LinkCodes::OwnRange => {
                let (low, high) = (single(bytes), single(&bytes[4..]));
                let step = (high - low) / ((1_u32 << self.bits) - 1) as f32;
                let codes = SentCodes::unpacked(&bytes[8..], self.bits, count);
                let values: Vec<f32> = codes.iter().map(|&code| low + f32::from(code) * step).collect();
                TensorValues::Float(self.channels_first(&values))
            }
            LinkCodes::Plain => {
                let values: Vec<f32> = bytes.chunks_exact(4).map(single).collect();
                TensorValues::Float(self.channels_first(&values))
            }
        })
    }

    /// `[row, column, channel]` of `[channel, row, column]`.
    fn channels_last<T: Copy>(&self, tensor: &[T]) -> Vec<T> {
        let positions = self.shape.positions() as usize;
        let channels = self.shape.channels as usize;
        (0..tensor.len()).map(|at| tensor[at % channels * positions + at / channels]).collect()
    }

    /// `[channel, row, column]` of `[row, column, channel]`.
    fn channels_first<T: Copy>(&self, tensor: &[T]) -> Vec<T> {
        let positions = self.shape.positions() as usize;
        let channels = self.shape.channels as usize;
        (0..tensor.len()).map(|at| tensor[at % positions * channels + at / positions]).collect()
    }
}

/// Smallest and largest value, and the codes of all values between them.
fn own_range(values: &[f32], bits: u8) -> ([f32; 2], Vec<u16>) {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let step = (high - low) / ((1_u32 << bits) - 1) as f32;
    let code = |value: &f32| if step > 0.0 { ((value - low) / step).round() as u16 } else { 0 };
    ([low, high], values.iter().map(code).collect())
}
