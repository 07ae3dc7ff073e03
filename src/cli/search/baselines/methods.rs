//! The methods, from the simplest to the joint search.

use anyhow::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::super::hunt::{Hunt, Next, Scope};
use super::super::terms::{Objective, Terms};
use super::{Outcome, Study, Tried};
use crate::cost::{Reason, reasons};
use crate::search::StopRule;
use crate::space::{Design, Gene, GeneKind, Genome, PLAIN_BITS, SearchSpace};

/// Designs drawn at random for one that meets the limits, at most.
const DRAWS: usize = 20_000;
/// A budget is used up, whether or not it still brings something: all methods get the same.
const TO_THE_END: StopRule = StopRule { evaluations: None, gain: 0.0, generations: 0 };

/// Runs every method and measures what each picked on the test objects.
pub(super) fn all(study: &mut Study) -> Result<Vec<Outcome>> {
    let last = study.terms.space.last();
    let mut outcomes = vec![one_side(study, "all on the sensors", last)?, one_side(study, "all on the aggregator", 0)?];
    for (name, genome) in fixed_networks(&study.terms.space) {
        outcomes.push(partition(study, name, &genome)?);
    }
    outcomes.push(bottleneck(study)?);
    outcomes.push(random(study)?);
    outcomes.push(two_stages(study)?);
    let joint = hunt(study, &study.terms.clone(), Scope::Free, study.budget)?;
    outcomes.push(outcome(study, "joint search".into(), "network, split, fusion, compression", joint, None)?);
    outcomes.push(exhaustive(study)?);
    Ok(outcomes)
}

/// Closes a method: says what it came to, and measures its pick on the test objects.
fn outcome(
    study: &mut Study,
    method: String,
    chooses: &'static str,
    tried: Vec<Tried>,
    nothing: Option<String>,
) -> Result<Outcome> {
    let mut outcome = Outcome { method, chooses, tried, nothing, test: None };
    let text = if let Some(best) = outcome.best().cloned() {
        outcome.test = Some(study.test_accuracy(&best.design)?);
        format!("{} evaluations, best {:.1} %", outcome.tried.len(), best.accuracy * 100.0)
    } else {
        outcome.nothing.get_or_insert_with(|| "nothing it could choose meets the limits".into()).clone()
    };
    study.log.note(&format!("{}: {text}", outcome.method));
    Ok(outcome)
}

/// The search itself, from nothing, on its own measurements.
fn hunt(study: &mut Study, terms: &Terms, scope: Scope, budget: usize) -> Result<Vec<Tried>> {
    let synflow = Some(study.meter.synflow());
    let mut hunt = Hunt::new(terms, scope, budget, study.seed, TO_THE_END, synflow)?;
    let nothing = super::Known::new();
    let mut tried = Vec::new();
    while tried.len() < budget {
        let Next::Measure(wanted) = hunt.next(terms, &nothing)? else { break };
        let accuracy = study.accuracy(&wanted.design)?;
        hunt.settle(terms, &wanted, accuracy)?;
        let found = study.terms.evaluation(&wanted.design)?.with_accuracy(accuracy, &study.terms.knobs);
        tried.push(Tried { design: wanted.design, accuracy, found });
    }
    Ok(tried)
}

/// Networks are searched, the split is held at one end.
fn one_side(study: &mut Study, name: &str, split: u8) -> Result<Outcome> {
    if !study.terms.space.split.at.contains(&split) {
        let reason = Some("the space allows no such split".to_owned());
        return outcome(study, name.into(), "network", Vec::new(), reason);
    }
    let tried = hunt(study, &study.terms.clone(), Scope::Split(split), study.budget)?;
    outcome(study, name.into(), "network", tried, None)
}

/// Networks no one searched for: the smallest, one of middle depths (the lower of two) and else middle choices (the upper of
/// two), the largest.
fn fixed_networks(space: &SearchSpace) -> [(&'static str, Genome); 3] {
    let middle = |gene: &Gene| match gene.kind {
        GeneKind::Depth => (gene.choices - 1) / 2,
        _ => gene.choices / 2,
    };
    let middle = space.canonical(space.genes().iter().map(middle).collect());
    [("smallest", space.smallest()), ("middle", middle), ("largest", space.largest())]
}

/// Where views become one in a network nobody searched: as late as features are whole, before the logits.
fn usual_fusion(space: &SearchSpace, genome: &Genome, split: u8) -> u8 {
    let fusions = space.fusions(genome, split);
    fusions.iter().rev().nth(1).or(fusions.last()).copied().unwrap_or_else(|| space.last())
}

/// Every split of a fixed network, sent as it is (as Neurosurgeon does, Kang et al. 2017).
fn partition(study: &mut Study, name: &str, genome: &Genome) -> Result<Outcome> {
    let space = &study.terms.space;
    let design = |split| {
        let fusion = usual_fusion(space, genome, split);
        let ratio = space.split.ratios[0];
        space.canonical_design(Design { genome: genome.clone(), split, fusion, ratio, bits: PLAIN_BITS })
    };
    let designs: Vec<Design> = space.splits(genome).into_iter().map(design).collect();
    let nothing = nearest_miss(&study.terms, &designs)?;
    let tried = study.try_all(designs, study.budget)?;
    outcome(study, format!("best cut of the {name} network"), "split", tried, nothing)
}

/// The fixed networks with a splitting module where a person would put it: at the end of the middle stage, with a middling
/// ratio (as `BottleNet` does, Eshratifar et al. 2019).
fn bottleneck(study: &mut Study) -> Result<Outcome> {
    let space = &study.terms.space;
    let (ratios, bits) = (&space.split.ratios, &space.split.bits);
    let ratio = ratios[ratios.len() / 2];
    let bits = *bits.last().unwrap_or(&PLAIN_BITS);
    // Stages whose blocks repeat are the body of a network.
    let body: Vec<usize> = (0..space.stages.len()).filter(|&stage| space.stages[stage].max_depth() > 1).collect();
    let middle = body.get(body.len() / 2).copied().unwrap_or(space.stages.len() / 2);
    let end = space.slots().iter().rposition(|slot| slot.after.is_some_and(|(stage, _)| stage == middle));
    let designs: Vec<Design> = fixed_networks(space)
        .into_iter()
        .map(|(_, genome)| {
            let split = space.nearest_boundary(&genome, end.unwrap_or(0) as u8);
            let fusion = usual_fusion(space, &genome, split);
            space.canonical_design(Design { genome, split, fusion, ratio, bits })
        })
        .collect();
    let nothing = nearest_miss(&study.terms, &designs)?;
    let tried = study.try_all(designs, study.budget)?;
    outcome(study, "hand-placed bottleneck".into(), "one of three networks", tried, nothing)
}

/// Designs drawn one by one, whatever was found before.
fn random(study: &mut Study) -> Result<Outcome> {
    let mut rng = ChaCha8Rng::seed_from_u64(study.seed);
    let space = study.terms.space.clone();
    let drawn = (0..DRAWS).map(|_| space.sample_design(&mut rng));
    let tried = study.try_all(drawn, study.budget)?;
    let nothing = tried.is_empty().then(|| format!("none of {DRAWS} designs drawn meets the limits"));
    outcome(study, "random search".into(), "everything, blindly", tried, nothing)
}

/// First an architecture, by accuracy and arithmetic, as if there were no sensors; then the best way to split it.
fn two_stages(study: &mut Study) -> Result<Outcome> {
    let mut alone = study.terms.clone();
    alone.objectives = vec![Objective::Accuracy, Objective::Macs];
    let knobs = &mut alone.knobs;
    (knobs.latency_limit_s, knobs.energy_limit_j, knobs.frame_rate_floor_hz) = (None, None, None);
    knobs.accuracy_floor = None;
    let chosen = hunt(study, &alone, Scope::Split(0), study.budget / 2)?;
    let mut networks: Vec<(f64, Genome)> = chosen.iter().map(|one| (one.accuracy, one.design.genome.clone())).collect();
    networks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut tried = Vec::new();
    for (_, genome) in networks {
        let mut designs = Vec::new();
        for split in study.terms.space.splits(&genome) {
            for design in study.terms.transmits(&genome, split) {
                let found = study.terms.evaluation(&design)?;
                if found.feasible() {
                    designs.push((design.ratio, found.latency.total_s(), design));
                }
            }
        }
        // The least compressed first, of equally compressed ones the quickest.
        designs.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        tried = study.try_all(designs.into_iter().map(|one| one.2), study.budget - chosen.len())?;
        if !tried.is_empty() {
            break;
        }
    }
    let nothing = tried.is_empty().then(|| "no network of the first stage can be split within the limits".to_owned());
    // What the first stage measured was not split, but it was measured, and may be what is best.
    tried.extend(chosen);
    outcome(study, "two stages".into(), "network, then split", tried, nothing)
}

/// Every design that meets the limits, where they are not too many.
fn exhaustive(study: &mut Study) -> Result<Outcome> {
    let survey = study.terms.survey();
    let fitting = survey.as_ref().map(|survey| survey.count_feasible(&study.terms.knobs));
    let few = fitting.as_ref().is_some_and(|fitting| {
        fitting.interval.is_none() && fitting.designs > 0.0 && fitting.designs <= study.budget as f64
    });
    let name = "every design".to_owned();
    let designs = survey.filter(|_| few).and_then(|survey| study.terms.designs_that_fit(&survey));
    let Some(designs) = designs else {
        let reason = match fitting {
            Some(fitting) => format!("not run: {fitting}, and the budget is {}", study.budget),
            None => "not run: the designs of a measured device are not counted".to_owned(),
        };
        return outcome(study, name, "everything", Vec::new(), Some(reason));
    };
    let tried = study.try_all(designs, study.budget)?;
    outcome(study, name, "everything", tried, None)
}

/// Why none of some designs meets the limits, told of the one that comes nearest; `None` if one does.
fn nearest_miss(terms: &Terms, designs: &[Design]) -> Result<Option<String>> {
    let mut nearest: Option<(f64, &Design)> = None;
    for design in designs {
        let violation = terms.outcome(design, None)?.violation;
        if nearest.is_none_or(|(least, _)| violation < least) {
            nearest = Some((violation, design));
        }
    }
    let Some((_, design)) = nearest.filter(|(violation, _)| *violation > 0.0) else { return Ok(None) };
    let network = terms.space.lower(&design.genome)?;
    let broken = reasons(&network, &terms.demand(design)?, &terms.knobs, None);
    let list: Vec<String> = broken.iter().map(Reason::sentence).collect();
    Ok(Some(format!("nearest: {}: {}", terms.space.print_design(design), list.join("; "))))
}
