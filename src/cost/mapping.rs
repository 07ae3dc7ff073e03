//! Cycles of one layer under each named mapping rule: one function a rule, with its equation, its source and a check
//! value.
//!
//! All rules count a convolution as loops over groups, output channels, input channels, kernel positions and output
//! positions. A fully connected layer is a 1x1 convolution over one position. Cycles are those of computing alone;
//! memory traffic is set against them in `layer`.

use crate::hardware::{Dataflow, Depthwise, Mapping};
use crate::network::table::{LayerKind, LayerRow};
use crate::network::{Layer, Op};

/// The loops of a convolution or fully connected layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loops {
    /// Groups; the channels below are those of all groups together.
    pub groups: u32,
    /// Output channels.
    pub outputs: u32,
    /// Input channels.
    pub inputs: u64,
    /// Positions of the kernel: its height times its width.
    pub area: u64,
    /// Output rows.
    pub rows: u32,
    /// Output columns.
    pub columns: u32,
}

impl Loops {
    /// The loops of a layer; `None` for sums, products and pooling.
    pub fn of(layer: &Layer) -> Option<Self> {
        let (area, groups, inputs) = match layer.op {
            Op::Conv { window, groups } => (window.area(), groups, u64::from(layer.input.channels)),
            Op::Linear => (1, 1, layer.input.elements()),
            Op::MatMul { depth, groups } => (1, groups, u64::from(depth) * u64::from(groups)),
            Op::Pool { .. } | Op::GlobalPool | Op::Add | Op::Scale | Op::Elements(_) => return None,
        };
        let output = layer.output;
        Some(Self { groups, outputs: output.channels, inputs, area, rows: output.height, columns: output.width })
    }

    /// The loops of a line of a layer table; `None` for sums and pooling.
    pub fn of_row(row: &LayerRow) -> Option<Self> {
        let inputs = match row.kind {
            LayerKind::Conv | LayerKind::Depthwise | LayerKind::MatMul => u64::from(row.input.channels),
            LayerKind::Linear => row.input.elements(),
            LayerKind::Pool | LayerKind::Add | LayerKind::Scale | LayerKind::Elements => return None,
        };
        let area = u64::from(row.kernel[0]) * u64::from(row.kernel[1]);
        let output = row.output;
        let (outputs, rows, columns) = (output.channels, output.height, output.width);
        Some(Self { groups: row.groups, outputs, inputs, area, rows, columns })
    }

    /// A dense 1x1 convolution, for instance one side of a splitting module.
    pub const fn pointwise(inputs: u32, outputs: u32, rows: u32, columns: u32) -> Self {
        Self { groups: 1, outputs, inputs: inputs as u64, area: 1, rows, columns }
    }

    /// Multiply-accumulates.
    pub fn macs(&self) -> u64 {
        self.weights().saturating_mul(self.positions())
    }

    /// Number of weights, one for each pair of connected channels and tap.
    pub fn weights(&self) -> u64 {
        (self.inputs / u64::from(self.groups)).saturating_mul(self.area).saturating_mul(u64::from(self.outputs))
    }

    fn positions(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.outputs && u64::from(self.groups) == self.inputs
    }
}

/// Roofline: `cycles = ceil(MACs / (rate * utilisation))`.
///
/// ```
/// use splitscope::cost::mapping::roofline;
/// // IMX500, 2304 MAC/cycle at 30 %: the 569 M MACs of MobileNetV1 take 823,207 cycles, 3.1 ms at 262.5 MHz.
/// assert_eq!(roofline(569_000_000, 2304.0, 0.30), 823_207);
/// ```
pub fn roofline(macs: u64, macs_per_cycle: f64, utilisation: f64) -> u64 {
    ((macs as f64 / (macs_per_cycle * utilisation)).ceil() as u64).max(u64::from(macs > 0))
}

/// Unrolled array of `K x C x OX x OY` units (`ZigZag`'s ideal temporal cycles):
/// `cycles = groups * ceil(Co/K) * ceil(Ci/C) * ceil(OW/OX) * ceil(OH/OY) * k^2`, with `Co` and `Ci` those of one
/// group. Depthwise layers have `Co = Ci = 1` in each of C groups (`per-channel`), or are spread over the lanes for
/// output channels (`grouped`): `ceil(C/K) * ceil(OW/OX) * ceil(OH/OY) * k^2`.
///
/// ```
/// use splitscope::cost::mapping::{Loops, unrolled};
/// use splitscope::hardware::Depthwise;
/// // 144 -> 24 channels, 1x1, 56x56, on K32 C2 OX4 OY4: 1 * 72 * 14 * 14 cycles.
/// let project = Loops::pointwise(144, 24, 56, 56);
/// assert_eq!(unrolled(&project, [32, 2, 4, 4], Depthwise::Grouped), 14_112);
/// // 3x3 depthwise on the same 144 channels: one channel at a time, or 32.
/// let depthwise = Loops { groups: 144, outputs: 144, inputs: 144, area: 9, rows: 56, columns: 56 };
/// assert_eq!(unrolled(&depthwise, [32, 2, 4, 4], Depthwise::PerChannel), 144 * 14 * 14 * 9);
/// assert_eq!(unrolled(&depthwise, [32, 2, 4, 4], Depthwise::Grouped), 5 * 14 * 14 * 9);
/// ```
pub fn unrolled(loops: &Loops, [k, c, ox, oy]: [u32; 4], depthwise: Depthwise) -> u64 {
    let tiles = u64::from(loops.columns.div_ceil(ox)) * u64::from(loops.rows.div_ceil(oy));
    let per_tile = tiles.saturating_mul(loops.area);
    if depthwise == Depthwise::Grouped && loops.is_depthwise() {
        return per_tile.saturating_mul(u64::from(loops.outputs.div_ceil(k)));
    }
    let groups = u64::from(loops.groups);
    let (outputs, inputs) =
        if groups == 1 { (loops.outputs, loops.inputs) } else { (loops.outputs / loops.groups, loops.inputs / groups) };
    let folds = u64::from(outputs.div_ceil(k)).saturating_mul(inputs.div_ceil(u64::from(c)));
    per_tile.saturating_mul(folds).saturating_mul(groups)
}

/// Systolic array of R rows and C columns. With `M` output positions, `N` output channels of a group and
/// `T = k^2 * Ci` of a group:
///
/// - output-stationary: `ceil(M/R) * ceil(N/C) * (T + R + C - 2)`,
/// - weight-stationary: `ceil(T/R) * ceil(N/C) * (M + 2R + C - 2)`,
///
/// times the number of groups. Source: SCALE-Sim v2 (`systolic_compute_os.py`, `systolic_compute_ws.py`), derived from
/// its demand matrices. SCALE-Sim 3.0.0 prints the 0-indexed last cycle, one less for every group (its issue 125): see
/// [`scale_sim_cycles`].
///
/// ```
/// use splitscope::cost::mapping::{Loops, systolic};
/// use splitscope::hardware::Dataflow;
/// // 144 -> 24 channels, 1x1, 56x56, on 32x32: 98 * 1 * (144 + 62) and 5 * 1 * (3136 + 94).
/// let project = Loops::pointwise(144, 24, 56, 56);
/// assert_eq!(systolic(&project, [32, 32], Dataflow::OutputStationary), 20_188);
/// assert_eq!(systolic(&project, [32, 32], Dataflow::WeightStationary), 16_150);
/// ```
pub fn systolic(loops: &Loops, [rows, columns]: [u32; 2], dataflow: Dataflow) -> u64 {
    let (rows, columns, groups) = (u64::from(rows), u64::from(columns), u64::from(loops.groups));
    let positions = loops.positions();
    let outputs = u64::from(loops.outputs) / groups;
    let depth = loops.inputs / groups * loops.area;
    let (folded, streamed, fill) = match dataflow {
        Dataflow::OutputStationary => (positions, depth, rows + columns - 2),
        Dataflow::WeightStationary => (depth, positions, 2 * rows + columns - 2),
    };
    folded
        .div_ceil(rows)
        .saturating_mul(outputs.div_ceil(columns))
        .saturating_mul(streamed.saturating_add(fill))
        .saturating_mul(groups)
}

/// The cycles SCALE-Sim 3.0.0 prints for a systolic array: [`systolic`] less one for every group, because it reports
/// the index of the last cycle, counted from 0.
///
/// ```
/// use splitscope::cost::mapping::{Loops, scale_sim_cycles};
/// use splitscope::hardware::Dataflow;
/// // The stem of MobileNetV2 on 16x16, output-stationary: 784 * 2 * (27 + 30) - 1.
/// let stem = Loops { groups: 1, outputs: 32, inputs: 3, area: 9, rows: 112, columns: 112 };
/// assert_eq!(scale_sim_cycles(&stem, [16, 16], Dataflow::OutputStationary), 89_375);
/// ```
pub fn scale_sim_cycles(loops: &Loops, array: [u32; 2], dataflow: Dataflow) -> u64 {
    systolic(loops, array, dataflow).saturating_sub(u64::from(loops.groups))
}

/// Cycles of the loops under a rule; `None` under `measured`, where only a table knows.
pub fn cycles(loops: &Loops, mapping: &Mapping) -> Option<u64> {
    match *mapping {
        Mapping::Roofline { macs_per_cycle, utilisation } => Some(roofline(loops.macs(), macs_per_cycle, utilisation)),
        Mapping::Unrolled { k, c, ox, oy, depthwise } => Some(unrolled(loops, [k, c, ox, oy], depthwise)),
        Mapping::Systolic { rows, columns, dataflow } => Some(systolic(loops, [rows, columns], dataflow)),
        Mapping::Measured(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn loops() -> impl Strategy<Value = Loops> {
        let side = 1_u32..40;
        let area = prop_oneof![Just(1_u64), Just(9), Just(25), Just(49)];
        (1_u32..5, 1_u32..70, 1_u32..70, area, side.clone(), side, any::<bool>()).prop_map(
            |(groups, outputs, inputs, area, rows, columns, depthwise)| {
                if depthwise {
                    let channels = outputs + 1;
                    Loops { groups: channels, outputs: channels, inputs: u64::from(channels), area, rows, columns }
                } else {
                    let inputs = u64::from(inputs * groups);
                    Loops { groups, outputs: outputs * groups, inputs, area, rows, columns }
                }
            },
        )
    }

    proptest! {
        #[test]
        fn no_rule_does_more_macs_a_cycle_than_there_are_units(
            loops in loops(), k in 1_u32..40, c in 1_u32..20, ox in 1_u32..9, oy in 1_u32..9,
        ) {
            let macs = loops.macs();
            let units = u64::from(k) * u64::from(c) * u64::from(ox) * u64::from(oy);
            for rule in [Depthwise::PerChannel, Depthwise::Grouped] {
                let cycles = unrolled(&loops, [k, c, ox, oy], rule);
                prop_assert!(cycles > 0 && macs <= cycles * units);
            }
            for dataflow in [Dataflow::OutputStationary, Dataflow::WeightStationary] {
                let cycles = systolic(&loops, [k, c], dataflow);
                prop_assert!(cycles > 0 && macs <= cycles * u64::from(k) * u64::from(c));
            }
        }

        #[test]
        fn one_channel_at_a_time_is_never_faster_than_grouped(loops in loops(), k in 1_u32..40, c in 1_u32..20) {
            let array = [k, c, 4, 4];
            prop_assert!(unrolled(&loops, array, Depthwise::PerChannel) >= unrolled(&loops, array, Depthwise::Grouped));
        }
    }

    #[test]
    fn depthwise_on_a_systolic_array_is_one_layer_per_channel() {
        // 3x3 depthwise on 144 channels at 56x56, 32x32 array.
        let depthwise = Loops { groups: 144, outputs: 144, inputs: 144, area: 9, rows: 56, columns: 56 };
        assert_eq!(systolic(&depthwise, [32, 32], Dataflow::OutputStationary), 1_001_952);
        assert_eq!(systolic(&depthwise, [32, 32], Dataflow::WeightStationary), 465_120);
    }
}
