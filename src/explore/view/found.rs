//! Measured designs under the current knobs, and which of them a search found, by generation.

use std::collections::HashMap;

use crate::cost::MeasuredShares;
use crate::explore::candidate::CandidateId;
use crate::explore::progress::Found;
use crate::explore::session::Session;
use crate::search::ParetoFront;
use crate::space::Design;

/// A measured design as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredPoint<'a> {
    /// The design.
    pub design: &'a Design,
    /// Its candidate.
    pub candidate: CandidateId,
    /// Share of samples classified correctly, 0 to 1.
    pub accuracy: f64,
    /// `true` if the search that is shown measured it.
    pub found: bool,
    /// Seconds under the current knobs.
    pub latency_s: f64,
    /// `true` if it meets all limits.
    pub feasible: bool,
    /// `true` if it meets them and no other feasible one is both as accurate and as fast.
    pub front: bool,
}

impl Session {
    /// All designs measured with the present number of sensors, those that a search found up to a generation or up to
    /// now among them. What it found later is left out.
    pub fn measured_points(&self, generation: Option<u32>) -> Vec<MeasuredPoint<'_>> {
        let until = generation.unwrap_or(u32::MAX);
        let sensors = self.knobs().sensors;
        let found = self.searching().found.iter().filter(|found| found.views == sensors);
        let found: HashMap<&Design, &Found> = found.map(|found| (&found.design, found)).collect();
        let (catalogue, evaluator) = (self.catalogue(), self.evaluator());
        let point = |(design, entry, newest): (_, usize, f64)| {
            let found = found.get(design);
            if found.is_some_and(|found| found.generation > until) {
                return None;
            }
            let accuracy = found.map_or(newest, |found| found.accuracy);
            let measured = MeasuredShares { accuracy, leak: catalogue.leak_at(entry) };
            let cost = evaluator.evaluate_frame(&catalogue.batch().frame(entry), measured);
            let (candidate, _) = catalogue.split_of(entry);
            let (latency_s, feasible) = (cost.latency.total_s(), cost.feasible());
            let (found, front) = (found.is_some(), false);
            Some(MeasuredPoint { design, candidate, accuracy, found, latency_s, feasible, front })
        };
        let mut points: Vec<_> = catalogue.measurements().designs_with(sensors).filter_map(point).collect();
        mark_front(&mut points);
        points
    }
}

/// Marks the points that no other one beats.
fn mark_front(points: &mut [MeasuredPoint<'_>]) {
    let mut front = ParetoFront::new(2);
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.feasible) {
        front.insert([point.latency_s, -point.accuracy], index);
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
    use crate::space::Design;

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
        let count = |generation| session.measured_points(generation).len();
        assert_eq!((count(Some(1)), count(Some(2)), count(None)), (1, 2, 3));
        let all = session.measured_points(None);
        let best = all.iter().max_by(|a, b| a.accuracy.total_cmp(&b.accuracy)).unwrap();
        assert!(best.front || !best.feasible);
        for point in all.iter().filter(|point| point.front) {
            let beats = |other: &&super::MeasuredPoint<'_>| {
                other.feasible && other.latency_s < point.latency_s && other.accuracy >= point.accuracy
            };
            assert!(!all.iter().any(|other| beats(&other)));
        }
    }

    #[test]
    fn what_was_measured_before_a_search_is_among_its_points() {
        let mut session = session(60);
        let views = session.knobs().sensors;
        let designs: Vec<_> = session.order().iter().take(3).map(|&id| session.best_design(id).unwrap()).collect();
        let measured = |design: &Design, accuracy| {
            let (design, samples, step, quantisation) = (design.clone(), 10, 1, None);
            Update::Measured { design, views, accuracy, samples, step, quantisation }
        };
        let found = |design: &Design, accuracy| {
            let design = design.clone();
            Update::Search(SearchUpdate::Found(Found { design, views, accuracy, generation: 0 }))
        };
        session.apply(Command::Update(vec![measured(&designs[0], 0.99), measured(&designs[1], 0.5)]), 0);
        session.apply(Command::Update(vec![measured(&designs[2], 0.7), found(&designs[2], 0.7)]), 0);
        let points = session.measured_points(None);
        let of = |design| points.iter().find(|point| point.design == design).unwrap();
        let [best, poor, new] = [0, 1, 2].map(|at| of(&designs[at]));
        assert_eq!((best.found, poor.found, new.found), (false, false, true));
        assert!(best.front, "the front is that of all measurements");
        assert_eq!(points.len(), 3);
    }
}
