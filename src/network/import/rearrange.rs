//! Operators that only give elements another place or leave some out: their results stand for the tensor they read.

use super::axes::{AxisRange, ranges, reshaped, transposed};
use super::error::Defect;
use super::importer::Importer;
use super::node::{Node, axis};
use super::value::{Function, MOST_AXES, TensorView, Value, elements, shown};

impl Importer<'_> {
    /// A view of a tensor with other axes.
    pub(super) fn view(&mut self, of: &TensorView, dims: Vec<u64>) -> Result<TensorView, Defect> {
        elements(&dims)?;
        if dims.len() > MOST_AXES {
            return Err(Defect::new(format!("{} has too many axes", shown(&dims))));
        }
        if dims == of.dims {
            return Ok(of.clone());
        }
        Ok(TensorView { tensor: of.tensor, dims, view: self.next_view(), function: Function::Plain })
    }

    /// Reshape, flatten, squeeze, unsqueeze and their kin.
    pub(super) fn reshape(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let dims = reshaped(node, &own.dims)?;
        Ok(vec![Value::Made(self.view(&own, dims)?)])
    }

    pub(super) fn transpose(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let dims = transposed(node, &own.dims)?;
        // Axes of length 1 move without a change; others do not, even where the shape stays.
        let mut view = self.view(&own, dims)?;
        if view.view == own.view && own.dims.iter().filter(|&&dim| dim > 1).count() > 1 {
            view.view = self.next_view();
        }
        Ok(vec![Value::Made(view)])
    }

    pub(super) fn slice(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let dims = ranges(node, &own.dims)?.iter().map(AxisRange::length).collect();
        Ok(vec![Value::Made(self.view(&own, dims)?)])
    }

    pub(super) fn split(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let along = axis(node.int("axis", 0), own.dims.len())?;
        let parts = node.proto.output.len().max(1) as u64;
        let sizes: Vec<u64> = if let Some(sizes) = node.numbers(1, "split")? {
            sizes.iter().map(|&size| u64::try_from(size).unwrap_or(0)).collect()
        } else {
            let each = own.dims[along].div_ceil(parts);
            (0..parts).map(|index| own.dims[along].saturating_sub(index * each).min(each)).collect()
        };
        let sum = sizes.iter().try_fold(0_u64, |sum, &size| sum.checked_add(size));
        if sum != Some(own.dims[along]) || sizes.len() as u64 != parts {
            return Err(Defect::new(format!("it does not split {} into {parts} parts", shown(&own.dims))));
        }
        sizes
            .into_iter()
            .map(|size| {
                let mut dims = own.dims.clone();
                dims[along] = size;
                Ok(Value::Made(self.view(&own, dims)?))
            })
            .collect()
    }

    /// Picks elements along an axis by constant indices.
    pub(super) fn gather(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let indices = node.constant(1)?;
        let along = axis(node.int("axis", 0), own.dims.len())?;
        let mut dims = own.dims[..along].to_vec();
        dims.extend(&indices.dims);
        dims.extend(&own.dims[along + 1..]);
        if elements(&dims)? > own.elements() {
            return Err(Defect::new("it makes more elements than it reads"));
        }
        Ok(vec![Value::Made(self.view(&own, dims)?)])
    }

    /// Moves blocks of positions into channels, or back.
    pub(super) fn depth_and_space(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let own = node.made(0)?.clone();
        let block = u64::try_from(node.int("blocksize", 0)).ok().filter(|&block| (1..1 << 16).contains(&block));
        let (&[batch, channels, height, width], Some(block)) = (&own.dims[..], block) else {
            return Err(Defect::new(format!("it can't be read on {}", shown(&own.dims))));
        };
        let dims = if node.proto.op_type == "SpaceToDepth" {
            vec![batch, channels.saturating_mul(block * block), height / block, width / block]
        } else {
            vec![batch, channels / (block * block), height.saturating_mul(block), width.saturating_mul(block)]
        };
        if elements(&dims)? != own.elements() {
            return Err(Defect::new(format!("blocks of {block} do not fit into {}", shown(&own.dims))));
        }
        Ok(vec![Value::Made(self.view(&own, dims)?)])
    }
}
