//! Records kernels as one differentiable operation on CubeCL's backend, as [`host_op`](super::super::host_op) does for
//! those of the CPU.

#![allow(clippy::redundant_closure_for_method_calls, reason = "the type of these methods has no public path")]

use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, BackendTensor, DispatchKindConversion, DispatchTensor};
use burn::tensor::Tensor;
use burn_cubecl::Cube;
use burn_cubecl::tensor::CubeTensor;

use super::super::host_op::primitives;
use super::tensors;

/// A differentiable computation on `N` inputs.
pub(super) trait CubeOp<const N: usize>: Clone + Send + Sync + Debug + 'static {
    /// Values computed along with the output: handed to the caller, and kept for the backward pass.
    type Saved: Clone + Send + Sync + Debug + 'static;

    /// Computes the output.
    fn forward(&self, inputs: [&CubeTensor; N]) -> (CubeTensor, Self::Saved);

    /// Computes the gradients of those inputs that are `wanted`; others may be `None`. The gradient is dense.
    fn backward(
        &self,
        inputs: [&CubeTensor; N],
        saved: &Self::Saved,
        gradient: &CubeTensor,
        wanted: [bool; N],
    ) -> [Option<CubeTensor>; N];

    /// The gradient of a single input that is a parameter itself, where it may have the shape of the part that was
    /// used: who adds up the gradients of parameters lays it where it belongs.
    fn parameter_gradient(&self, _gradient: &CubeTensor) -> Option<CubeTensor> {
        None
    }
}

/// Runs `op` where all inputs are on CubeCL's backend, recording it where gradients are tracked.
pub(super) fn apply<O: CubeOp<N>, const N: usize, const D: usize>(
    op: &O,
    inputs: &[DispatchTensor; N],
) -> Option<(Tensor<D>, O::Saved)> {
    let (output, saved) = tracked(op, inputs).or_else(|| plain(op, inputs))?;
    Some((Tensor::from_dispatch(output), saved))
}

/// Returns `true` if a tensor is on CubeCL's backend.
pub(crate) fn is_cube(tensor: &DispatchTensor) -> bool {
    let tensor = std::array::from_ref(tensor);
    primitives::<Autodiff<Cube>, 1>(tensor).is_some() || primitives::<Cube, 1>(tensor).is_some()
}

/// The tensor without gradients, if it is on CubeCL's backend.
pub(super) fn primitive(tensor: &DispatchTensor) -> Option<CubeTensor> {
    let tensor = std::array::from_ref(tensor);
    let plain = || Some(primitives::<Cube, 1>(tensor)?.map(|found| found));
    let [found] = match primitives::<Autodiff<Cube>, 1>(tensor) {
        Some(found) => found.map(|found| found.into_primitive()),
        None => plain()?,
    };
    Some(found)
}

/// A tensor without gradients.
pub(super) fn untracked<const D: usize>(tensor: CubeTensor) -> Tensor<D> {
    Tensor::from_dispatch(<DispatchTensor as DispatchKindConversion<Cube>>::from_backend(BackendTensor::Float(tensor)))
}

fn plain<O: CubeOp<N>, const N: usize>(op: &O, inputs: &[DispatchTensor; N]) -> Option<(DispatchTensor, O::Saved)> {
    let inputs = primitives::<Cube, N>(inputs)?;
    let (output, saved) = op.forward(inputs.each_ref());
    Some((<DispatchTensor as DispatchKindConversion<Cube>>::from_backend(BackendTensor::Float(output)), saved))
}

fn tracked<O: CubeOp<N>, const N: usize>(op: &O, inputs: &[DispatchTensor; N]) -> Option<(DispatchTensor, O::Saved)> {
    let inputs = primitives::<Autodiff<Cube>, N>(inputs)?;
    let preparation =
        RecordedCubeOp(op.clone()).prepare::<NoCheckpointing>(inputs.each_ref().map(|input| input.node()));
    let inputs = inputs.map(|input| input.into_primitive());
    let (output, saved) = op.forward(inputs.each_ref());
    let output = match preparation.compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish((inputs, saved.clone()), output),
        OpsKind::UnTracked(preparation) => preparation.finish(output),
    };
    let output = <DispatchTensor as DispatchKindConversion<Autodiff<Cube>>>::from_backend(BackendTensor::Float(output));
    Some((output, saved))
}

/// Backward pass of a [`CubeOp`].
#[derive(Debug)]
struct RecordedCubeOp<O>(O);

impl<O: CubeOp<N>, const N: usize> Backward<Cube, N> for RecordedCubeOp<O> {
    type State = ([CubeTensor; N], O::Saved);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = tensors::dense(&grads.consume::<Cube>(&ops.node));
        let (inputs, saved) = ops.state;
        if let [Some(parent)] = &ops.parents[..]
            && parent.parents.is_empty()
            && let Some(found) = self.0.parameter_gradient(&gradient)
        {
            return grads.register::<Cube>(parent.id, found);
        }
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = self.0.backward(inputs.each_ref(), &saved, &gradient, wanted);
        for (parent, found) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(found)) = (parent, found) {
                grads.register::<Cube>(parent.id, found);
            }
        }
    }
}
