//! All networks of a space as the paths of one graph, for questions about every one of them: how many, which is least.
//!
//! A node is a boundary with what the rest of the path has to know: the resolution, the channels made and, inside a
//! stage with one kernel and expansion for all its blocks, these. An edge is a block. Where a stage may end, its paths
//! meet in a node without a boundary. A path from a source (raw input at one resolution) to the logits is one genome,
//! and every genome is one path. Invariants: an edge leads to a node of a greater index; edges are in the order of the
//! nodes they leave.

use std::ops::Range;

use super::SpaceCostTable;
use super::stage::{BlockCost, OutputChannels, StageCosts};
use crate::cost::cycle_energy::CycleEnergy;
use crate::cost::fusion::FusionCost;
use crate::cost::split_demand::SplitModuleCost;
use crate::hardware::Profile;
use crate::network::{BoundaryId, Shape};

/// Genes an edge decides at most: width, kernel and expansion.
const DECIDED: usize = 3;

/// Graph of a space: a path from the first node to the last is a genome.
#[derive(Debug, Clone)]
pub(crate) struct SpaceGraph {
    /// Nodes in topological order.
    pub(crate) nodes: Vec<GraphNode>,
    /// Edges by the node they leave.
    pub(crate) edges: Vec<GraphEdge>,
    /// Number of genes of a genome.
    pub(crate) genes: usize,
    /// The profile of the costs.
    pub(crate) profile: Profile,
}

/// A node: a boundary, or the place where the paths of a stage meet.
#[derive(Debug, Clone)]
pub(crate) struct GraphNode {
    /// The boundary; `None` where the paths of a stage meet.
    pub(crate) boundary: Option<BoundaryId>,
    /// Position of the resolution in the space.
    pub(crate) resolution: usize,
    /// Input of one view.
    pub(crate) input: Shape,
    /// Cost of the splitting module here, by ratio, then bits; one entry where none can stand.
    pub(crate) modules: Vec<SplitModuleCost>,
    /// Cost of fusing the views here.
    pub(crate) fuse: FusionCost,
    /// The edges that leave it.
    pub(crate) edges: Range<usize>,
}

/// A block, or the end of a stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GraphEdge {
    /// Node it leaves.
    pub(crate) from: usize,
    /// Node it leads to.
    pub(crate) to: usize,
    /// The block; `None` at the end of a stage.
    pub(crate) block: Option<EdgeCost>,
    /// Genes it decides and their values; the others are 0.
    pub(crate) genes: [Option<(u16, u8)>; DECIDED],
}

/// Cost of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EdgeCost {
    /// On the sensor.
    pub(crate) sensor: CycleEnergy,
    /// On the aggregator, once.
    pub(crate) aggregator: CycleEnergy,
    /// Bytes of weights of the block.
    pub(crate) weights: u64,
    /// Weights of its largest layer.
    pub(crate) largest_weights: u64,
    /// Most bytes alive.
    pub(crate) peak_bytes: u64,
}

impl From<&BlockCost> for EdgeCost {
    fn from(entry: &BlockCost) -> Self {
        Self {
            sensor: entry.sensor,
            aggregator: entry.aggregator,
            weights: entry.weights,
            largest_weights: entry.largest_weights,
            peak_bytes: entry.peak.bytes,
        }
    }
}

/// Choices made by a path inside a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PathState {
    resolution: usize,
    made: usize,
    /// Kernel and expansion if all blocks of the stage share them; else 0.
    shared: (usize, usize),
}

/// A node being left, and the channels made there.
type ReachedNode = (usize, PathState);

impl SpaceCostTable {
    /// The space as a graph.
    pub(crate) fn graph(&self) -> SpaceGraph {
        let mut builder = Builder { table: self, nodes: Vec::new(), edges: Vec::new(), boundary: 0 };
        let mut joins: Vec<ReachedNode> = (0..self.inputs.len()).map(|resolution| builder.source(resolution)).collect();
        for (index, stage) in self.stages.iter().enumerate() {
            let last = index + 1 == self.stages.len();
            joins = builder.stage(stage, &joins, last);
        }
        let Builder { mut nodes, mut edges, .. } = builder;
        edges.sort_by_key(|edge| edge.from);
        let mut start = 0;
        for (index, node) in nodes.iter_mut().enumerate() {
            let end = start + edges[start..].iter().take_while(|edge| edge.from == index).count();
            node.edges = start..end;
            start = end;
        }
        SpaceGraph { nodes, edges, genes: self.genes, profile: self.profile.clone() }
    }
}

/// The gene at a position with a value, as an edge decides it.
const fn decided(position: usize, value: usize) -> (u16, u8) {
    (position as u16, value as u8)
}

struct Builder<'a> {
    table: &'a SpaceCostTable,
    nodes: Vec<GraphNode>,
    edges: Vec<GraphEdge>,
    /// Boundary before the stage being built.
    boundary: BoundaryId,
}

impl Builder<'_> {
    fn source(&mut self, resolution: usize) -> ReachedNode {
        let modules = vec![SplitModuleCost::plain(self.table.inputs[resolution])];
        let choice = PathState { resolution, made: 0, shared: (0, 0) };
        (self.node(Some(0), choice, modules, FusionCost::default()), choice)
    }

    fn node(
        &mut self,
        boundary: Option<BoundaryId>,
        choice: PathState,
        modules: Vec<SplitModuleCost>,
        fuse: FusionCost,
    ) -> usize {
        let (resolution, input) = (choice.resolution, self.table.inputs[choice.resolution]);
        self.nodes.push(GraphNode { boundary, resolution, input, modules, fuse, edges: 0..0 });
        self.nodes.len() - 1
    }

    /// The boundary behind a block of a stage.
    fn behind(&mut self, stage: &StageCosts, block: usize, choice: PathState) -> usize {
        let id = self.boundary + block as BoundaryId + 1;
        let shape = choice.resolution * stage.made + choice.made;
        let transmits = self.table.ratios.len() * self.table.bits.len();
        let modules = if usize::from(id) == self.table.before.len() {
            vec![SplitModuleCost::plain(self.table.logits)]
        } else {
            stage.modules[shape * transmits..(shape + 1) * transmits].to_vec()
        };
        self.node(Some(id), choice, modules, stage.fuses[shape])
    }

    /// Adds a stage behind `joins`; returns where its paths meet.
    fn stage(&mut self, stage: &StageCosts, joins: &[ReachedNode], last: bool) -> Vec<ReachedNode> {
        let most = stage.depths.last().map_or(1, |&most| most as usize);
        let mut here = self.first_blocks(stage, joins);
        let mut ends: Vec<(ReachedNode, usize)> = Vec::new();
        for block in 0..most {
            if block > 0 {
                here = self.later_blocks(stage, &here, block);
            }
            if let Some(depth) = stage.depths.iter().position(|&depth| depth as usize == block + 1) {
                ends.extend(here.iter().map(|&node_behind| (node_behind, depth)));
            }
        }
        self.boundary += most as BoundaryId;
        if last { Vec::new() } else { self.joins(stage, &ends) }
    }

    fn first_blocks(&mut self, stage: &StageCosts, joins: &[ReachedNode]) -> Vec<ReachedNode> {
        let mut here: Vec<ReachedNode> = Vec::new();
        for &(from, before) in joins {
            let choices = (0..stage.kernels).flat_map(|kernel| (0..stage.expansions).map(move |own| (kernel, own)));
            for (kernel, expansion) in choices {
                let mades = match stage.makes {
                    OutputChannels::Width => 0..stage.made,
                    OutputChannels::Same => before.made..before.made + 1,
                    OutputChannels::Expanded => {
                        let made = before.made * stage.expansions + expansion;
                        made..made + 1
                    }
                };
                for made in mades {
                    let resolution = before.resolution;
                    let shared = if stage.shares() { (kernel, expansion) } else { (0, 0) };
                    let to = self.node_behind(stage, &mut here, 0, PathState { resolution, made, shared });
                    let entry = &stage.first[stage.first_at(resolution, before.made, made, kernel, expansion)];
                    let width = (stage.makes == OutputChannels::Width).then(|| decided(stage.genes.width(), made));
                    let genes = [
                        width,
                        Some(decided(stage.genes.kernel(0), kernel)),
                        Some(decided(stage.genes.expansion(0), expansion)),
                    ];
                    self.edges.push(GraphEdge { from, to, block: Some(entry.into()), genes });
                }
            }
        }
        here
    }

    fn later_blocks(&mut self, stage: &StageCosts, before: &[ReachedNode], block: usize) -> Vec<ReachedNode> {
        let mut here: Vec<ReachedNode> = Vec::new();
        for &(from, choice) in before {
            let own = |list: usize, shared: usize| if stage.shares() { shared..shared + 1 } else { 0..list };
            for kernel in own(stage.kernels, choice.shared.0) {
                for expansion in own(stage.expansions, choice.shared.1) {
                    let to = self.node_behind(stage, &mut here, block, choice);
                    let entry = &stage.later[stage.later_at(choice.resolution, choice.made, kernel, expansion)];
                    let genes = if stage.genes.is_per_block() {
                        [
                            None,
                            Some(decided(stage.genes.kernel(block), kernel)),
                            Some(decided(stage.genes.expansion(block), expansion)),
                        ]
                    } else {
                        [None; DECIDED]
                    };
                    self.edges.push(GraphEdge { from, to, block: Some(entry.into()), genes });
                }
            }
        }
        here
    }

    /// The node of a choice behind a block, new if it is the first to get there.
    fn node_behind(
        &mut self,
        stage: &StageCosts,
        here: &mut Vec<ReachedNode>,
        block: usize,
        choice: PathState,
    ) -> usize {
        if let Some(&(node, _)) = here.iter().rev().find(|(_, own)| *own == choice) {
            return node;
        }
        let node = self.behind(stage, block, choice);
        here.push((node, choice));
        node
    }

    /// Nodes in which the ends of a stage meet.
    fn joins(&mut self, stage: &StageCosts, ends: &[(ReachedNode, usize)]) -> Vec<ReachedNode> {
        let mut joins: Vec<ReachedNode> = Vec::new();
        for &((from, choice), depth) in ends {
            let met = PathState { shared: (0, 0), ..choice };
            let known = joins.iter().find(|(_, own)| *own == met).map(|&(node, _)| node);
            let to = known.unwrap_or_else(|| {
                let node = self.node(None, met, Vec::new(), FusionCost::default());
                joins.push((node, met));
                node
            });
            let genes = [Some(decided(stage.genes.depth(), depth)), None, None];
            self.edges.push(GraphEdge { from, to, block: None, genes });
        }
        joins
    }
}

impl StageCosts {
    /// Returns `true` if all blocks share the kernel and expansion of the first, so that later blocks must know them.
    fn shares(&self) -> bool {
        !self.genes.is_per_block() && self.depths.last().is_some_and(|&most| most > 1)
    }
}
