//! Records a kernel over plain slices as one differentiable operation on either CPU backend.
//!
//! A kernel is a [`HostOp`]: it sees slices, never a backend. [`apply`] finds out where its input tensors live, hands
//! their values over without copying where they are contiguous, and registers the backward pass where gradients are
//! wanted. What the backward pass was the last to read goes back to [`buffers`].

#![allow(clippy::redundant_closure_for_method_calls, reason = "the type of these methods has no public path")]
#![allow(
    deprecated,
    reason = "burn-ndarray is deprecated upstream and named by this design; burn-flex stands beside it"
)]

use std::borrow::Cow;
use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{
    Autodiff, Backend, BackendTensor, DispatchKindConversion, DispatchTensor, Flex, NdArray, TensorMetadata,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::buffers;

/// A differentiable computation on `N` inputs.
pub(super) trait HostOp<const N: usize>: Clone + Send + Sync + Debug + 'static {
    /// Values computed along with the output: handed to the caller, and kept for the backward pass.
    type Saved: Clone + Send + Sync + Debug + 'static;

    /// Computes the output.
    fn forward(&self, inputs: [&[f32]; N]) -> (Vec<f32>, Self::Saved);

    /// Computes the gradients of those inputs that are `wanted`; others may be `None`.
    fn backward(
        &self,
        inputs: [&[f32]; N],
        saved: &Self::Saved,
        gradient: &[f32],
        wanted: [bool; N],
    ) -> [Option<Vec<f32>>; N];
}

/// A backend whose tensors are slices of `f32` in this process.
trait Host: Backend {
    /// Values of a tensor in row-major order, copied only where they are not contiguous.
    fn values(tensor: &Self::FloatTensorPrimitive) -> Cow<'_, [f32]>;
    /// A tensor that owns `data`.
    fn tensor(data: TensorData) -> Self::FloatTensorPrimitive;
    /// The buffer of `tensor` where nothing else refers to it.
    fn reclaim(tensor: Self::FloatTensorPrimitive) -> Option<Vec<f32>>;
}

impl Host for Flex {
    fn values(tensor: &Self::FloatTensorPrimitive) -> Cow<'_, [f32]> {
        match tensor.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(tensor.to_contiguous().storage::<f32>().to_vec()),
        }
    }

    /// A tensor that owns `data`.
    fn tensor(data: TensorData) -> Self::FloatTensorPrimitive {
        burn_flex::FlexTensor::from_data(data)
    }

    fn reclaim(tensor: Self::FloatTensorPrimitive) -> Option<Vec<f32>> {
        let whole = tensor.is_unique() && tensor.as_slice::<f32>()?.len() == tensor.storage::<f32>().len();
        if whole { tensor.into_data().try_into_vec().ok() } else { None }
    }
}

impl Host for NdArray {
    fn values(tensor: &Self::FloatTensorPrimitive) -> Cow<'_, [f32]> {
        let burn_ndarray::NdArrayTensor::F32(storage) = tensor else {
            unreachable!("all tensors of this crate are f32");
        };
        match storage.view().to_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(storage.view().iter().copied().collect()),
        }
    }

    /// A tensor that owns `data`.
    fn tensor(data: TensorData) -> Self::FloatTensorPrimitive {
        burn_ndarray::NdArrayTensor::from_data(data)
    }

    fn reclaim(tensor: Self::FloatTensorPrimitive) -> Option<Vec<f32>> {
        match tensor {
            burn_ndarray::NdArrayTensor::F32(storage) if storage.is_unique() => {
                Some(storage.into_owned().into_owned().into_raw_vec_and_offset().0)
            }
            _ => None,
        }
    }
}

/// Runs `op` on the host backend that holds the inputs, recording it where gradients are tracked. `None` if the inputs
/// are on another device; the caller then uses stock operations.
pub(super) fn apply<O: HostOp<N>, const N: usize, const D: usize>(
    op: &O,
    inputs: &[DispatchTensor; N],
    shape: [usize; D],
) -> Option<(Tensor<D>, O::Saved)> {
    let (output, saved) = tracked::<Flex, O, N>(op, inputs, &shape)
        .or_else(|| plain::<Flex, O, N>(op, inputs, &shape))
        .or_else(|| tracked::<NdArray, O, N>(op, inputs, &shape))
        .or_else(|| plain::<NdArray, O, N>(op, inputs, &shape))?;
    Some((Tensor::from_dispatch(output), saved))
}

/// Returns `true` if a tensor lies in this process's memory.
pub(super) fn is_host(tensor: &DispatchTensor) -> bool {
    let tensor = std::array::from_ref(tensor);
    primitives::<Autodiff<Flex>, 1>(tensor).is_some()
        || primitives::<Flex, 1>(tensor).is_some()
        || primitives::<Autodiff<NdArray>, 1>(tensor).is_some()
        || primitives::<NdArray, 1>(tensor).is_some()
}

/// Returns `true` if tensors of this device lie in this process's memory.
pub(crate) fn are_in_memory(device: &Device) -> bool {
    is_host(&Tensor::<1>::zeros([1], device).into_dispatch())
}

/// The inputs as primitives of backend `B`; `None` if one of them belongs to another backend.
pub(super) fn primitives<B: Backend, const N: usize>(
    inputs: &[DispatchTensor; N],
) -> Option<[B::FloatTensorPrimitive; N]>
where
    DispatchTensor: DispatchKindConversion<B>,
{
    let mut found = Vec::with_capacity(N);
    for input in inputs {
        match <DispatchTensor as DispatchKindConversion<B>>::try_into_backend(input.clone()) {
            Ok(BackendTensor::Float(tensor)) => found.push(tensor),
            _ => return None,
        }
    }
    found.try_into().ok()
}

fn plain<B: Host, O: HostOp<N>, const N: usize>(
    op: &O,
    inputs: &[DispatchTensor; N],
    shape: &[usize],
) -> Option<(DispatchTensor, O::Saved)>
where
    DispatchTensor: DispatchKindConversion<B>,
{
    let inputs = primitives::<B, N>(inputs)?;
    let (output, saved) = forward::<B, O, N>(op, &inputs, shape);
    Some((DispatchTensor::from_backend(BackendTensor::Float(output)), saved))
}

fn tracked<B: Host, O: HostOp<N>, const N: usize>(
    op: &O,
    inputs: &[DispatchTensor; N],
    shape: &[usize],
) -> Option<(DispatchTensor, O::Saved)>
where
    DispatchTensor: DispatchKindConversion<Autodiff<B>>,
{
    let inputs = primitives::<Autodiff<B>, N>(inputs)?;
    let preparation = RecordedOp(op.clone()).prepare::<NoCheckpointing>(inputs.each_ref().map(|input| input.node()));
    let inputs = inputs.map(|input| input.into_primitive());
    let (output, saved) = forward::<B, O, N>(op, &inputs, shape);
    let output = match preparation.compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish((inputs, saved.clone()), output),
        OpsKind::UnTracked(preparation) => preparation.finish(output),
    };
    let output = <DispatchTensor as DispatchKindConversion<Autodiff<B>>>::from_backend(BackendTensor::Float(output));
    Some((output, saved))
}

fn forward<B: Host, O: HostOp<N>, const N: usize>(
    op: &O,
    inputs: &[B::FloatTensorPrimitive; N],
    shape: &[usize],
) -> (B::FloatTensorPrimitive, O::Saved) {
    let values = inputs.each_ref().map(B::values);
    let (output, saved) = op.forward(values.each_ref().map(AsRef::as_ref));
    (B::tensor(TensorData::new(output, shape.to_vec())), saved)
}

/// Backward pass of a [`HostOp`].
#[derive(Debug)]
struct RecordedOp<O>(O);

impl<B: Host, O: HostOp<N>, const N: usize> Backward<B, N> for RecordedOp<O> {
    type State = ([B::FloatTensorPrimitive; N], O::Saved);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (inputs, saved) = ops.state;
        let found = {
            let values = inputs.each_ref().map(B::values);
            let wanted = ops.parents.each_ref().map(Option::is_some);
            self.0.backward(values.each_ref().map(AsRef::as_ref), &saved, &B::values(&gradient), wanted)
        };
        for ((parent, found), input) in ops.parents.into_iter().zip(found).zip(&inputs) {
            if let (Some(parent), Some(found)) = (parent, found) {
                let data = TensorData::new(found, input.shape().to_vec());
                grads.register::<B>(parent.id, B::tensor(data));
            }
        }
        inputs.into_iter().chain([gradient]).filter_map(B::reclaim).for_each(buffers::give);
    }
}
