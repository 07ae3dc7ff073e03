//! Activation functions and their derivatives on vectors, chosen once per call so that inner loops contain no choice.

use pulp::Simd;

/// Activation function after batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelActivation {
    /// The identity.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
    /// `x * sigmoid(x)`.
    Swish,
}

/// An activation function and its derivative on vectors.
pub(super) trait ActivationCurve: Send + Sync {
    /// Function value in each lane.
    fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s;
    /// Derivative in each lane.
    fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s;
}

/// A computation that is compiled for each activation function.
pub(super) trait ActivationTask {
    type Output;
    /// Runs the computation with function `C`.
    fn with<C: ActivationCurve>(self) -> Self::Output;
}

impl KernelActivation {
    /// Runs `with` with this function.
    pub(super) fn dispatch<D: ActivationTask>(self, with: D) -> D::Output {
        match self {
            Self::None => with.with::<Identity>(),
            Self::Relu => with.with::<Relu>(),
            Self::Relu6 => with.with::<Relu6>(),
            Self::HardSwish => with.with::<HardSwish>(),
            Self::Swish => with.with::<Swish>(),
        }
    }
}

struct Identity;

impl ActivationCurve for Identity {
    #[inline(always)]
    fn value<S: Simd>(_: S, x: S::f32s) -> S::f32s {
        x
    }

    #[inline(always)]
    fn slope<S: Simd>(simd: S, _: S::f32s) -> S::f32s {
        simd.splat_f32s(1.0)
    }
}

struct Relu;

impl ActivationCurve for Relu {
    #[inline(always)]
    fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        simd.max_f32s(x, simd.splat_f32s(0.0))
    }

    #[inline(always)]
    fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        simd.select_f32s(simd.less_than_f32s(zero, x), one, zero)
    }
}

struct Relu6;

impl ActivationCurve for Relu6 {
    #[inline(always)]
    fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        simd.min_f32s(simd.max_f32s(x, simd.splat_f32s(0.0)), simd.splat_f32s(6.0))
    }

    #[inline(always)]
    fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        let (zero, one, six) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0), simd.splat_f32s(6.0));
        let below = simd.select_f32s(simd.less_than_f32s(x, six), one, zero);
        simd.select_f32s(simd.less_than_f32s(zero, x), below, zero)
    }
}

struct HardSwish;

impl ActivationCurve for HardSwish {
    #[inline(always)]
    fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        let gate = Relu6::value(simd, simd.add_f32s(x, simd.splat_f32s(3.0)));
        simd.mul_f32s(simd.mul_f32s(x, gate), simd.splat_f32s(1.0 / 6.0))
    }

    #[inline(always)]
    fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        let (zero, one, three) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0), simd.splat_f32s(3.0));
        let middle = simd.mul_add_e_f32s(x, simd.splat_f32s(1.0 / 3.0), simd.splat_f32s(0.5));
        let upper = simd.select_f32s(simd.less_than_f32s(x, three), middle, one);
        simd.select_f32s(simd.less_than_f32s(simd.splat_f32s(-3.0), x), upper, zero)
    }
}

struct Swish;

impl ActivationCurve for Swish {
    #[inline(always)]
    fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        each(simd, x, |x| x / (1.0 + (-x).exp()))
    }

    #[inline(always)]
    fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
        each(simd, x, |x| {
            let sigmoid = 1.0 / (1.0 + (-x).exp());
            sigmoid * x.mul_add(1.0 - sigmoid, 1.0)
        })
    }
}

/// Applies a scalar function lane by lane, for functions without a vector form.
#[inline(always)]
fn each<S: Simd>(simd: S, x: S::f32s, f: impl Fn(f32) -> f32) -> S::f32s {
    let mut lanes = [0.0_f32; 16];
    let lanes = &mut lanes[..S::F32_LANES];
    simd.partial_store_f32s(lanes, x);
    for lane in lanes.iter_mut() {
        *lane = f(*lane);
    }
    simd.partial_load_f32s(lanes)
}
