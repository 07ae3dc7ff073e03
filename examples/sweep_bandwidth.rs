//! Best split of the largest network over three decades of link bandwidth: `cargo run --release --example sweep_bandwidth`.

use std::error::Error;

use splitscope::cost::{CostModel, TransmitConfig, best_split, evaluate};
use splitscope::hardware::Profile;
use splitscope::quantity::{Dimension, Knob};
use splitscope::space::SearchSpace;

fn main() -> Result<(), Box<dyn Error>> {
    let space = SearchSpace::shipped("tabletop").ok_or("no such space")?;
    let profile = Profile::shipped("glasses").ok_or("no such profile")?;
    let model = CostModel::new(space, profile)?;

    // What a split demands does not depend on the knobs: it is counted once, and evaluated for every bandwidth.
    let transmit = TransmitConfig { fusion: model.space().parse_boundary("S3.2")?, ratio: 4, bits: 8 };
    let costs = model.demands(&model.space().largest(), transmit)?;
    for step in 0..=12 {
        let bandwidth = 75e3 * 10_f64.powf(f64::from(step) / 4.0);
        let knobs = model.knobs().with(Knob::LinkBandwidth, bandwidth);
        let speed = Knob::LinkBandwidth.format(bandwidth);
        match best_split(&costs, &knobs, |_| true) {
            Some(best) => println!(
                "{speed:>12}: split at {:<6} {}",
                model.space().boundary_name(costs.demands[best].boundary),
                Dimension::Time.format(evaluate(&costs, best, &knobs).latency.total_s()),
            ),
            None => println!("{speed:>12}: no split meets the limits"),
        }
    }
    Ok(())
}
