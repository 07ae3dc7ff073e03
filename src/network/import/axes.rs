//! Axes of what reshape, slice, transpose and their kin make.

use super::error::Defect;
use super::node::{Node, axis, signed};
use super::value::{ConstantValue, MOST_AXES, elements, shown};

/// Elements of an axis that a slice takes.
pub(super) struct AxisRange {
    start: i64,
    count: u64,
    step: i64,
}

impl AxisRange {
    pub(super) const fn length(&self) -> u64 {
        self.count
    }

    pub(super) fn indices(&self) -> impl Iterator<Item = usize> + '_ {
        let place = |at: u64| self.start.checked_add(i64::try_from(at).ok()?.checked_mul(self.step)?);
        (0..self.count).filter_map(move |at| usize::try_from(place(at)?).ok())
    }
}

/// Axes of a constant that is given others.
pub(super) fn reshaped_constant(node: &Node<'_>) -> Result<ConstantValue, Defect> {
    let own = node.constant(0)?;
    Ok(ConstantValue { dims: reshaped(node, &own.dims)?, ..own.as_ref().clone() })
}

pub(super) fn reshaped(node: &Node<'_>, dims: &[u64]) -> Result<Vec<u64>, Defect> {
    match node.proto.op_type.as_str() {
        "Flatten" => flattened(node, dims),
        "Squeeze" => squeezed(node, dims),
        "Unsqueeze" => unsqueezed(node, dims),
        _ => {
            let wanted = node.numbers(1, "shape")?.ok_or_else(|| Defect::new("the new shape is missing"))?;
            to_shape(&wanted, dims, node.int("allowzero", 0) != 0)
        }
    }
}

/// A shape in which 0 keeps a length and -1 takes what remains.
fn to_shape(wanted: &[i64], dims: &[u64], zeros: bool) -> Result<Vec<u64>, Defect> {
    let whole = elements(dims)?;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (at, &length) in wanted.iter().enumerate() {
        shape.push(match length {
            -1 if open.is_none() => {
                open = Some(at);
                1
            }
            0 if !zeros => dims.get(at).copied().unwrap_or(0),
            length => u64::try_from(length).unwrap_or(0),
        });
    }
    let known = elements(&shape)?;
    if let Some(at) = open
        && known > 0
    {
        shape[at] = whole / known;
    }
    if elements(&shape)? != whole {
        return Err(Defect::with(
            format!("{} can't be given the shape {wanted:?}", shown(dims)),
            "a batch or size is fixed in the file; give the input it was exported for with --input, with a batch of 1",
        ));
    }
    Ok(shape)
}

fn flattened(node: &Node<'_>, dims: &[u64]) -> Result<Vec<u64>, Defect> {
    let wanted = node.int("axis", 1);
    let at = if wanted == signed(dims.len()) { dims.len() } else { axis(wanted, dims.len())? };
    Ok(vec![elements(&dims[..at])?, elements(&dims[at..])?])
}

fn squeezed(node: &Node<'_>, dims: &[u64]) -> Result<Vec<u64>, Defect> {
    let axes = node.numbers(1, "axes")?;
    let axes: Option<Vec<usize>> =
        axes.map(|axes| axes.iter().map(|&one| axis(one, dims.len())).collect::<Result<_, _>>()).transpose()?;
    let goes = |at: usize| dims[at] == 1 && axes.as_ref().is_none_or(|axes| axes.contains(&at));
    if let Some(at) = axes.iter().flatten().find(|&&at| dims[at] != 1) {
        return Err(Defect::new(format!("axis {at} of {} is longer than 1", shown(dims))));
    }
    Ok((0..dims.len()).filter(|&at| !goes(at)).map(|at| dims[at]).collect())
}

fn unsqueezed(node: &Node<'_>, dims: &[u64]) -> Result<Vec<u64>, Defect> {
    let axes = node.numbers(1, "axes")?.ok_or_else(|| Defect::new("its axes are missing"))?;
    let all = dims.len() + axes.len();
    if all > MOST_AXES {
        return Err(Defect::new(format!("it makes {all} axes")));
    }
    let axes: Vec<usize> = axes.iter().map(|&one| axis(one, all)).collect::<Result<_, _>>()?;
    let mut rest = dims.iter();
    Ok((0..all).map(|at| if axes.contains(&at) { 1 } else { rest.next().copied().unwrap_or(1) }).collect())
}

pub(super) fn transposed(node: &Node<'_>, dims: &[u64]) -> Result<Vec<u64>, Defect> {
    let order: Vec<usize> = match node.ints("perm") {
        Some(order) => order.iter().map(|&one| axis(one, dims.len())).collect::<Result<_, _>>()?,
        None => (0..dims.len()).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..dims.len()).collect::<Vec<_>>() {
        return Err(Defect::new(format!("{order:?} is no order of the axes of {}", shown(dims))));
    }
    Ok(order.into_iter().map(|at| dims[at]).collect())
}

/// Ranges that a slice takes of every axis.
pub(super) fn ranges(node: &Node<'_>, dims: &[u64]) -> Result<Vec<AxisRange>, Defect> {
    let missing = || Defect::new("its range is missing");
    let starts = node.numbers(1, "starts")?.ok_or_else(missing)?;
    let ends = node.numbers(2, "ends")?.ok_or_else(missing)?;
    let axes = node.numbers(3, "axes")?.unwrap_or_else(|| (0..signed(starts.len())).collect());
    let steps = node.numbers(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err(Defect::new("its ranges have different numbers of axes"));
    }
    let mut ranges: Vec<AxisRange> = dims.iter().map(|&count| AxisRange { start: 0, count, step: 1 }).collect();
    for (index, &one) in axes.iter().enumerate() {
        let at = axis(one, dims.len())?;
        let length = i64::try_from(dims[at]).map_err(|_| Defect::new("its axis is too long"))?;
        let step = steps[index];
        let from_end = |place: i64| if place < 0 { place.saturating_add(length) } else { place };
        let (start, end) = match step {
            1.. => (from_end(starts[index]).clamp(0, length), from_end(ends[index]).clamp(0, length)),
            ..0 => (from_end(starts[index]).clamp(0, (length - 1).max(0)), from_end(ends[index]).clamp(-1, length - 1)),
            0 => return Err(Defect::new("its step is 0")),
        };
        let distance = if step > 0 { end - start } else { start - end };
        let count = (distance.max(0) as u64).div_ceil(step.unsigned_abs());
        ranges[at] = AxisRange { start: start.max(0), count, step };
    }
    Ok(ranges)
}
