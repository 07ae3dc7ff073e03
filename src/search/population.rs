//! The parents of a search: who they are, and how one or two of them are chosen for a child.
//!
//! Invariant: `members` point into the archive and are the best of what has been told, as [`select`] orders them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::archive::Evaluated;
use super::outcome::{Objectives, Outcome};
use super::selection::{Survivor, select};

#[derive(Clone, Debug, Default)]
pub(super) struct Population {
    members: Vec<Survivor>,
    /// The objectives of each member in units of their range over the feasible members (0 where there is no range).
    points: Vec<Objectives>,
}

impl Population {
    /// Returns `true` if two different parents can be drawn.
    pub(super) fn is_ready(&self) -> bool {
        self.members.len() >= 2
    }

    /// Selects the best `size` of the present members and the entries at `fresh`.
    pub(super) fn renew(&mut self, entries: &[Evaluated], fresh: &[usize], objectives: usize, size: usize) {
        let pool: Vec<usize> = self.members.iter().map(|member| member.index).chain(fresh.iter().copied()).collect();
        self.choose(entries, &pool, objectives, size);
    }

    /// Selects the best `size` of all entries, after the limits have changed.
    pub(super) fn rebuild(&mut self, entries: &[Evaluated], objectives: usize, size: usize) {
        let pool: Vec<usize> = (0..entries.len()).collect();
        self.choose(entries, &pool, objectives, size);
    }

    fn choose(&mut self, entries: &[Evaluated], pool: &[usize], objectives: usize, size: usize) {
        let outcomes: Vec<Outcome> = pool.iter().map(|&position| entries[position].outcome).collect();
        self.members = select(&outcomes, objectives, size);
        for member in &mut self.members {
            member.index = pool[member.index];
        }
        self.points = self.members.iter().map(|member| entries[member.index].outcome.objectives).collect();
        let feasible = self.members.iter().filter(|member| entries[member.index].outcome.is_feasible()).count();
        // Feasible members come first.
        let feasible = &self.points[..feasible];
        let scale: Objectives = std::array::from_fn(|axis| {
            let values = || feasible.iter().map(|point| point[axis]);
            let range = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
            if range > 0.0 { 1.0 / range } else { 0.0 }
        });
        for point in &mut self.points {
            *point = std::array::from_fn(|axis| point[axis] * scale[axis]);
        }
    }

    /// The entry of the archive that a member is.
    pub(super) fn entry<'a>(&self, entries: &'a [Evaluated], member: usize) -> &'a Evaluated {
        &entries[self.members[member].index]
    }

    /// The best of `tournament` members drawn at random. The population must be ready.
    pub(super) fn parent(&self, tournament: usize, rng: &mut ChaCha8Rng) -> usize {
        let mut best = self.draw(rng);
        for _ in 1..tournament {
            let rival = self.draw(rng);
            if self.members[rival].beats(&self.members[best]) {
                best = rival;
            }
        }
        best
    }

    /// Of `mates` members drawn at random the one nearest to `first` in objectives; `None` if only `first` was drawn.
    /// Neighbours on the front tend to share genes, so their children stay near it (restricted mating; Ishibuchi and
    /// Shibata 2003, "A similarity-based mating scheme for evolutionary multiobjective optimization").
    pub(super) fn mate(&self, first: usize, mates: usize, rng: &mut ChaCha8Rng) -> Option<usize> {
        let mut nearest: Option<(usize, f64)> = None;
        for _ in 0..mates {
            let member = self.draw(rng);
            if member == first {
                continue;
            }
            let distance = self.distance(first, member);
            // Infeasible members may have no objectives to compare, which gives NaN: they are taken if nothing better
            // is drawn.
            if nearest.is_none_or(|(_, least)| distance < least || least.is_nan()) {
                nearest = Some((member, distance));
            }
        }
        nearest.map(|(member, _)| member)
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        rng.random_range(0..self.members.len() as u32) as usize
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.points[a], &self.points[b]);
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::archive::Origin;
    use rand::SeedableRng;

    /// Six designs on a line, entry i at (i, 5 - i), and a dominated one at the end.
    fn entries() -> Vec<Evaluated> {
        (0..6)
            .map(|i| [f64::from(i), 5.0 - f64::from(i)])
            .chain([[9.0, 9.0]])
            .zip(0..)
            .map(|(point, id)| Evaluated {
                id,
                genes: Box::new([]),
                outcome: Outcome::feasible(&point),
                origin: Origin::Random,
            })
            .collect()
    }

    fn population(entries: &[Evaluated]) -> Population {
        let mut population = Population::default();
        population.rebuild(entries, 2, 7);
        population
    }

    #[test]
    fn a_mate_is_near_when_many_are_drawn() {
        let entries = entries();
        let population = population(&entries);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let first = (0..7).find(|&member| population.entry(&entries, member).id == 2).unwrap();
        for _ in 0..50 {
            let mate = population.mate(first, 60, &mut rng).map(|member| population.entry(&entries, member).id);
            assert!(mate == Some(1) || mate == Some(3), "{mate:?}");
        }
    }

    #[test]
    fn a_large_tournament_avoids_the_dominated() {
        let entries = entries();
        let population = population(&entries);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        assert!((0..50).all(|_| population.entry(&entries, population.parent(60, &mut rng)).id != 6));
    }

    #[test]
    fn renewing_keeps_the_best_of_old_and_new() {
        let entries = entries();
        let mut population = Population::default();
        population.renew(&entries, &[6, 0], 2, 2);
        assert!(population.is_ready());
        population.renew(&entries, &[5], 2, 2);
        let mut kept: Vec<usize> = population.members.iter().map(|member| member.index).collect();
        kept.sort_unstable();
        assert_eq!(kept, [0, 5]);
    }
}
