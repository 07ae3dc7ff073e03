//! The costs of a design as text.

use super::{Asked, Found, Split};
use crate::cost::{self, FusionReport, KnobChange, LatencyBreakdown, ReasonSite, Swing, show};

pub(super) fn print(found: &Found, asked: &Asked) {
    head(found);
    println!();
    rows(found);
    println!();
    match found.best.map(|index| &found.splits[index]) {
        Some(split) => best(found, split),
        None => none(found),
    }
    if let Some(split) = asked.why {
        why(found, split);
    }
    if let Some((one, other)) = asked.break_even {
        println!("\n{}", equal(found, one, other));
    }
    if let Some(swings) = &asked.tornado {
        tornado(found, swings);
    }
}

fn head(found: &Found) {
    let (space, transmit) = (found.space, found.transmit);
    println!(
        "{} {} on {}, {} sensors",
        space.name,
        space.print(&found.genome),
        found.profile.name,
        found.knobs.sensors
    );
    println!("{}", space.architecture(&found.genome));
    println!(
        "{:.2} MMAC a view, {} weights; fusion at {}, ratio {}, {} bits on the link",
        found.network.macs() as f64 / 1e6,
        found.network.weights(),
        space.boundary_name(transmit.fusion),
        transmit.ratio,
        transmit.bits
    );
}

fn rows(found: &Found) {
    println!(
        "  {:<12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>10}",
        "split after", "latency", "readout", "sensor", "link", "aggregator", "bytes", "sensor peak", "energy"
    );
    for (index, split) in found.splits.iter().enumerate() {
        let latency = &split.cost.latency;
        let mark = match split.cost.feasible() {
            true if found.best == Some(index) => '*',
            true => ' ',
            false => '-',
        };
        let [total, readout, sensor, link, aggregator] =
            [latency.total_s(), latency.readout_s, latency.sensor_s, latency.link_s, latency.aggregator_s]
                .map(show::seconds);
        println!(
            "{mark} {:<12} {total:>10} {readout:>10} {sensor:>10} {link:>10} {aggregator:>10} {:>10} {:>11} {:>10}",
            split.name,
            split.cost.link_bytes,
            show::bytes(split.cost.sensor_peak_bytes),
            show::joules(split.cost.energy_j)
        );
        for reason in &split.reasons {
            println!("    {}", reason.sentence());
        }
        if let Some(fix) = split.fix() {
            println!("    to fit: {fix}");
        }
    }
}

fn best(found: &Found, split: &Split) {
    println!("best split (*): after {}", split.name);
    println!("  {}", pipeline(&split.cost.latency, split.cost.fps));
    if let Some(power) = power(found, split) {
        println!("  {power}");
    }
    println!("  {}", peak(found, split));
    println!("  {}", fusion(split));
    for other in [found.splits.first(), found.splits.last()].into_iter().flatten() {
        if other.demand.boundary != split.demand.boundary {
            println!("  {}", equal(found, split, other));
        }
    }
}

fn none(found: &Found) {
    println!("no split meets the limits");
    let nearest = found.splits.iter().filter(|split| split.distance().is_finite());
    if let Some(split) = nearest.min_by(|a, b| a.distance().total_cmp(&b.distance())) {
        println!("  smallest change: {}; then the split after {} fits", split.fix().unwrap_or_default(), split.name);
    }
    let name = &found.space.name;
    match &found.hopeless {
        Some(missed) => {
            println!("  no design of {name} does, not even its smallest network: {}", cost::shortfall_list(missed));
        }
        None => {
            println!("  the smallest network of {name} does: --genome smallest with other --ratio, --bits or --fusion");
        }
    }
}

/// How the stages keep up when they work on different frames.
fn pipeline(latency: &LatencyBreakdown, fps: f64) -> String {
    let names = ["readout", "sensor", "link", "aggregator"];
    let idle: Vec<String> =
        names.iter().zip(latency.idle_shares()).map(|(name, share)| format!("{name} {:.0} %", share * 100.0)).collect();
    format!("{fps:.1} frames per second, pipelined; idle: {}", idle.join(", "))
}

fn power(found: &Found, split: &Split) -> Option<String> {
    let rate = found.power_at?;
    Some(format!("mean power at {rate} frames per second: {}", show::watts(split.cost.power_w(rate))))
}

fn peak(found: &Found, split: &Split) -> String {
    let bytes = show::bytes(split.cost.sensor_peak_bytes);
    match cost::peak(&found.network, &split.demand, &found.knobs) {
        ReasonSite::Memory { during, tensors } => format!("sensor memory {bytes} {}", during.phrase(&tensors)),
        _ => format!("sensor memory {bytes}"),
    }
}

fn fusion(split: &Split) -> String {
    let FusionReport { at, operator, views, macs, weights, cycles, seconds, energy_j, live_bytes } = &split.fusion;
    format!(
        "fusion of {views} views at {at} by {}: {macs} MACs, {weights} weights, {cycles:.0} cycles, {}, {}, {} alive",
        operator.name(),
        show::seconds(*seconds),
        show::joules(*energy_j),
        show::bytes(*live_bytes)
    )
}

/// Which of two splits is faster at which bandwidth.
fn equal(found: &Found, one: &Split, other: &Split) -> String {
    let (more, less) = if one.demand.link_bytes > other.demand.link_bytes { (one, other) } else { (other, one) };
    if let Some(bandwidth) = found.break_even(one, other) {
        let (more, less, bandwidth) = (&more.name, &less.name, show::bandwidth(bandwidth));
        return format!("a split after {more} is faster than one after {less} above {bandwidth}, slower below");
    }
    let total = |split: &Split| split.cost.latency.total_s();
    let (fast, slow) = if total(one) <= total(other) { (one, other) } else { (other, one) };
    format!("a split after {} is faster than one after {} at every bandwidth", fast.name, slow.name)
}

fn why(found: &Found, split: &Split) {
    println!("\nsplit after {}: {}", split.name, if split.cost.feasible() { "fits" } else { "does not fit" });
    println!("  {}", pipeline(&split.cost.latency, split.cost.fps));
    if let Some(power) = power(found, split) {
        println!("  {power}");
    }
    println!("  {}", peak(found, split));
    println!("  {}", fusion(split));
    for reason in &split.reasons {
        println!("  {}; {}", reason.sentence(), reason.fix());
    }
    if split.cost.feasible() {
        return;
    }
    match split.single.as_slice() {
        [] => println!("  no single knob makes it fit"),
        changes => {
            println!("  any of these makes it fit, the smallest move first:");
            for change in changes {
                println!("    {}", change.sentence());
            }
        }
    }
    match split.joint.as_slice() {
        [] => println!("  no knobs together make it fit"),
        changes => {
            let list: Vec<String> = changes.iter().map(KnobChange::sentence).collect();
            println!("  together: {}", list.join(", and "));
        }
    }
}

fn tornado(found: &Found, swings: &[Swing]) {
    println!("\nthe best split with each knob 20 % lower and higher:");
    for swing in swings {
        let end = |end: &cost::SwingEnd| {
            let name = found.space.boundary_name(end.boundary);
            let mark = if end.feasible { "" } else { " (does not fit)" };
            format!("{} at {}: after {name}{mark}", show::seconds(end.latency_s), swing.knob.show(end.value))
        };
        let moves = if swing.moves_split { "  the best split moves" } else { "" };
        let width = show::seconds(swing.width_s());
        println!("  {:<18} {width:>9}   {}; {}{moves}", swing.knob.name(), end(&swing.low), end(&swing.high));
    }
}
