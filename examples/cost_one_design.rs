//! Costs one design, says why it does not fit, and moves a knob: `cargo run --release --example cost_one_design`.

use std::error::Error;

use splitscope::cost::{CostModel, MeasuredShares, reasons, single_fixes};
use splitscope::hardware::Profile;
use splitscope::quantity::{Dimension, Knob};
use splitscope::space::{Design, SearchSpace};

fn main() -> Result<(), Box<dyn Error>> {
    let space = SearchSpace::shipped("tabletop").ok_or("no such space")?;
    let profile = Profile::shipped("glasses").ok_or("no such profile")?;
    let model = CostModel::new(space, profile)?;

    // The largest network: six sensors run stages S1 and S2, then send a quarter of the channels, 8 bits each.
    let space = model.space();
    let boundary = |name| space.parse_boundary(name);
    let design =
        Design { genome: space.largest(), split: boundary("S2.2")?, fusion: boundary("S3.2")?, ratio: 4, bits: 8 };
    println!("{}", space.print_design(&design));

    // As the profile has it, then with a tenth of the bandwidth.
    let knobs = model.knobs();
    let slow = knobs.with(Knob::LinkBandwidth, knobs.get(Knob::LinkBandwidth) / 10.0);
    let network = space.lower(&design.genome)?;
    for knobs in [knobs, slow] {
        let cost = model.evaluate(&design, &knobs)?;
        println!(
            "link {}: latency {} (readout {}, sensor {}, link {}, aggregator {}), energy {}",
            Knob::LinkBandwidth.format(knobs.get(Knob::LinkBandwidth)),
            Dimension::Time.format(cost.latency.total_s()),
            Dimension::Time.format(cost.latency.readout_s),
            Dimension::Time.format(cost.latency.sensor_s),
            Dimension::Time.format(cost.latency.link_s),
            Dimension::Time.format(cost.latency.aggregator_s),
            Dimension::Energy.format(cost.energy_j),
        );
        let demand = model.demand(&design)?;
        for reason in reasons(&network, &demand, model.profile(), &knobs, MeasuredShares::UNKNOWN) {
            println!("  {}", reason.sentence());
        }
        for fix in single_fixes(&[(&demand, MeasuredShares::UNKNOWN)], &knobs).iter().filter(|_| !cost.feasible()) {
            println!("  or {}", fix.sentence());
        }
    }
    Ok(())
}
