//! Behaviour of a whole search.

use std::collections::HashSet;

use super::*;
use crate::search::config::SearchGene;
use crate::search::generation::StopRule;
use proptest::prelude::*;

/// Six genes of four choices: 4096 designs.
fn config(seed: u64) -> SearchConfig {
    let mut genes = vec![SearchGene::ordered(4), SearchGene::categorical(4), SearchGene::boundary(4)];
    genes.extend(vec![SearchGene::ordered(4); 3]);
    SearchConfig { population: 20, initial: 20, ..SearchConfig::new(genes, 2, seed) }
}

/// Two opposed sums; infeasible by what the first exceeds the limit.
fn assess(genes: &[u8], limit: f64) -> Outcome {
    let sum = |weight: &dyn Fn(f64) -> f64| -> f64 {
        genes.iter().zip(1..).map(|(gene, i)| weight(f64::from(i)) * f64::from(*gene)).sum()
    };
    let cost = sum(&|i| i);
    Outcome::new(&[cost, -sum(&|i| 7.0 - i)], (cost / limit - 1.0).max(0.0))
}

/// Evaluates until `evaluations` have been told, `at_once` at a time; returns the proposals.
fn drive(search: &mut Search, evaluations: usize, at_once: usize, limit: f64) -> Vec<Proposal> {
    let mut asked = Vec::new();
    while search.archive().len() < evaluations {
        let proposals = search.ask(at_once);
        assert!(!proposals.is_empty());
        for proposal in &proposals {
            search.tell(proposal.id, assess(&proposal.genes, limit)).unwrap();
        }
        asked.extend(proposals);
    }
    asked
}

#[test]
fn the_same_seed_and_tells_give_the_same_proposals() {
    let run = |seed, at_once| drive(&mut Search::new(config(seed)).unwrap(), 300, at_once, 40.0);
    assert_eq!(run(1, 20), run(1, 20));
    assert_ne!(run(1, 20), run(2, 20));
    // Parents change only after each batch of tells, so asking one by one or by the batch is the same search.
    assert_eq!(run(1, 1), run(1, 10));
}

#[test]
fn tells_may_come_in_any_order() {
    let mut search = Search::new(config(3)).unwrap();
    let mut waiting: Vec<Proposal> = Vec::new();
    while search.archive().len() < 400 {
        waiting.extend(search.ask(7));
        // The last asked is told first, and some stay open for long.
        while waiting.len() > 5 {
            let proposal = waiting.pop().unwrap();
            search.tell(proposal.id, assess(&proposal.genes, 40.0)).unwrap();
        }
    }
    assert_eq!(search.open(), waiting.len());
    let generations = search.generations();
    assert_eq!(generations.len(), search.archive().len() / 20);
    assert!(generations.windows(2).all(|pair| pair[0].hypervolume <= pair[1].hypervolume));
}

#[test]
fn a_small_space_is_evaluated_completely() {
    let genes =
        vec![SearchGene::ordered(3), SearchGene::categorical(4), SearchGene::boundary(5), SearchGene::ordered(1)];
    let mut search = Search::new(SearchConfig { retries: 2, ..SearchConfig::new(genes, 2, 0) }).unwrap();
    // A design given back is asked for again in the end.
    let given_back = search.ask(1).remove(0);
    search.withdraw(given_back.id).unwrap();
    let mut seen = HashSet::new();
    while search.stop_reason() != Some(StopReason::Exhausted) {
        for proposal in search.ask(8) {
            assert!(seen.insert(proposal.genes.clone()));
            search.tell(proposal.id, assess(&proposal.genes, 1e9)).unwrap();
        }
    }
    assert_eq!(seen.len(), 3 * 4 * 5);
    assert!(search.ask(1).is_empty());
}

#[test]
fn it_finds_its_way_to_the_feasible_region() {
    // 7 of the 4096 designs cost at most 3.
    let mut search = Search::new(config(5)).unwrap();
    drive(&mut search, 300, 10, 3.0);
    let first = search.archive().entries()[..20].iter().filter(|entry| entry.outcome.is_feasible()).count();
    assert_eq!(first, 0, "the random start must not be feasible for this test to say anything");
    // The best design of each cost is on the front.
    let costs: Vec<f64> = search.archive().front().map(|entry| entry.outcome.objectives[0]).collect();
    assert_eq!(costs, [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn new_limits_are_answered_from_what_is_known_and_the_search_goes_on() {
    let mut search = Search::new(config(6)).unwrap();
    drive(&mut search, 200, 10, 60.0);
    let wide: Vec<u64> = search.archive().front().map(|entry| entry.id).collect();

    search.reassess(&mut |genes| Some(assess(genes, 15.0)));
    assert_eq!((search.archive().len(), search.open()), (200, 0));
    assert!(search.archive().front().all(|entry| entry.outcome.objectives[0] <= 15.0));
    let tight = search.hypervolume();
    assert!(tight > 0.0);

    let mut tightened = search.clone();
    tightened.reassess(&mut |genes| Some(assess(genes, 20.0)));
    assert!(tightened.archive().feasible() >= 20, "enough to fill the population");
    for proposal in tightened.ask(10) {
        for parent in proposal.origin.parents() {
            assert!(tightened.archive().get(parent).unwrap().outcome.is_feasible(), "parents are selected anew");
        }
    }

    let fresh = drive(&mut search, 300, 10, 15.0);
    assert!(search.hypervolume() > tight);
    assert_eq!(search.generations().last().unwrap().reassessments, 1);
    // It now looks where the new limits are: more of its proposals meet them than at random (7 in 100).
    let inside = fresh.iter().filter(|proposal| assess(&proposal.genes, 15.0).is_feasible()).count();
    assert!(inside > 30, "{inside} of {}", fresh.len());

    search.reassess(&mut |genes| Some(assess(genes, 60.0)));
    let again: Vec<Objectives> = search.archive().front_points().to_vec();
    for id in wide {
        let point = search.archive().get(id).unwrap().outcome.objectives;
        assert!(again.iter().any(|other| other[0] <= point[0] && other[1] <= point[1]), "nothing is lost");
    }
}

#[test]
fn what_is_unknown_under_new_conditions_is_proposed_again_the_front_first() {
    let mut search = Search::new(config(6)).unwrap();
    drive(&mut search, 200, 10, 60.0);
    let front: Vec<Genome> = search.archive().front().map(|entry| entry.genes.clone()).collect();
    let points = search.archive().front_points().to_vec();
    // Every other design is known under the new conditions.
    let known = |genes: &[u8]| genes.iter().map(|gene| u32::from(*gene)).sum::<u32>() % 2 == 0;
    let lost: Vec<Genome> = front.iter().filter(|genes| !known(genes)).cloned().collect();
    assert!(!lost.is_empty());
    search.reassess(&mut |genes| known(genes).then(|| assess(genes, 60.0)));
    assert!(search.archive().front().all(|entry| known(&entry.genes)));
    let proposals = search.ask(lost.len());
    assert_eq!(proposals.iter().map(|proposal| proposal.genes.clone()).collect::<Vec<_>>(), lost);
    for proposal in proposals {
        search.tell(proposal.id, assess(&proposal.genes, 60.0)).unwrap();
    }
    // Back under the old conditions everything counts again, and each design once.
    search.reassess(&mut |genes| Some(assess(genes, 60.0)));
    assert_eq!(search.archive().front_points(), points);
    assert_eq!(search.archive().feasible(), search.archive().len() - lost.len());
}

#[test]
fn seeds_come_first_and_children_have_earlier_parents() {
    let seeds: Vec<Genome> = (0..4).map(|split| Genome::from([0, 0, split, 0, 0, 0])).collect();
    let mut search = Search::new(config(7)).unwrap().with_seeds(seeds.clone()).unwrap();
    let asked = drive(&mut search, 200, 10, 40.0);
    assert!(
        asked.iter().zip(&seeds).all(|(proposal, seed)| proposal.genes == *seed && proposal.origin == Origin::Seed)
    );
    assert_eq!(asked.iter().filter(|proposal| proposal.origin == Origin::Random).count(), 16);
    for proposal in &asked[20..] {
        let parents = proposal.origin.parents();
        assert!(!parents.is_empty() && parents.iter().all(|&id| id < proposal.id));
    }
    for proposal in &asked {
        if let Origin::BoundaryMove { parent, gene } = proposal.origin {
            let parent = &search.archive().get(parent).unwrap().genes;
            assert_eq!(gene, 2);
            assert_eq!(proposal.genes[2].abs_diff(parent[2]), 1);
        }
    }
    let error = Search::new(config(7)).unwrap().with_seeds([Genome::from([9; 6])]).unwrap_err();
    assert_eq!(error.to_string(), "gene 0 has the value 9, but its choices are 0 to 3");
}

#[test]
fn results_from_elsewhere_are_adopted_once() {
    let mut search = Search::new(config(8)).unwrap();
    let open = search.ask(2);
    let known = assess(&open[0].genes, 40.0);
    assert!(search.warm_start(&open[0].genes, known).unwrap().is_some());
    assert_eq!(search.tell(open[0].id, known), Err(SearchError::NotOpen(open[0].id)));
    assert_eq!(search.warm_start(&open[0].genes, known), Ok(None));
    assert_eq!(search.archive().get(open[0].id).map(|entry| &entry.genes), Some(&open[0].genes));

    let foreign = [3, 3, 3, 3, 3, 3];
    assert!(search.warm_start(&foreign, assess(&foreign, 40.0)).unwrap().is_some());
    assert!(search.warm_start(&[3; 5], known).is_err());
    let asked = drive(&mut search, 300, 10, 40.0);
    assert!(asked.iter().all(|proposal| *proposal.genes != foreign && proposal.genes != open[0].genes));
    // The second proposal is still open, so it is not proposed again either.
    assert!(search.open() == 1 && asked.iter().all(|proposal| proposal.genes != open[1].genes));
}

#[test]
fn wrong_tells_are_refused_and_change_nothing() {
    let mut search = Search::new(config(9)).unwrap();
    let proposal = search.ask(1).remove(0);
    let nan = Outcome::feasible(&[f64::NAN, 0.0]);
    assert!(matches!(search.tell(proposal.id, nan), Err(SearchError::NotComparable(_))));
    assert_eq!((search.open(), search.archive().len()), (1, 0));
    search.withdraw(proposal.id).unwrap();
    assert_eq!(search.tell(proposal.id, Outcome::feasible(&[0.0, 0.0])), Err(SearchError::NotOpen(proposal.id)));
    assert_eq!(search.open(), 0);
}

#[test]
fn it_stops_when_the_hypervolume_no_longer_grows() {
    let stop = StopRule { generations: 5, ..StopRule::default() };
    let mut search = Search::new(SearchConfig { stop, ..config(10) }).unwrap();
    while search.stop_reason().is_none() {
        for proposal in search.ask(10) {
            search.tell(proposal.id, assess(&proposal.genes, 40.0)).unwrap();
        }
    }
    assert!(matches!(search.stop_reason(), Some(StopReason::Converged { generations: 5, .. })));
    assert!(search.archive().len() < 2_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn proposals_are_canonical_and_never_repeat(
        seed: u64,
        cardinalities in prop::collection::vec(1_u8..6, 1..8),
        objectives in 2_usize..=4,
        counts in prop::collection::vec(1_usize..30, 1..12),
    ) {
        let genes: Vec<SearchGene> = cardinalities.iter().map(|&cardinality| SearchGene::boundary(cardinality)).collect();
        let config = SearchConfig { population: 8, initial: 10, retries: 5, ..SearchConfig::new(genes, objectives, seed) };
        let mut search = Search::new(config).unwrap();
        // The first gene has no effect when the last is 0; odd values of the first are out of its choices once doubled.
        let repair = |genome: &mut [u8]| if genome[genome.len() - 1] == 0 { genome[0] = 0 } else { genome[0] *= 2 };
        let mut seen = HashSet::new();
        for count in counts {
            let mut proposals = search.ask_repaired(count, &repair);
            proposals.reverse();
            for proposal in proposals {
                prop_assert!(proposal.genes.iter().zip(&cardinalities).all(|(value, cardinality)| value < cardinality));
                prop_assert!(seen.insert(proposal.genes.clone()));
                let values: Vec<f64> = (0..objectives).map(|axis| f64::from(proposal.genes[axis % cardinalities.len()])).collect();
                search.tell(proposal.id, Outcome::new(&values, f64::from(proposal.genes[0] % 2))).unwrap();
            }
        }
        prop_assert_eq!(search.archive().len(), seen.len());
    }
}
