//! Gradients of all parameters, added up in one buffer: those of a net's parameters by few launches, each where it
//! belongs.

use burn::tensor::{Device, Tensor};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;
use cubecl::server::ReduceOperation;

use super::columns;
use super::record::{primitive, untracked};
use super::tensors::{buffer, count, dense, element, empty, floats, slice, table, units};

/// Most tensors of one launch.
const GROUP: usize = 16;
/// Sizes of a tensor in a table: its place, its number of values, sizes of the whole parameter, own sizes.
const ENTRY: usize = 8;
/// Values that a thread adds at least, before more cubes share a tensor.
const LEAST_VALUES: usize = 4;
/// Most cubes that share a tensor, and most parts of the sum of squares.
const CUBES: usize = 128;
/// Most dimensions of a parameter.
const RANK: usize = 4;

/// A gradient, and where it belongs.
#[derive(Debug)]
pub(crate) struct PlacedGradient {
    /// Gradient of the leading part of a parameter, of its own sizes.
    gradient: CubeTensor,
    entry: [usize; ENTRY],
}

impl PlacedGradient {
    /// The gradient of a parameter that begins at value `start` and has these sizes, or of its leading part, if it is
    /// on CubeCL's backend.
    pub(crate) fn new<const D: usize>(gradient: &Tensor<D>, start: usize, sizes: [usize; D]) -> Option<Self> {
        let own = gradient.dims();
        let gradient = dense(&primitive(&gradient.clone().into_dispatch())?);
        let mut whole = [1; RANK];
        whole[RANK - D..].copy_from_slice(&sizes);
        let mut part = [1; RANK];
        part[RANK - D..].copy_from_slice(&own);
        let entry = [start, count(&gradient), whole[1], whole[2], whole[3], part[1], part[2], part[3]];
        Some(Self { gradient, entry })
    }
}

/// Sums of gradients, parameter behind parameter.
#[derive(Debug)]
pub(crate) struct FlatSums {
    sums: CubeTensor,
}

impl FlatSums {
    /// Sums that are 0, if the device is of CubeCL's backend.
    pub(crate) fn zeros(values: usize, device: &Device) -> Option<Self> {
        Some(Self { sums: primitive(&Tensor::<1>::zeros([values], device).into_dispatch())? })
    }

    /// Adds gradients of different parameters.
    pub(crate) fn add(&self, gradients: &[PlacedGradient]) {
        let client = &self.sums.client;
        let bindings = client.properties().hardware.max_bindings as usize;
        let group = bindings.saturating_sub(2).clamp(1, GROUP);
        let mut entries: Vec<usize> = gradients.iter().flat_map(|gradient| gradient.entry).collect();
        // The last group is filled up with tensors of no values, so that one kernel is compiled.
        entries.resize(gradients.len().next_multiple_of(group) * ENTRY, 0);
        let table = table(&self.sums, &entries);
        let units = units(client);
        for (index, members) in gradients.chunks(group).enumerate() {
            let most = members.iter().map(|member| member.entry[1]).max().unwrap_or(1);
            let cubes = most.div_ceil(units * LEAST_VALUES).clamp(1, CUBES);
            let last = members.last();
            add_kernel::launch(
                client,
                CubeCount::Static(cubes as u32, group as u32, 1),
                CubeDim::new_1d(units as u32),
                members.iter().chain(last.into_iter().cycle()).take(group).map(|m| buffer(&m.gradient)).collect(),
                table.clone().into_buffer_arg(),
                buffer(&self.sums),
                index * group * ENTRY,
                cubes * units,
            );
        }
    }

    /// Returns `true` if buffers of this device go to others of its kind without the host's memory: by NCCL, where it
    /// is found.
    pub(crate) fn go_over_cards(&self) -> bool {
        self.sums.client.has_device_transport()
    }

    /// Replaces all sums by their sums over the first so many GPUs, each of which calls this from a thread of its own;
    /// returns the number of bytes that this one gives.
    pub(crate) fn sum_over_cards(&self, cards: usize) -> u64 {
        let mut client = self.sums.client.clone();
        let devices = (0..cards).map(|card| {
            let mut device = self.sums.device.to_id();
            device.index_id = card as u16;
            device
        });
        let (sums, numbers) = (self.sums.handle.clone(), element(&self.sums));
        client.all_reduce(sums.clone(), sums, numbers, devices.collect(), ReduceOperation::Sum);
        client.sync_collective();
        (count(&self.sums) * size_of::<f32>()) as u64
    }

    /// All sums.
    pub(crate) fn values(&self) -> Tensor<1> {
        untracked(self.sums.clone())
    }

    /// Other sums in their place.
    pub(crate) fn with_values(&self, values: Vec<f32>) -> Self {
        Self { sums: floats(&self.sums, values) }
    }

    /// Sum of a parameter that begins at value `start`.
    pub(crate) fn sum<const D: usize>(&self, start: usize, sizes: [usize; D]) -> Tensor<D> {
        untracked(slice(&self.sums, start, sizes))
    }

    /// Sums of the squares of all sums, in parts.
    pub(crate) fn squares(&self) -> Tensor<1> {
        let values = count(&self.sums);
        let units = units(&self.sums.client);
        let parts = values.div_ceil(units * LEAST_VALUES).clamp(1, CUBES);
        let squares = empty(&self.sums, [parts]);
        columns::squares(&self.sums, &squares, parts);
        untracked(squares)
    }
}

/// Returns `true` if buffers of a device go to others of its kind without the host's memory.
#[cfg(feature = "cuda")]
pub(crate) fn go_over_cards(device: &Device) -> bool {
    FlatSums::zeros(1, device).is_some_and(|sums| sums.go_over_cards())
}

#[cube(launch)]
fn add_kernel(gradients: &Sequence<Box<[f32]>>, table: &[u32], sums: &mut [f32], first_entry: usize, step: usize) {
    let member = CUBE_POS_Y as usize;
    let entry = first_entry + member * ENTRY;
    let start = table[entry] as usize;
    let values = table[entry + 1] as usize;
    let f1 = table[entry + 2] as usize;
    let f2 = table[entry + 3] as usize;
    let f3 = table[entry + 4] as usize;
    let p1 = table[entry + 5] as usize;
    let p2 = table[entry + 6] as usize;
    let p3 = table[entry + 7] as usize;
    let members = comptime!(gradients.len());
    #[unroll]
    for index in 0..members {
        if index == member {
            let gradient = &gradients[index];
            let mut at = CUBE_POS_X as usize * CUBE_DIM as usize + UNIT_POS as usize;
            while at < values {
                let row = at / p3;
                let plane = row / p2;
                let place = ((plane / p1 * f1 + plane % p1) * f2 + row % p2) * f3 + at % p3;
                sums[start + place] += gradient[at];
                at += step;
            }
        }
    }
}
