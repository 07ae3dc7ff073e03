//! Keeps the record of a running search: closes generations, counts, and holds the hypervolume's reference corner.

use super::archive::{Archive, FrontStatus, Origin};
use super::generation::{Generation, Operator, Tallies};
use super::hypervolume::hypervolume;
use super::outcome::{MAX_OBJECTIVES, Objectives};

#[derive(Clone, Debug, Default)]
pub(super) struct GenerationLog {
    generations: Vec<Generation>,
    /// Of the generation that is not complete yet.
    current: Tallies,
    duplicates: usize,
    reassessments: usize,
    reference: Option<Objectives>,
    objectives: usize,
}

impl GenerationLog {
    pub(super) fn new(objectives: usize, reference: Option<Objectives>) -> Self {
        Self { reference, objectives, ..Self::default() }
    }

    pub(super) fn told(&mut self, origin: &Origin, status: FrontStatus) {
        let operator = Operator::of(origin);
        self.current.count(operator, status == FrontStatus::Front);
    }

    pub(super) fn duplicate(&mut self) {
        self.duplicates += 1;
    }

    /// The limits changed: earlier hypervolumes no longer compare, and a reference that was found is found anew.
    pub(super) fn reassessed(&mut self, archive: &Archive, given: Option<Objectives>) {
        self.reassessments += 1;
        self.reference = given.or_else(|| worst_corner(archive, self.objectives));
    }

    pub(super) fn close_generation(&mut self, archive: &Archive) {
        if self.reference.is_none() {
            self.reference = worst_corner(archive, self.objectives);
        }
        self.generations.push(Generation {
            index: self.generations.len(),
            evaluations: archive.len(),
            feasible: archive.feasible(),
            hypervolume: self.hypervolume(archive),
            front_size: archive.front_points().len(),
            duplicates_avoided: self.duplicates,
            reassessments: self.reassessments,
            operators: std::mem::take(&mut self.current),
        });
    }

    pub(super) fn hypervolume(&self, archive: &Archive) -> f64 {
        self.reference.map_or(0.0, |corner| hypervolume(archive.front_points(), &corner, self.objectives))
    }

    pub(super) fn reference(&self) -> Option<Objectives> {
        self.reference
    }

    pub(super) fn generations(&self) -> &[Generation] {
        &self.generations
    }
}

/// The worst feasible value of each objective plus a tenth of its range; `None` while nothing is feasible.
fn worst_corner(archive: &Archive, objectives: usize) -> Option<Objectives> {
    if archive.feasible() == 0 {
        return None;
    }
    let mut corner = [0.0; MAX_OBJECTIVES];
    for (axis, value) in corner.iter_mut().enumerate().take(objectives) {
        let values = || {
            let feasible = archive.entries().iter().filter(|entry| entry.outcome.is_feasible());
            feasible.map(|entry| entry.outcome.objectives[axis])
        };
        let worst = values().fold(f64::NEG_INFINITY, f64::max);
        let range = worst - values().fold(f64::INFINITY, f64::min);
        // One value alone has no range; a tenth of itself, or of 1, keeps the volume above 0.
        let margin = if range > 0.0 { range } else { worst.abs().max(1.0) };
        *value = worst + 0.1 * margin;
    }
    Some(corner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::archive::Evaluated;
    use crate::search::outcome::Outcome;

    fn archive(points: &[([f64; 2], f64)]) -> Archive {
        let mut archive = Archive::new(2);
        for (id, (point, violation)) in points.iter().enumerate() {
            let outcome = Outcome::new(point, *violation);
            archive.add(Evaluated { id: id as u64, genes: Box::new([]), outcome, origin: Origin::Random });
        }
        archive
    }

    #[test]
    fn the_corner_is_found_when_something_is_feasible_and_then_stays() {
        let mut history = GenerationLog::new(2, None);
        history.close_generation(&archive(&[([1.0, 1.0], 0.5)]));
        assert_eq!((history.reference(), history.generations()[0].hypervolume), (None, 0.0));
        history.close_generation(&archive(&[([1.0, 3.0], 0.0), ([2.0, 1.0], 0.0), ([9.0, 9.0], 1.0)]));
        let corner = history.reference().unwrap();
        assert!((corner[0] - 2.1).abs() < 1e-12 && (corner[1] - 3.2).abs() < 1e-12);
        // 1.1 x 0.2 for the first point, 0.1 x 2.0 more below it for the second.
        assert!((history.generations()[1].hypervolume - 0.42).abs() < 1e-12);
        history.close_generation(&archive(&[([0.0, 9.0], 0.0)]));
        assert_eq!(history.reference(), Some(corner));
        history.reassessed(&archive(&[([1.0, 1.0], 0.0)]), None);
        assert_eq!(history.reference().map(|corner| [corner[0], corner[1]]), Some([1.1, 1.1]));
    }

    #[test]
    fn tallies_are_of_the_generation() {
        let mut history = GenerationLog::new(2, None);
        history.told(&Origin::Random, FrontStatus::Front);
        history.close_generation(&archive(&[]));
        history.told(&Origin::Random, FrontStatus::Dominated);
        history.close_generation(&archive(&[]));
        assert_eq!(history.generations()[1].operators.get(Operator::Random).successes, 0);
        assert_eq!(history.generations()[0].operators.get(Operator::Random).successes, 1);
    }
}
