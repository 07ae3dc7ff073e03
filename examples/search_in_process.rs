//! Joint search over designs in this process, on a made-up accuracy: `cargo run --release --example search_in_process`.
//!
//! A search asks for accuracies through one trait: here a formula stands in for a trained supernet.

use std::error::Error;

use splitscope::hardware::Profile;
use splitscope::search::{Objective, SearchDriver, SearchOptions, SearchProblem};
use splitscope::space::{Design, SearchSpace};

fn main() -> Result<(), Box<dyn Error>> {
    let space = SearchSpace::shipped("tabletop").ok_or("no such space")?;
    let profile = Profile::shipped("glasses").ok_or("no such profile")?;
    let objectives = vec![Objective::Accuracy, Objective::Latency, Objective::Energy];
    let problem = SearchProblem::new(space.clone(), profile, objectives)?;

    // More arithmetic, fewer errors; stronger compression, more of them.
    let mut accuracy = |design: &Design, views: u32| {
        let macs = space.lower(&design.genome).map_or(0, |network| network.macs()) as f64;
        let loss = 0.4 * (-macs / 5e5).exp() + 0.01 * f64::from(design.ratio).log2();
        1.0 - loss / f64::from(views).sqrt()
    };

    let mut driver = SearchDriver::new(problem, SearchOptions { budget: 60, ..SearchOptions::default() }, None)?;
    let reason = driver.run(&mut accuracy)?;
    println!("{} measured; {reason}", driver.measured());
    println!("{:>8} {:>9} {:>9}", "accuracy", "latency", "energy");
    for (design, evaluated) in driver.front() {
        // Objectives are minimised, so an accuracy is an error there.
        let [error, latency_s, energy_j, ..] = evaluated.outcome.objectives[..] else { continue };
        let name = driver.problem().space.print_design(&design);
        println!("{:7.1}% {:6.2} ms {:6.1} uJ  {name}", 100.0 * (1.0 - error), 1e3 * latency_s, 1e6 * energy_j);
    }
    Ok(())
}
