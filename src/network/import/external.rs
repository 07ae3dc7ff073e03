//! Constants whose content lies in files beside the model.

use std::ops::Range;

use super::constant::{dims, raw_bytes};
use super::error::Defect;
use super::value::elements;
use crate::onnx::TensorProto;

/// Reads a range of bytes of a file beside the model, for weights kept there, or says why it can't be read.
pub type ReadBeside<'a> = dyn Fn(&str, Range<u64>) -> Result<Vec<u8>, String> + 'a;

/// Most bytes of all constants together that lie in other files, however often a file is named.
const MOST_BYTES: u64 = 4 << 30;

/// Content of constants in files beside the model, each of which is read when its constant is.
pub(super) struct ExternalData<'a> {
    beside: &'a ReadBeside<'a>,
    bytes: u64,
}

impl<'a> ExternalData<'a> {
    pub(super) fn new(beside: &'a ReadBeside<'a>) -> Self {
        Self { beside, bytes: 0 }
    }

    /// Content of a constant; `None` if it lies in the model itself.
    ///
    /// # Errors
    /// A file that is not beside the model, or does not hold the constant; each with the name of the constant.
    pub(super) fn content(&mut self, tensor: &TensorProto) -> Result<Option<Vec<u8>>, Defect> {
        if tensor.data_location != 1 {
            return Ok(None);
        }
        let name = &tensor.name;
        let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key);
        let file = entry("location").map_or("", |entry| entry.value.as_str());
        if file.is_empty() || file.starts_with('/') || file.split(['/', '\\']).any(|part| part == "..") {
            let problem = format!("its constant `{name}` lies in a file outside of the model's folder");
            return Err(Defect::with(problem, "export the model into one file"));
        }
        let number = |key: &str| {
            let parse = |text: &str| {
                let problem =
                    format!("its constant `{name}` lies in `{file}` at {key} `{text}`, which is no number of bytes");
                text.trim().parse::<u64>().map_err(|_| Defect::with(problem, "the file is damaged; export it again"))
            };
            entry(key).map(|entry| parse(&entry.value)).transpose()
        };
        let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
        let wanted = raw_bytes(tensor, elements(&dims(tensor)?)?);
        let length = match (length, wanted) {
            (Some(length), Some(wanted)) if length != wanted => {
                let problem =
                    format!("its constant `{name}` takes {wanted} bytes, but {length} of `{file}` are its own");
                return Err(Defect::with(problem, "the file is damaged; export it again"));
            }
            (length, wanted) => wanted.or(length).unwrap_or(0),
        };
        let refuse = |problem: &str| {
            let problem = format!("its constant `{name}` lies in the file `{file}`, {problem}");
            Defect::with(problem, "copy the whole file there, or export the model into one file")
        };
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > MOST_BYTES {
            return Err(refuse(&format!("of which with those before more than {} GiB are read", MOST_BYTES >> 30)));
        }
        let end = offset.checked_add(length).ok_or_else(|| refuse("beyond its end"))?;
        (self.beside)(file, offset..end).map(Some).map_err(|problem| refuse(&problem))
    }
}
