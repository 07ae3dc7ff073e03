//! Gradients of a supernet, added up over the nets of a step and over ranks; on a GPU in one buffer.

#[cfg(feature = "cube")]
use std::collections::HashSet;

#[cfg(feature = "cube")]
use burn::module::ParamId;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
#[cfg(feature = "cube")]
use burn::tensor::Device;
use burn::tensor::{Tensor, TensorData};

use crate::kernels;
#[cfg(feature = "cube")]
use crate::kernels::{ALIGNMENT, FlatSums, PlacedGradient};
use crate::supernet::Supernet;

/// Gradients of a supernet, added up over the nets of a step: on a GPU in one buffer.
#[derive(Default)]
pub(super) struct GradientSum {
    /// Sums of parameters that are in memory.
    sums: GradientsParams,
    #[cfg(feature = "cube")]
    flat: Option<FlatGradients>,
}

impl GradientSum {
    /// Adds the gradients of one net.
    pub(super) fn add(&mut self, supernet: &Supernet, gradients: GradientsParams) {
        struct Add<'a>(&'a mut GradientsParams, GradientsParams);
        impl ModuleVisitor for Add<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let Some(gradient) = self.1.remove::<D>(param.id) else { return };
                let sum = match self.0.remove::<D>(param.id) {
                    Some(sum) => kernels::add(sum, gradient),
                    None => gradient,
                };
                self.0.register(param.id, sum);
            }
        }
        #[cfg(feature = "cube")]
        let gradients = match FlatGradients::add(&mut self.flat, supernet, gradients) {
            Some(gradients) => gradients,
            None => return,
        };
        if self.sums.is_empty() {
            self.sums = gradients;
        } else {
            supernet.visit(&mut Add(&mut self.sums, gradients));
        }
    }

    /// The sums.
    pub(super) fn total(self, supernet: &Supernet) -> GradientTotal {
        #[cfg(feature = "cube")]
        if let Some(flat) = self.flat {
            return flat.total(supernet);
        }
        let _ = supernet;
        GradientTotal {
            gradients: self.sums,
            #[cfg(feature = "cube")]
            flat: None,
        }
    }
}

/// Gradients of all nets of a step.
#[derive(Default)]
pub(super) struct GradientTotal {
    /// Gradients of the parameters.
    pub gradients: GradientsParams,
    /// The buffer that they are in, on a GPU.
    #[cfg(feature = "cube")]
    flat: Option<FlatGradients>,
}

impl GradientTotal {
    /// Sums of the squares of all values, in parts, which are added up where they are.
    pub(super) fn squares(&self, supernet: &Supernet) -> Vec<Tensor<1>> {
        struct Squares<'a>(&'a GradientsParams, Vec<Tensor<1>>);
        impl ModuleVisitor for Squares<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.1.extend(self.0.get::<D>(param.id).map(kernels::sum_of_squares));
            }
        }
        #[cfg(feature = "cube")]
        if let Some(flat) = &self.flat {
            return vec![flat.sums.squares()];
        }
        let mut squares = Squares(&self.gradients, Vec::new());
        supernet.visit(&mut squares);
        squares.1
    }

    /// Returns `true` if values go from card to card.
    pub(super) fn go_over_cards(&self) -> bool {
        #[cfg(feature = "cube")]
        if let Some(flat) = &self.flat {
            return flat.sums.go_over_cards();
        }
        let _ = self;
        false
    }

    /// Sums all values over the first so many GPUs, each of which calls this from a thread of its own, where they go
    /// from card to card; returns the number of bytes that this one gives.
    pub(super) fn sum_over_cards(&self, cards: usize) -> u64 {
        #[cfg(feature = "cube")]
        if let Some(flat) = &self.flat {
            return flat.sums.sum_over_cards(cards);
        }
        let _ = (self, cards);
        0
    }

    /// All values, in the order of the parameters.
    pub(super) fn values(&self, supernet: &Supernet) -> Vec<Tensor<1>> {
        struct Values<'a>(&'a GradientsParams, Vec<Tensor<1>>);
        impl ModuleVisitor for Values<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let flat = |gradient: Tensor<D>| {
                    let count: usize = gradient.dims().iter().product();
                    gradient.reshape([count])
                };
                self.1.extend(self.0.get::<D>(param.id).map(flat));
            }
        }
        #[cfg(feature = "cube")]
        if let Some(flat) = &self.flat {
            return vec![flat.sums.values()];
        }
        let mut values = Values(&self.gradients, Vec::new());
        supernet.visit(&mut values);
        values.1
    }

    /// The gradients with other values, in the order of [`Self::values`].
    pub(super) fn with_values(self, supernet: &Supernet, values: Vec<f32>) -> Self {
        struct Replace<'a>(GradientsParams, &'a [f32]);
        impl ModuleVisitor for Replace<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let Some(gradient) = self.0.remove::<D>(param.id) else { return };
                let shape = gradient.dims();
                let (own, rest) = self.1.split_at(shape.iter().product());
                self.1 = rest;
                let data = TensorData::new(own.to_vec(), shape);
                self.0.register(param.id, Tensor::<D>::from_data(data, &gradient.device()));
            }
        }
        #[cfg(feature = "cube")]
        if let Some(FlatGradients { sums, found }) = self.flat {
            return FlatGradients { sums: sums.with_values(values), found }.total(supernet);
        }
        let mut replace = Replace(self.gradients, &values);
        supernet.visit(&mut replace);
        Self {
            gradients: replace.0,
            #[cfg(feature = "cube")]
            flat: None,
        }
    }
}

/// Sums of the gradients of a supernet on a GPU, and the parameters that have one.
#[cfg(feature = "cube")]
struct FlatGradients {
    sums: FlatSums,
    found: HashSet<ParamId>,
}

#[cfg(feature = "cube")]
impl FlatGradients {
    /// Adds the gradients of a net to `flat`, which begins with the first that is on a GPU; gives back those that are
    /// not.
    fn add(flat: &mut Option<Self>, supernet: &Supernet, gradients: GradientsParams) -> Option<GradientsParams> {
        struct Place {
            gradients: GradientsParams,
            next: usize,
            device: Option<Device>,
            placed: Vec<PlacedGradient>,
            found: Vec<ParamId>,
        }
        impl ModuleVisitor for Place {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let sizes = param.dims();
                let start = self.next;
                self.next += sizes.iter().product::<usize>().next_multiple_of(ALIGNMENT);
                let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
                if let Some(placed) = PlacedGradient::new(&gradient, start, sizes) {
                    self.device = Some(gradient.device());
                    self.placed.push(placed);
                    self.found.push(param.id);
                }
            }
        }
        let mut place = Place { gradients, next: 0, device: None, placed: Vec::new(), found: Vec::new() };
        supernet.visit(&mut place);
        let Some(device) = place.device else { return Some(place.gradients) };
        if flat.is_none() {
            *flat = FlatSums::zeros(place.next, &device).map(|sums| Self { sums, found: HashSet::new() });
        }
        if let Some(flat) = flat {
            flat.sums.add(&place.placed);
            flat.found.extend(place.found);
        }
        None
    }

    /// The sums of the parameters.
    fn total(self, supernet: &Supernet) -> GradientTotal {
        struct Split<'a> {
            flat: &'a FlatGradients,
            next: usize,
            sums: GradientsParams,
        }
        impl ModuleVisitor for Split<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let sizes = param.dims();
                let start = self.next;
                self.next += sizes.iter().product::<usize>().next_multiple_of(ALIGNMENT);
                if self.flat.found.contains(&param.id) {
                    self.sums.register(param.id, self.flat.sums.sum(start, sizes));
                }
            }
        }
        let mut split = Split { flat: &self, next: 0, sums: GradientsParams::new() };
        supernet.visit(&mut split);
        GradientTotal { gradients: split.sums, flat: Some(self) }
    }
}
