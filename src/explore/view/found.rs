//! Designs found by a search, by generation, under the current knobs.

use crate::cost::MeasuredShares;
use crate::explore::candidate::CandidateId;
use crate::explore::progress::Found;
use crate::explore::session::Session;
use crate::search::ParetoFront;

/// A design that the search measured, as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundPoint<'a> {
    /// The design with its accuracy.
    pub found: &'a Found,
    /// Its candidate.
    pub candidate: CandidateId,
    /// Seconds under the current knobs.
    pub latency_s: f64,
    /// `true` if it meets all limits.
    pub feasible: bool,
    /// `true` if it meets them and no other feasible one is both as accurate and as fast.
    pub front: bool,
}

impl Session {
    /// Designs found up to a generation, or up to now, in the order of their measurement. Designs measured with another
    /// number of sensors are left out.
    pub fn found(&self, generation: Option<u32>) -> Vec<FoundPoint<'_>> {
        let until = generation.unwrap_or(u32::MAX);
        let evaluator = self.evaluator();
        let wanted = |found: &&Found| found.generation <= until && found.views == self.knobs().sensors;
        let mut points: Vec<FoundPoint<'_>> = (self.searching().found.iter().filter(wanted))
            .filter_map(|found| {
                let design = &found.design;
                let is_it = |id: &&CandidateId| self.catalogue().design(**id, design.split).as_ref() == Some(design);
                let candidate = *self.catalogue().of_genome(&design.genome).iter().find(is_it)?;
                let split = self.catalogue().pool().split_at(candidate, design.split)?;
                let leak = self.catalogue().leak_at(split);
                let measured = MeasuredShares { accuracy: found.accuracy, leak };
                let cost = evaluator.evaluate_frame(&self.catalogue().batch().frame(split), measured);
                let (latency_s, feasible) = (cost.latency.total_s(), cost.feasible());
                Some(FoundPoint { found, candidate, latency_s, feasible, front: false })
            })
            .collect();
        mark_front(&mut points);
        points
    }
}

/// Marks the points that no other one beats.
fn mark_front(points: &mut [FoundPoint<'_>]) {
    let mut front = ParetoFront::new(2);
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.feasible) {
        front.insert([point.latency_s, -point.found.accuracy], index);
    }
    for &index in front.members() {
        points[index].front = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::session;
    use crate::explore::progress::{Found, SearchUpdate};
    use crate::explore::{Command, Update};
    use crate::record::{Event, GenerationRecord};

    #[test]
    fn the_front_grows_with_the_generations() {
        let mut session = session(60);
        let views = session.knobs().sensors;
        let ids: Vec<_> = session.order().iter().copied().take(3).collect();
        let mut updates = Vec::new();
        for (generation, (&id, accuracy)) in (1..).zip(ids.iter().zip([0.5, 0.9, 0.7])) {
            let design = session.best_design(id).unwrap();
            updates.push(Update::Measured {
                design: design.clone(),
                views,
                accuracy,
                samples: 10,
                step: 1,
                quantisation: None,
            });
            updates.push(Update::Search(SearchUpdate::Found(Found { design, views, accuracy, generation: 0 })));
            let record = GenerationRecord { generation, ..GenerationRecord::default() };
            updates.push(Update::Search(SearchUpdate::Event(Event::Generation(record))));
        }
        session.apply(Command::Update(updates), 0);
        let count = |generation| session.found(generation).len();
        assert_eq!((count(Some(1)), count(Some(2)), count(None)), (1, 2, 3));
        let all = session.found(None);
        let best = all.iter().max_by(|a, b| a.found.accuracy.total_cmp(&b.found.accuracy)).unwrap();
        assert!(best.front || !best.feasible);
        for point in all.iter().filter(|point| point.front) {
            let beats = |other: &&super::FoundPoint<'_>| {
                other.feasible && other.latency_s < point.latency_s && other.found.accuracy >= point.found.accuracy
            };
            assert!(!all.iter().any(|other| beats(&other)));
        }
    }
}
