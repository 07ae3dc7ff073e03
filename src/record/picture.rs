//! Pictures of one object on its way through a design: as each camera sees it, as it is sent, as it can be rebuilt.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::leak::Attacker;
use super::measurement::MeasurementKey;
use super::precision::Precision;

/// Bitmap of 8 bits a value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bitmap {
    /// Number of columns of pixels.
    pub width: u32,
    /// Number of rows of pixels.
    pub height: u32,
    /// Values of a pixel: 1 (grey) or 3 (red, green, blue).
    pub channels: u32,
    /// Values `[row, column, channel]`.
    #[serde(with = "digits")]
    pub values: Vec<u8>,
}

impl Bitmap {
    /// Colour of a pixel, as red, green and blue; black outside the picture.
    pub fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        let (width, channels) = (self.width as usize, self.channels as usize);
        let start = (y * width + x) * channels;
        match self.values.get(start..start + channels) {
            Some([grey]) if x < width => [*grey; 3],
            Some([red, green, blue]) if x < width => [*red, *green, *blue],
            _ => [0; 3],
        }
    }
}

/// Pictures of one camera: as it sees the object, as it sends it, and as it can be rebuilt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraPictures {
    /// The picture at the input resolution of the design.
    pub seen: Bitmap,
    /// The code as it crosses the link: its channels as tiles of one picture.
    pub sent: Bitmap,
    /// The picture that the attacker rebuilds.
    pub rebuilt: Bitmap,
    /// Share of this picture's variance around the mean picture that is rebuilt.
    pub share: f64,
}

/// Pictures of one object for all cameras of a rig.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectPictures {
    /// Number of test objects.
    pub of: u32,
    /// Class of the object.
    pub class: String,
    /// Rows, columns and channels of a code.
    pub code_shape: [u32; 3],
    /// Link bits.
    pub bits: u8,
    /// Attacker that rebuilds them, the best one by closed form.
    pub attacker: Attacker,
    /// Leak of the design.
    pub leak: f64,
    /// Cameras in order.
    pub cameras: Vec<CameraPictures>,
}

/// Key of the pictures of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureKey {
    /// Design, views and weights.
    pub design: MeasurementKey,
    /// Number of the object among the test objects, which no attacker is fitted on.
    pub object: u32,
}

/// Pictures with their key.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureRecord {
    /// Design and object.
    pub key: PictureKey,
    /// The pictures.
    pub pictures: ObjectPictures,
}

impl PictureRecord {
    /// Returns `true` if the pictures are of the network that costs assume.
    pub fn is_in_int8(&self) -> bool {
        self.key.design.precision == Precision::Int8
    }
}

/// Bytes as hexadecimal digits: a fraction of a list of numbers.
mod digits {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error;

    pub(super) fn serialize<S: Serializer>(values: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        let text: String = values.iter().flat_map(|value| [digit(value >> 4), digit(value & 15)]).collect();
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
        text.as_bytes()
            .chunks(2)
            .map(pair)
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom("no hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_read_back_and_have_colours() {
        let grey = Bitmap { width: 2, height: 2, channels: 1, values: vec![0, 10, 200, 255] };
        let text = serde_json::to_string(&grey).unwrap();
        assert!(text.contains("\"000ac8ff\""), "{text}");
        assert_eq!(serde_json::from_str::<Bitmap>(&text).unwrap(), grey);
        assert!(serde_json::from_str::<Bitmap>(&text.replace("0ac8", "0xyz")).is_err());
        assert_eq!((grey.colour(1, 0), grey.colour(0, 1), grey.colour(2, 0)), ([10; 3], [200; 3], [0; 3]));
        let colour = Bitmap { width: 1, height: 1, channels: 3, values: vec![1, 2, 3] };
        assert_eq!((colour.colour(0, 0), colour.colour(0, 9)), ([1, 2, 3], [0; 3]));
    }
}
