//! Counts and draws the designs of a space as paths of its graph.

use rand::{Rng, RngExt};

use crate::cost::{GraphEdge, GraphNode, SpaceGraph};
use crate::network::BoundaryId;
use crate::space::{Design, Genome, SearchSpace};

/// Numbers of paths through every node. Saturate at `u128::MAX`.
#[derive(Debug, Clone)]
pub(super) struct PathCounts {
    /// Paths from a source to the node.
    before: Vec<u128>,
    /// Paths from the node to the logits, each with each boundary at or behind the node where views may become one.
    behind: Vec<u128>,
    /// Paths from the node to the logits once the views are one.
    fused: Vec<u128>,
    /// Edges that lead to each node.
    entering: Vec<Vec<usize>>,
    /// For each node, whether the network may be split, and the views fused, there.
    allowed: Vec<(bool, bool)>,
}

impl PathCounts {
    pub(super) fn new(space: &SearchSpace, graph: &SpaceGraph) -> Self {
        let size = graph.nodes.len();
        let allowed = graph.nodes.iter().map(|node| {
            let among = |list: &[BoundaryId]| node.boundary.is_some_and(|id| list.contains(&id));
            (among(&space.split.at), among(&space.fusion.at))
        });
        let mut counts = Self {
            before: vec![0; size],
            behind: vec![0; size],
            fused: vec![0; size],
            entering: vec![Vec::new(); size],
            allowed: allowed.collect(),
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            if node.boundary == Some(0) {
                counts.before[index] = 1;
            }
            for at in node.edges.clone() {
                let to = graph.edges[at].to;
                counts.before[to] = counts.before[to].saturating_add(counts.before[index]);
                counts.entering[to].push(at);
            }
        }
        for (index, node) in graph.nodes.iter().enumerate().rev() {
            let sum = |list: &[u128]| {
                graph.edges[node.edges.clone()].iter().fold(0_u128, |sum, edge| sum.saturating_add(list[edge.to]))
            };
            let (fused, behind) = (sum(&counts.fused), sum(&counts.behind));
            counts.fused[index] = if node.edges.is_empty() { 1 } else { fused };
            counts.behind[index] = behind.saturating_add(if counts.allowed[index].1 { counts.fused[index] } else { 0 });
        }
        counts
    }

    /// Number of genomes.
    pub(super) fn genomes(&self, graph: &SpaceGraph) -> u128 {
        let ends = graph.nodes.iter().zip(&self.before).filter(|(node, _)| node.edges.is_empty());
        ends.fold(0, |sum, (_, &counts)| sum.saturating_add(counts))
    }

    /// Returns `true` if views may become one at a node.
    pub(super) fn may_fuse(&self, node: usize) -> bool {
        self.allowed[node].1
    }

    /// Returns `true` if a network may be split at a node.
    pub(super) fn may_split(&self, node: usize) -> bool {
        self.allowed[node].0
    }

    /// Number of designs that are split at a node; 0 where none may be.
    pub(super) fn designs(&self, graph: &SpaceGraph, node: usize) -> u128 {
        if !self.may_split(node) {
            return 0;
        }
        let transmits = graph.nodes[node].modules.len() as u128;
        self.before[node].saturating_mul(self.behind[node]).saturating_mul(transmits)
    }

    /// A design split at one of some nodes, given with their numbers of designs; all are equally likely. There must be
    /// one.
    pub(super) fn draw_among(
        &self,
        space: &SearchSpace,
        graph: &SpaceGraph,
        nodes: &[(usize, u128)],
        rng: &mut impl Rng,
    ) -> Design {
        let (node, _) = pick(nodes, rng, |node| node.1);
        self.draw(space, graph, node, rng)
    }

    fn draw(&self, space: &SearchSpace, graph: &SpaceGraph, node: usize, rng: &mut impl Rng) -> Design {
        let mut genes = vec![0; graph.genes];
        let mut at = node;
        while graph.nodes[at].boundary != Some(0) {
            let edge = graph.edges[pick(&self.entering[at], rng, |&edge| self.before[graph.edges[edge].from])];
            decide(&edge, &mut genes);
            at = edge.from;
        }
        genes[0] = graph.nodes[at].resolution as u8;
        let mut at = node;
        let mut fusion = None;
        while !graph.nodes[at].edges.is_empty() {
            if fusion.is_none() && self.may_fuse(at) && below(self.behind[at], rng) < self.fused[at] {
                fusion = graph.nodes[at].boundary;
            }
            let list = if fusion.is_some() { &self.fused } else { &self.behind };
            let edges: Vec<usize> = graph.nodes[at].edges.clone().collect();
            let edge = graph.edges[pick(&edges, rng, |&edge| list[graph.edges[edge].to])];
            decide(&edge, &mut genes);
            at = edge.to;
        }
        let transmit = rng.random_range(0..graph.nodes[node].modules.len());
        let fusion = fusion.unwrap_or_else(|| space.last());
        design(space, &graph.nodes[node], space.canonical(genes), fusion, transmit)
    }

    /// Calls `visit` with every genome, each once.
    pub(super) fn each_genome(space: &SearchSpace, graph: &SpaceGraph, mut visit: impl FnMut(&Genome)) {
        let mut open: Vec<(usize, Vec<u8>)> = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.boundary == Some(0)) {
            let mut genes = vec![0; graph.genes];
            genes[0] = node.resolution as u8;
            open.push((index, genes));
        }
        while let Some((at, genes)) = open.pop() {
            let node = &graph.nodes[at];
            if node.edges.is_empty() {
                visit(&space.canonical(genes));
                continue;
            }
            for edge in &graph.edges[node.edges.clone()] {
                let mut genes = genes.clone();
                decide(edge, &mut genes);
                open.push((edge.to, genes));
            }
        }
    }
}

/// Sets the genes an edge decides.
pub(super) fn decide(edge: &GraphEdge, genes: &mut [u8]) {
    for (gene, value) in edge.genes.into_iter().flatten() {
        genes[usize::from(gene)] = value;
    }
}

/// The design of a genome that is split at a node and sends with one of its transmit configurations.
pub(super) fn design(
    space: &SearchSpace,
    node: &GraphNode,
    genome: Genome,
    fusion: BoundaryId,
    transmit: usize,
) -> Design {
    let split = node.boundary.expect("a split is at a boundary");
    let [ratios, bits] = space.transmit_choices(split);
    let (ratio, bits) = (ratios[transmit / bits.len()], bits[transmit % bits.len()]);
    Design { genome, split, fusion, ratio, bits }
}

fn below(limit: u128, rng: &mut impl Rng) -> u128 {
    rng.random_range(0..limit.max(1))
}

/// One of a list, as likely as its weight. The weights must not all be 0.
fn pick<T: Copy>(list: &[T], rng: &mut impl Rng, weight: impl Fn(&T) -> u128) -> T {
    let total = list.iter().fold(0_u128, |sum, item| sum.saturating_add(weight(item)));
    let mut left = below(total, rng);
    for item in list {
        let own = weight(item);
        if left < own {
            return *item;
        }
        left -= own;
    }
    *list.last().expect("a node that is not an end has edges")
}
