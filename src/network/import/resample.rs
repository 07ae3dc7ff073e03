//! Pooling, reductions, resizing and padding.

use crate::network::layer::{ElementOp, Op, Pooling};
use crate::network::shape::LARGEST_COUNT;

use super::convolution::window;
use super::error::Defect;
use super::importer::{Importer, NewLayer};
use super::node::{Node, axis};
use super::value::{TensorView, Value, elements, shape, shown};

impl Importer<'_> {
    pub(super) fn pool(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let &[batch, channels, ref sides @ ..] = &made.dims[..] else {
            return Err(Defect::new(format!("it can't pool {}", shown(&made.dims))));
        };
        if sides.is_empty() || sides.len() > 2 {
            return Err(self.not_known(node, &format!("pooling over {} axes is not known", sides.len())));
        }
        let (window, out) = window(node, sides, None, true)?;
        let mut dims = vec![batch, channels];
        dims.extend(&out);
        let (input, output) = (shape(&made.dims)?, shape(&dims)?);
        if elements(&dims)?.checked_mul(window.area()).is_none_or(|read| read > LARGEST_COUNT) {
            return Err(Defect::new("its size overflows"));
        }
        let pooling = if node.proto.op_type == "MaxPool" { Pooling::Max } else { Pooling::Average };
        let op = Op::Pool { pooling, window };
        let new = NewLayer { op, inputs: &[&made], input, output, macs: 0, weights: 0, constant: None };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    pub(super) fn global_pool(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let mut dims = made.dims.clone();
        if dims.len() < 3 {
            return Err(Defect::new(format!("it can't pool {}", shown(&dims))));
        }
        dims[2..].fill(1);
        self.over_all(node, &made, dims)
    }

    /// A layer over all positions of each channel.
    fn over_all(&mut self, node: &Node<'_>, made: &TensorView, dims: Vec<u64>) -> Result<Vec<Value>, Defect> {
        let (input, output) = (shape(&made.dims)?, shape(&dims)?);
        let new = NewLayer { op: Op::GlobalPool, inputs: &[made], input, output, macs: 0, weights: 0, constant: None };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// A mean, sum or maximum over some axes: global pooling if they are all positions of an image.
    pub(super) fn reduce(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let count = made.dims.len();
        let axes = node.numbers(1, "axes")?.filter(|axes| !axes.is_empty());
        let axes: Vec<usize> = match axes {
            Some(axes) => axes.iter().map(|&one| axis(one, count)).collect::<Result<_, _>>()?,
            None if node.int("noop_with_empty_axes", 0) != 0 => Vec::new(),
            None => (0..count).collect(),
        };
        let is_kept = node.int("keepdims", 1) != 0;
        let goes = |at: usize| axes.contains(&at);
        let dims: Vec<u64> =
            (0..count).filter(|&at| is_kept || !goes(at)).map(|at| if goes(at) { 1 } else { made.dims[at] }).collect();
        if elements(&dims)? == made.elements() {
            return Ok(vec![Value::Made(self.view(&made, dims)?)]);
        }
        let over_all = count > 2 && (0..count).all(|at| goes(at) == (at >= 2));
        if over_all { self.over_all(node, &made, dims) } else { self.elements(node, ElementOp::Reduce, &[&made], dims) }
    }

    /// A change of height and width, by sizes or by factors.
    pub(super) fn resize(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let is_resize = node.proto.op_type == "Resize" && node.opset > 10;
        let factors = match node.input(if is_resize { 2 } else { 1 }) {
            Some(Value::Constant(constant)) => constant.floats.clone().filter(|list| !list.is_empty()),
            Some(Value::Made(_)) => return Err(Defect::new("its factors depend on the image")),
            None => node.attribute("scales").map(|attribute| attribute.floats.clone()),
        };
        let sizes = if is_resize { node.numbers(3, "sizes")?.filter(|list| !list.is_empty()) } else { None };
        let axes: Vec<usize> = match node.ints("axes").filter(|axes| !axes.is_empty()) {
            Some(axes) => axes.iter().map(|&one| axis(one, made.dims.len())).collect::<Result<_, _>>()?,
            None => (0..made.dims.len()).collect(),
        };
        let mut dims = made.dims.clone();
        match (sizes, factors) {
            (Some(sizes), _) if sizes.len() == axes.len() => {
                for (&at, &size) in axes.iter().zip(&sizes) {
                    dims[at] = u64::try_from(size).unwrap_or(0);
                }
            }
            (None, Some(factors)) if factors.len() == axes.len() => {
                if factors.iter().any(|&factor| !factor.is_finite() || factor <= 0.0) {
                    return Err(Defect::with(
                        format!("its factors {factors:?} are not all finite and above zero"),
                        "the file is damaged; export it again",
                    ));
                }
                for (&at, &factor) in axes.iter().zip(&factors) {
                    dims[at] = (dims[at] as f64 * f64::from(factor)).floor() as u64;
                }
            }
            _ => return Err(self.not_known(node, "its sizes are not known")),
        }
        if dims == made.dims {
            return Ok(vec![Value::Made(made)]);
        }
        self.elements(node, ElementOp::Resize, &[&made], dims)
    }

    pub(super) fn pad(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let pads = match node.numbers(1, "pads")? {
            Some(pads) => pads,
            None => node.ints("paddings").map(<[i64]>::to_vec).ok_or_else(|| Defect::new("its sizes are missing"))?,
        };
        let count = made.dims.len();
        let axes: Vec<usize> = match node.numbers(3, "axes")?.filter(|axes| !axes.is_empty()) {
            Some(axes) => axes.iter().map(|&one| axis(one, count)).collect::<Result<_, _>>()?,
            None => (0..count).collect(),
        };
        if pads.len() != 2 * axes.len() {
            return Err(Defect::new(format!("its sizes {pads:?} do not fit {}", shown(&made.dims))));
        }
        let mut dims = made.dims.clone();
        for (index, &at) in axes.iter().enumerate() {
            let own = i64::try_from(dims[at]).ok().and_then(|own| own.checked_add(pads[index]));
            let own = own.and_then(|own| own.checked_add(pads[index + axes.len()]));
            let own = own.and_then(|own| u64::try_from(own).ok()).filter(|&own| own > 0);
            dims[at] =
                own.ok_or_else(|| Defect::new(format!("its sizes {pads:?} do not fit {}", shown(&made.dims))))?;
        }
        if pads.iter().all(|&pad| pad <= 0) {
            return Ok(vec![Value::Made(self.view(&made, dims)?)]);
        }
        self.elements(node, ElementOp::Pad, &[&made], dims)
    }
}
