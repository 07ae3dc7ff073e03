//! Codes on the link: what a sensor sends for each image, and how it is packed.

use burn::tensor::Tensor;

use crate::kernels::CodeGrid;

/// Codes that crossed the link for some images, in the order of their values `[image, height, width, channel]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SentCodes {
    /// Bits of a code.
    pub bits: u8,
    /// Codes of an image.
    pub image_codes: usize,
    /// The codes of all images.
    pub codes: Vec<u16>,
    /// The smallest and the largest value of each image, where each has its own range; these cross the link too.
    pub ranges: Option<Vec<[f32; 2]>>,
}

impl SentCodes {
    /// Codes of `x[images, height, width, channels]`, whose values lie on a grid that both ends know.
    pub(super) fn on_grid(x: &Tensor<4>, grid: CodeGrid, bits: u8) -> Self {
        let codes = values(x).into_iter().map(|value| grid.code(value)).collect();
        Self { bits, image_codes: image_values(x), codes, ranges: None }
    }

    /// Codes of `x[images, height, width, channels]`, whose values are rounded within the range of each image.
    pub(super) fn of_own_ranges(x: &Tensor<4>, bits: u8) -> Self {
        let (values, image_codes) = (values(x), image_values(x));
        let last = ((1_u32 << bits) - 1) as f32;
        let (mut codes, mut ranges) = (Vec::with_capacity(values.len()), Vec::new());
        for image in values.chunks(image_codes) {
            let low = image.iter().copied().fold(f32::INFINITY, f32::min);
            let high = image.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let step = (high - low) / last;
            codes.extend(image.iter().map(|value| if step > 0.0 { ((value - low) / step).round() as u16 } else { 0 }));
            ranges.push([low, high]);
        }
        Self { bits, image_codes, codes, ranges: Some(ranges) }
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.codes.len() / self.image_codes.max(1)
    }

    /// Codes of an image.
    pub fn of_image(&self, image: usize) -> &[u16] {
        &self.codes[image * self.image_codes..(image + 1) * self.image_codes]
    }

    /// Bytes that cross the link for an image: its range where it has its own, in little-endian single precision; then
    /// the codes without gaps, lowest bits first, the last byte filled up with zeros. There is no header.
    pub fn pack(&self, image: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for end in self.ranges.iter().flat_map(|ranges| ranges[image]) {
            bytes.extend(end.to_le_bytes());
        }
        let (mut held, mut bits) = (0_u32, 0_u32);
        for &code in self.of_image(image) {
            held |= u32::from(code) << bits;
            bits += u32::from(self.bits);
            while bits >= 8 {
                bytes.push(held as u8);
                (held, bits) = (held >> 8, bits - 8);
            }
        }
        if bits > 0 {
            bytes.push(held as u8);
        }
        bytes
    }

    /// The first `count` codes of `bits` bits in packed bytes without a range; those beyond the bytes are 0.
    pub fn unpacked(bytes: &[u8], bits: u8, count: usize) -> Vec<u16> {
        let bits = usize::from(bits);
        let bit = |at: usize| u16::from(bytes.get(at / 8).copied().unwrap_or(0) >> (at % 8) & 1);
        (0..count).map(|code| (0..bits).map(|at| bit(code * bits + at) << at).sum()).collect()
    }
}

fn values(x: &Tensor<4>) -> Vec<f32> {
    x.clone().into_data().try_into_vec::<f32>().expect("feature maps are f32")
}

fn image_values(x: &Tensor<4>) -> usize {
    x.dims()[1..].iter().product()
}

/// Numbers of occurrences of each code.
#[derive(Debug, Clone, Default)]
pub struct CodeCounts(Vec<u64>);

impl CodeCounts {
    /// Adds the codes of some images.
    pub fn add(&mut self, sent: &SentCodes) {
        self.0.resize(self.0.len().max(1 << sent.bits), 0);
        for &code in &sent.codes {
            self.0[usize::from(code)] += 1;
        }
    }

    /// Empirical entropy in bits per code; 0 without codes.
    pub fn entropy(&self) -> f64 {
        let total = self.0.iter().sum::<u64>() as f64;
        let shares = self.0.iter().filter(|count| **count > 0).map(|&count| count as f64 / total);
        shares.fold(0.0, |sum, share| sum - share * share.log2())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::space::LinkRange;

    #[test]
    fn packed_codes_take_the_bytes_that_are_costed_and_come_back() {
        let device = Device::flex();
        let image: Vec<f32> = (0..3 * 3 * 5).map(|n| (n as f32 * 0.37).sin()).collect();
        let x = Tensor::<4>::from_data(TensorData::new([image.clone(), image].concat(), [2, 3, 3, 5]), &device);
        for bits in [2, 4, 8, 16] {
            let grid = CodeGrid::covering(-1.0, 1.0, bits);
            let [fixed, own] = [SentCodes::on_grid(&x, grid, bits), SentCodes::of_own_ranges(&x, bits)];
            for (sent, range, header) in [(&fixed, LinkRange::Static, 0), (&own, LinkRange::PerImage, 8)] {
                let bytes = sent.pack(1);
                assert_eq!((sent.images(), bytes.len() as u64), (2, range.wire_bytes(45, bits)));
                assert_eq!(
                    SentCodes::unpacked(&bytes[header..], bits, 45),
                    sent.of_image(1),
                    "{bits} bits, {}",
                    range.name()
                );
            }
            assert_eq!(own.of_image(0).iter().min(), Some(&0));
            assert_eq!(own.of_image(0).iter().max().copied(), Some(((1_u32 << bits) - 1) as u16));
        }
    }

    #[test]
    fn entropy_of_known_distributions() {
        let entropy = |codes: &[u16]| {
            let mut counts = CodeCounts::default();
            counts.add(&SentCodes { bits: 4, image_codes: codes.len(), codes: codes.to_vec(), ranges: None });
            counts.entropy()
        };
        assert!((entropy(&[0, 1, 2, 3]) - 2.0).abs() < 1e-12);
        assert!((entropy(&[0, 0, 0, 1]) - 0.811_278).abs() < 1e-6);
        assert_eq!((entropy(&[7, 7, 7]).to_bits(), entropy(&[]).to_bits()), (0, 0));
    }
}
