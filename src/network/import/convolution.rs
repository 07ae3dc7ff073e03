//! Convolutions and matrix products.

use crate::network::layer::Op;
use crate::network::shape::{LARGEST_COUNT, Shape};
use crate::network::window::SlidingWindow;

use super::error::Defect;
use super::importer::{Importer, NewLayer};
use super::node::Node;
use super::value::{ConstantValue, TensorView, Value, broadcast, elements, shape, shown};

impl Importer<'_> {
    /// A convolution of one or two axes; its tensor and weights stand at some inputs.
    pub(super) fn convolution(&mut self, node: &Node<'_>, at: usize, weights_at: usize) -> Result<Vec<Value>, Defect> {
        let made = node.made(at)?.clone();
        let weights = node.constant(weights_at)?.clone();
        let (&[batch, channels, ref sides @ ..], &[filters, per_group, ref kernel @ ..]) =
            (&made.dims[..], &weights.dims[..])
        else {
            return Err(Defect::new(format!("weights of {} do not fit {}", shown(&weights.dims), shown(&made.dims))));
        };
        if sides.is_empty() || sides.len() > 2 || sides.len() != kernel.len() {
            return Err(self.not_known(
                node,
                &format!("a convolution over {} axes is not known: height and width are", sides.len()),
            ));
        }
        let groups = u64::try_from(node.int("group", 1)).unwrap_or(0);
        if groups == 0 || per_group.checked_mul(groups) != Some(channels) || !filters.is_multiple_of(groups) {
            let problem =
                format!("weights of {} in {groups} groups do not fit {}", shown(&weights.dims), shown(&made.dims));
            return Err(Defect::with(problem, "the channels of --input may be wrong"));
        }
        let (window, out) = window(node, sides, Some(kernel), false)?;
        let mut dims = vec![batch, filters];
        dims.extend(&out);
        let (input, output) = (shape(&made.dims)?, shape(&dims)?);
        let count = elements(&weights.dims)?;
        let macs = product(&[elements(&dims)?, per_group, window.area()])?;
        let op = Op::Conv { window, groups: side(groups)? };
        let new = NewLayer { op, inputs: &[&made], input, output, macs, weights: count, constant: Some(&weights) };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// A transposed convolution that makes its input as many times larger as it strides, with a kernel of a multiple
    /// of the stride: each position makes a block of positions, as a convolution to so many channels more does, whose
    /// kernel is that multiple.
    pub(super) fn transposed_convolution(&mut self, node: &Node<'_>) -> Result<Vec<Value>, Defect> {
        let made = node.made(0)?.clone();
        let weights = node.constant(1)?.clone();
        let (&[batch, channels, height, width], &[inputs, per_group, rows, columns]) =
            (&made.dims[..], &weights.dims[..])
        else {
            return Err(self.not_known(node, "a transposed convolution over other than two axes is not known"));
        };
        let Some((strides, kernel)) = transposed_window(node, [rows, columns]) else {
            let problem = "a transposed convolution is known where its kernel is a multiple of its stride and its output \
                           is its input times the stride";
            return Err(self.not_known(node, problem));
        };
        let groups = u64::try_from(node.int("group", 1)).unwrap_or(0);
        if inputs != channels || groups == 0 || !channels.is_multiple_of(groups) {
            let problem = format!("weights of {} do not fit {}", shown(&weights.dims), shown(&made.dims));
            return Err(Defect::new(problem));
        }
        let filters = product(&[per_group, groups])?;
        let dims = vec![batch, filters, product(&[height, strides[0]])?, product(&[width, strides[1]])?];
        let output = shape(&[1, product(&[filters, strides[0], strides[1]])?, height, width])?;
        let count = elements(&weights.dims)?;
        let macs = product(&[count, height, width])?;
        elements(&dims)?;
        let [top, left] = kernel.map(|side| side / 2);
        let [bottom, right] = kernel.map(|side| (side - 1) / 2);
        let window = SlidingWindow { kernel, padding: [top, left, bottom, right], ..SlidingWindow::same(1, 1) };
        let op = Op::Conv { window, groups: side(groups)? };
        let input = shape(&made.dims)?;
        let new = NewLayer { op, inputs: &[&made], input, output, macs, weights: count, constant: Some(&weights) };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// A product of a matrix with constant weights, or of two matrices that layers make.
    pub(super) fn product(&mut self, node: &Node<'_>, at: [usize; 2]) -> Result<Vec<Value>, Defect> {
        let is_gemm = node.proto.op_type == "Gemm";
        let turned = |name: &str, dims: &[u64]| {
            let mut dims = dims.to_vec();
            if is_gemm && node.int(name, 0) != 0 {
                dims.reverse();
            }
            dims
        };
        match at.map(|index| node.input(index)) {
            [Some(Value::Made(left)), Some(Value::Constant(right))] => {
                let (own, weights) = (turned("transA", &left.dims), turned("transB", &right.dims));
                self.linear(node, left, own, right, weights)
            }
            // The weights stand left: the transpose of the product with the transpose.
            [Some(Value::Constant(left)), Some(Value::Made(right))] => {
                let (mut weights, mut own) = (turned("transA", &left.dims), turned("transB", &right.dims));
                weights.reverse();
                let last = own.len();
                if last >= 2 {
                    own.swap(last - 1, last - 2);
                }
                let mut made = self.linear(node, right, own, left, weights)?;
                if let Some(Value::Made(made)) = made.first_mut()
                    && made.dims.len() >= 2
                {
                    let last = made.dims.len();
                    made.dims.swap(last - 1, last - 2);
                }
                Ok(made)
            }
            [Some(Value::Made(left)), Some(Value::Made(right))] => {
                let (one, other) = (turned("transA", &left.dims), turned("transB", &right.dims));
                self.attention(node, [left, right], &one, &other)
            }
            _ => Err(Defect::new("an input is missing")),
        }
    }

    /// A product with constant weights: fully connected for one position, else a 1x1 convolution over all.
    fn linear(
        &mut self,
        node: &Node<'_>,
        made: &TensorView,
        own: Vec<u64>,
        constant: &ConstantValue,
        weights: Vec<u64>,
    ) -> Result<Vec<Value>, Defect> {
        let (&[ref rest @ .., depth], &[ref ones @ .., inputs, outputs]) = (&own[..], &weights[..]) else {
            return Err(self.not_known(node, &format!("weights of {} are not known here", shown(&weights))));
        };
        if depth != inputs || ones.iter().any(|&one| one != 1) {
            let problem = format!("weights of {} do not fit {}", shown(&weights), shown(&own));
            return Err(Defect::with(problem, "the height and width of --input may be wrong"));
        }
        let rows = elements(rest)?;
        let mut dims = rest.to_vec();
        dims.push(outputs);
        let count = elements(&weights)?;
        let (op, input, output) = if rows == 1 {
            (Op::Linear, shape(&[1, depth])?, shape(&[1, outputs])?)
        } else {
            let op = Op::Conv { window: SlidingWindow::same(1, 1), groups: 1 };
            (op, shape(&[1, depth, rows])?, shape(&[1, outputs, rows])?)
        };
        let macs = product(&[count, rows])?;
        let new = NewLayer { op, inputs: &[made], input, output, macs, weights: count, constant: Some(constant) };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }

    /// A product of two matrices that layers make.
    fn attention(
        &mut self,
        node: &Node<'_>,
        made: [&TensorView; 2],
        left: &[u64],
        right: &[u64],
    ) -> Result<Vec<Value>, Defect> {
        let (&[ref one @ .., rows, depth], &[ref other @ .., inner, columns]) = (left, right) else {
            return Err(self.not_known(node, "a product with a vector is not known"));
        };
        if depth != inner {
            return Err(Defect::new(format!("{} can't be multiplied by {}", shown(left), shown(right))));
        }
        let mut dims = broadcast(one, other)?;
        let groups = elements(&dims)?;
        dims.extend([rows, columns]);
        let macs = product(&[elements(&dims)?, depth])?;
        let (input, output) = (
            Shape::new(side(product(&[depth, groups])?)?, side(rows)?, 1),
            Shape::new(side(product(&[columns, groups])?)?, side(rows)?, 1),
        );
        let op = Op::MatMul { depth: side(depth)?, groups: side(groups)? };
        let new = NewLayer { op, inputs: &made, input, output, macs, weights: 0, constant: None };
        Ok(vec![Value::Made(self.layer(node, new, dims)?)])
    }
}

/// A side that fits into 32 bits and is not 0.
fn side(length: u64) -> Result<u32, Defect> {
    u32::try_from(length).ok().filter(|&side| side > 0).ok_or_else(|| Defect::new(format!("a side of {length}")))
}

fn product(factors: &[u64]) -> Result<u64, Defect> {
    let product = factors.iter().try_fold(1_u64, |product, &factor| product.checked_mul(factor));
    product.filter(|&count| count <= LARGEST_COUNT).ok_or_else(|| Defect::new("its size overflows"))
}

/// Strides of a transposed convolution with a kernel of these sides, and the sides of the kernel in strides; `None` if
/// it makes its input not as many times larger as it strides, or its kernel is no multiple of its stride.
fn transposed_window(node: &Node<'_>, sides: [u64; 2]) -> Option<([u64; 2], [u32; 2])> {
    let list = |name: &str, default: i64, count: usize| {
        let list = node.ints(name).filter(|list| !list.is_empty()).map_or(vec![default; count], <[i64]>::to_vec);
        Some(list).filter(|list| list.len() == count && list.iter().all(|&one| one >= 0))
    };
    let (strides, dilations) = (list("strides", 1, 2)?, list("dilations", 1, 2)?);
    let (pads, further) = (list("pads", 0, 4)?, list("output_padding", 0, 2)?);
    let is_same = matches!(node.text("auto_pad"), "SAME_UPPER" | "SAME_LOWER");
    if dilations != [1, 1] || node.attribute("output_shape").is_some() {
        return None;
    }
    let (mut found, mut kernel) = ([1; 2], [1; 2]);
    for axis in 0..2 {
        let (stride, side) = (strides[axis], i64::try_from(sides[axis]).ok()?);
        // The windows of all positions reach from the first to the last by strides, and over the kernel.
        let cut = pads[axis].checked_add(pads[axis + 2])?.checked_sub(further[axis])?;
        let keeps_blocks = is_same || side.checked_sub(cut)? == stride;
        if stride == 0 || !keeps_blocks || side % stride != 0 {
            return None;
        }
        (found[axis], kernel[axis]) = (u64::try_from(stride).ok()?, u32::try_from(side / stride).ok()?);
    }
    Some((found, kernel)).filter(|(_, kernel)| kernel.iter().all(|&side| side > 0))
}

/// Window of a convolution or pooling over one or two sides, and the sides of its output.
pub(super) fn window(
    node: &Node<'_>,
    sides: &[u64],
    kernel: Option<&[u64]>,
    may_round_up: bool,
) -> Result<(SlidingWindow, Vec<u64>), Defect> {
    let axes = sides.len();
    let list = |name: &str, count: usize, default: u64| -> Result<Vec<u64>, Defect> {
        let Some(list) = node.ints(name).filter(|list| !list.is_empty()) else { return Ok(vec![default; count]) };
        let whole: Option<Vec<u64>> = list.iter().map(|&value| u64::try_from(value).ok()).collect();
        let small = |list: &Vec<u64>| list.len() == count && list.iter().all(|&value| value < 1 << 31);
        whole.filter(small).ok_or_else(|| Defect::new(format!("its `{name}` are {list:?}")))
    };
    let kernel = match kernel {
        Some(kernel) => {
            let stated = list("kernel_shape", axes, 0)?;
            if stated != kernel && stated.iter().any(|&side| side > 0) {
                return Err(Defect::new(format!("its `kernel_shape` is {stated:?}, but its weights have {kernel:?}")));
            }
            kernel.to_vec()
        }
        None => list("kernel_shape", axes, 0)?,
    };
    let (strides, dilations) = (list("strides", axes, 1)?, list("dilations", axes, 1)?);
    let mut pads = list("pads", 2 * axes, 0)?;
    if [&kernel, &strides, &dilations].iter().any(|list| list.contains(&0)) || kernel.iter().any(|&k| k >= 1 << 31) {
        return Err(Defect::new("a side, a stride or a dilation of its window is 0 or too large"));
    }
    let rounds_up = may_round_up && node.int("ceil_mode", 0) != 0;
    let automatic = node.text("auto_pad");
    let mut out = Vec::with_capacity(axes);
    for at in 0..axes {
        let reach = (kernel[at] - 1).saturating_mul(dilations[at]).saturating_add(1);
        let stride = strides[at];
        match automatic {
            "SAME_UPPER" | "SAME_LOWER" => {
                let places = sides[at].div_ceil(stride);
                let total = (places.saturating_sub(1) * stride).saturating_add(reach).saturating_sub(sides[at]);
                let (less, more) = (total / 2, total - total / 2);
                (pads[at], pads[at + axes]) = if automatic == "SAME_UPPER" { (less, more) } else { (more, less) };
            }
            "VALID" => (pads[at], pads[at + axes]) = (0, 0),
            "" | "NOTSET" => {}
            other => return Err(Defect::new(format!("its `auto_pad` is {other:?}"))),
        }
        let padded = sides[at].saturating_add(pads[at]).saturating_add(pads[at + axes]);
        let Some(room) = padded.checked_sub(reach) else {
            let problem = format!("a window of {reach} is larger than the side of {} padded to {padded}", sides[at]);
            return Err(Defect::with(problem, "--input may be too small"));
        };
        let mut places = room / stride + 1;
        // A further window is counted if it begins within the input.
        if rounds_up && !room.is_multiple_of(stride) && places * stride < sides[at] + pads[at] {
            places += 1;
        }
        out.push(places);
    }
    let pair = |list: &[u64]| [list[0] as u32, list.get(1).copied().unwrap_or(1) as u32];
    let [top, bottom] = [pads[0], pads[axes]];
    let [left, right] = if axes == 2 { [pads[1], pads[3]] } else { [0, 0] };
    let padding = [top, left, bottom, right].map(|pad| u32::try_from(pad).unwrap_or(u32::MAX));
    let (kernel, stride, dilation) = (pair(&kernel), pair(&strides), pair(&dilations));
    Ok((SlidingWindow { kernel, stride, padding, dilation }, out))
}
