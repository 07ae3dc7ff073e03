//! Rules of updates: what a step of an optimiser does to each weight.

/// One step of AdamW (Loshchilov and Hutter, 2019).
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamWStep {
    /// Learning rate.
    pub rate: f64,
    /// Decay of the weights in one step at a learning rate of 1.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
    /// Number of this step of the parameter, from 1.
    pub time: i32,
}

impl AdamWStep {
    /// Share of the mean gradient that stays in one step.
    pub(crate) const BETA_1: f32 = 0.9;
    /// Share of the mean square of the gradient that stays in one step.
    pub(crate) const BETA_2: f32 = 0.999;
    /// Added to the root of the mean square.
    pub(crate) const EPSILON: f32 = 1e-5;

    /// Share of the weights that decay leaves.
    pub(super) fn kept(self) -> f32 {
        (1.0 - self.rate * f64::from(self.decay)) as f32
    }

    /// Shares of the gradients so far in the mean and the mean square, which began at 0.
    pub(super) fn shares(self) -> [f32; 2] {
        [Self::BETA_1, Self::BETA_2].map(|beta| 1.0 - beta.powi(self.time))
    }
}

/// One step of stochastic gradient descent with Nesterov momentum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SgdStep {
    /// Learning rate.
    pub rate: f64,
    /// Share of the velocity that stays in one step.
    pub momentum: f32,
    /// Factor of the weights that is added to their gradients.
    pub decay: f32,
    /// Gradients are clipped to this value.
    pub clip: f32,
}
