//! Reads the operators that a chip can run.

use toml::Spanned;

use super::constant::{ConstantReader, Sourced};
use super::file::{ListRow, Number, OperatorsRow, SizesRow};
use super::operators::{OperatorKind, Operators};
use crate::diagnostic::Diagnostic;
use crate::network::Activation;

/// Largest size of a kernel, window or stride.
const MAX_SIZE: u32 = 1024;

/// Most channels, layers and bytes of a channel.
const MAX_COUNT: u32 = 1 << 30;

impl ConstantReader<'_> {
    /// Reads a table of operators.
    ///
    /// # Errors
    /// Sizes of zero or out of range, and a list beside a largest size.
    pub(super) fn operators(self, row: &OperatorsRow) -> Result<Operators, Diagnostic> {
        Ok(Operators {
            chip: row.chip.clone(),
            kinds: row.kinds.as_ref().map(|list| names(list, OperatorKind::name)),
            kernels: self.sizes(row.kernels.as_ref(), "kernels")?,
            strides: self.sizes(row.strides.as_ref(), "strides")?,
            pool_kernels: self.sizes(row.pool_kernels.as_ref(), "pool-kernels")?,
            pool_strides: self.sizes(row.pool_strides.as_ref(), "pool-strides")?,
            activations: row.activations.as_ref().map(|list| names(list, Activation::name)),
            channels: self.most(&row.channels, "channels")?,
            layers: self.most(&row.layers, "layers")?,
            channel_bytes: self.most_bytes(&row.channel_bytes)?,
        })
    }

    fn most(self, row: &Number, key: &str) -> Result<Option<Sourced<u32>>, Diagnostic> {
        row.as_ref().map(|row| self.count(row, key, MAX_COUNT)).transpose()
    }

    fn most_bytes(self, row: &Number) -> Result<Option<Sourced<u32>>, Diagnostic> {
        let Some(row) = row else { return Ok(None) };
        let Sourced { value, shown, source, assumed } = self.bytes(row, "channel-bytes")?;
        match u32::try_from(value) {
            Ok(value) => Ok(Some(Sourced { value, shown, source, assumed })),
            Err(_) => Err(self.source.error(row.span(), "`channel-bytes` must be below 4 GiB")),
        }
    }

    fn sizes(self, row: Option<&Spanned<SizesRow>>, key: &str) -> Result<Option<Sourced<Vec<u32>>>, Diagnostic> {
        let Some(row) = row else { return Ok(None) };
        let refuse = |message: String| Err(self.source.error(row.span(), message));
        let SizesRow { values, most, source, assumed } = row.get_ref();
        let (value, shown) = match (values, most) {
            (Some(values), None) => {
                let shown: Vec<String> = values.iter().map(u32::to_string).collect();
                (values.clone(), shown.join(", "))
            }
            (None, Some(most)) => ((1..=(*most).min(MAX_SIZE)).collect(), format!("1 to {most}")),
            _ => return refuse(format!("`{key}` needs either `values` or `most`")),
        };
        let in_range = |size: &u32| (1..=MAX_SIZE).contains(size);
        if value.is_empty() || !value.iter().all(in_range) || most.is_some_and(|most| most > MAX_SIZE) {
            return refuse(format!("`{key}` must be from 1 to {MAX_SIZE}"));
        }
        Ok(Some(Sourced { value, shown, source: source.clone(), assumed: *assumed }))
    }
}

fn names<T: Copy>(list: &ListRow<T>, name: impl Fn(T) -> &'static str) -> Sourced<Vec<T>> {
    let shown: Vec<&str> = list.values.iter().map(|&value| name(value)).collect();
    Sourced { value: list.values.clone(), shown: shown.join(", "), source: list.source.clone(), assumed: list.assumed }
}
