//! The costs of a design as text.

use std::fmt::Write;

use super::asked::Asked;
use super::layers;
use crate::cost::{
    self, DesignReport, Evaluation, FusionReport, KnobChange, KnobSwing, LatencyBreakdown, ReasonSite, SplitReport,
};
use crate::quantity::{Dimension, Knob, Limit, Unit, number};

/// The whole report.
pub(super) fn report(asked: &Asked) -> String {
    let found = asked.report;
    let mut out = String::new();
    head(&mut out, asked);
    out.push('\n');
    rows(&mut out, found);
    out.push('\n');
    match found.best_split() {
        Some(split) => best(&mut out, asked, split),
        None => none(&mut out, asked),
    }
    if let Some(split) = asked.why {
        why(&mut out, asked, split);
    }
    if let Some((one, other)) = asked.break_even {
        let _ = writeln!(out, "\n{}", equal(found, one, other));
    }
    if let Some(swings) = &asked.tornado {
        tornado(&mut out, asked, swings);
    }
    out
}

fn head(out: &mut String, asked: &Asked) {
    let (found, space) = (asked.report, asked.model.space());
    let transmit = found.transmit;
    let _ = writeln!(
        out,
        "{} {} on {}, {}",
        space.name,
        space.print(asked.genome),
        asked.model.profile().name,
        number::counted(found.knobs.sensors.into(), "sensor")
    );
    let profile = asked.model.profile();
    for (name, device) in [("sensor", &profile.sensor.device), ("aggregator", &profile.aggregator)] {
        if device.mapping.source.as_deref() == Some(layers::COMMAND_LINE) {
            let _ = writeln!(out, "the {name} counts by the command line: {}", device.mapping.shown);
        }
    }
    match space.imported_network(asked.genome) {
        Some(imported) => {
            let network = &imported.network;
            let output = network.shape(network.layers.len());
            let (layers, cuts) = (network.layers.len(), network.boundaries.len());
            let _ = writeln!(out, "{layers} layers from {} to {output}, {cuts} cuts", network.input);
        }
        None => _ = writeln!(out, "{}", space.architecture(asked.genome)),
    }
    let _ = writeln!(
        out,
        "{} a view, {} weights; fusion at {}, ratio {}, {} bits on the link",
        Dimension::Operations.format(found.network.macs() as f64),
        number::grouped(found.network.weights()),
        space.boundary_name(transmit.fusion),
        transmit.ratio,
        transmit.bits
    );
    if space.is_hypothetical(transmit.ratio, transmit.bits) {
        let _ = writeln!(
            out,
            "hypothetical: the splitting module changes the network, so its accuracy is unknown until it is trained"
        );
    }
}

fn rows(out: &mut String, found: &DesignReport) {
    let names = found.splits.iter().map(|split| split.name.len()).max().unwrap_or(0).clamp(12, 32);
    let _ = writeln!(
        out,
        "  {:<names$} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>7} {:>13} {:>10}",
        "split after",
        "latency",
        "readout",
        "sensor",
        "link",
        "aggregator",
        "bytes",
        "all bytes",
        "of raw",
        "sensor memory",
        "energy"
    );
    let time = column_unit(found, Limit::Latency, |cost| cost.latency.total_s());
    let memory = column_unit(found, Limit::SensorMemory, |cost| cost.sensor_peak_bytes as f64);
    let energy = column_unit(found, Limit::Energy, |cost| cost.energy_j);
    for (index, split) in found.splits.iter().enumerate() {
        let latency = &split.cost.latency;
        let traffic = found.traffic(split);
        let mark = match split.cost.feasible() {
            true if found.best == Some(index) => '*',
            true => ' ',
            false => '-',
        };
        let [total, readout, sensor, link, aggregator] =
            [latency.total_s(), latency.readout_s, latency.sensor_s, latency.link_s, latency.aggregator_s]
                .map(|seconds| time.format(seconds));
        let _ = writeln!(
            out,
            "{mark} {:<names$} {total:>10} {readout:>10} {sensor:>10} {link:>10} {aggregator:>10} {:>10} {:>10} {:>7} {:>13} {:>10}",
            split.name,
            split.cost.link_bytes,
            traffic.total_bytes,
            Dimension::Share.format(traffic.raw_share),
            memory.format(split.cost.sensor_peak_bytes as f64),
            energy.format(split.cost.energy_j)
        );
        for reason in &split.reasons {
            let _ = writeln!(out, "    {}", reason.sentence());
        }
        if let Some(fix) = split.fix() {
            let _ = writeln!(out, "    to fit: {fix}");
        }
    }
}

/// Unit of a column, as in the explorer: that of the limit, else that of a usual value, here of the best split. A limit
/// far beyond every value would leave them no digits.
fn column_unit(found: &DesignReport, limit: Limit, figure: impl Fn(&Evaluation) -> f64) -> Unit {
    let set = limit.knob().filter(|knob| !knob.is_unlimited(found.knobs.get(*knob)));
    let usual = found.splits.get(found.best.unwrap_or(0)).map_or(0.0, |split| figure(&split.cost));
    let dimension = limit.metric().info().dimension;
    let unit = dimension.unit_for(set.map_or(usual, |knob| found.knobs.get(knob)));
    let most = found.splits.iter().map(|split| figure(&split.cost)).fold(0.0, f64::max);
    if 0.0 < most && most < unit.size { dimension.unit_for(most) } else { unit }
}

fn best(out: &mut String, asked: &Asked, split: &SplitReport) {
    let found = asked.report;
    let _ = writeln!(out, "best split (*): after {}", split.name);
    let _ = writeln!(out, "  {}", pipeline(&split.cost.latency, split.cost.fps));
    if let Some(power) = power(asked, split) {
        let _ = writeln!(out, "  {power}");
    }
    let _ = writeln!(out, "  {}", peak(split));
    let _ = writeln!(out, "  {}", fusion(split));
    for other in [found.splits.first(), found.splits.last()].into_iter().flatten() {
        if other.demand.boundary != split.demand.boundary {
            let _ = writeln!(out, "  {}", equal(found, split, other));
        }
    }
}

fn none(out: &mut String, asked: &Asked) {
    let (found, space) = (asked.report, &asked.model.space().name);
    let _ = writeln!(out, "no split meets the limits");
    let nearest = found.splits.iter().filter(|split| split.distance().is_finite());
    if let Some(split) = nearest.min_by(|a, b| a.distance().total_cmp(&b.distance())) {
        let _ = writeln!(
            out,
            "  smallest change: {}; then the split after {} fits",
            split.fix().unwrap_or_default(),
            split.name
        );
    }
    match &found.unattainable {
        Some(missed) => {
            let _ = writeln!(
                out,
                "  no design of {space} does{}: {}",
                if asked.model.space().imported().is_empty() { ", not even its smallest network" } else { "" },
                cost::shortfall_list(missed)
            );
        }
        None if !asked.model.space().imported().is_empty() => {
            out.push_str("  a hypothetical splitting module might: --ratio 4, or fewer --bits\n");
        }
        None => {
            let _ = writeln!(
                out,
                "  the smallest network of {space} does: --genome smallest with other --ratio, --bits or --fusion"
            );
        }
    }
}

/// Frame rate and idle shares of the stages when they work on different frames.
fn pipeline(latency: &LatencyBreakdown, fps: f64) -> String {
    let names = ["readout", "sensor", "link", "aggregator"];
    let idle: Vec<String> = names
        .iter()
        .zip(latency.idle_shares())
        .map(|(name, share)| format!("{name} {}", Dimension::Share.format(share)))
        .collect();
    format!("{}, pipelined; idle: {}", Dimension::Rate.format(fps), idle.join(", "))
}

fn power(asked: &Asked, split: &SplitReport) -> Option<String> {
    let rate = asked.power_at?;
    Some(format!(
        "mean power at {}: {}",
        Dimension::Rate.format(rate),
        Dimension::Power.format(split.cost.power_w(rate))
    ))
}

fn peak(split: &SplitReport) -> String {
    let bytes = Dimension::Bytes.format(split.cost.sensor_peak_bytes as f64);
    match &split.peak {
        ReasonSite::Memory { during, tensors } => format!("sensor memory {bytes} {}", during.phrase(tensors)),
        _ => format!("sensor memory {bytes}"),
    }
}

fn fusion(split: &SplitReport) -> String {
    let FusionReport { at, operator, views, macs, weights, cycles, seconds, energy_j, live_bytes } = &split.fusion;
    format!(
        "fusion of {views} views at {at} by {}: {}, {} weights, {} cycles, {}, {}, {} alive",
        operator.name(),
        Dimension::Operations.format(*macs as f64),
        number::grouped(*weights),
        number::grouped(cycles.round() as u64),
        Dimension::Time.format(*seconds),
        Dimension::Energy.format(*energy_j),
        Dimension::Bytes.format(*live_bytes as f64)
    )
}

/// Break-even bandwidth of two splits, in words.
fn equal(found: &DesignReport, one: &SplitReport, other: &SplitReport) -> String {
    let (more, less) = if one.demand.link_bytes > other.demand.link_bytes { (one, other) } else { (other, one) };
    if let Some(bandwidth) = found.break_even(one, other) {
        let (more, less, bandwidth) = (&more.name, &less.name, Knob::LinkBandwidth.format(bandwidth));
        return format!("a split after {more} is faster than one after {less} above {bandwidth}, slower below");
    }
    let total = |split: &SplitReport| split.cost.latency.total_s();
    let (fast, slow) = if total(one) <= total(other) { (one, other) } else { (other, one) };
    format!("a split after {} is faster than one after {} at every bandwidth", fast.name, slow.name)
}

fn why(out: &mut String, asked: &Asked, split: &SplitReport) {
    let _ =
        writeln!(out, "\nsplit after {}: {}", split.name, if split.cost.feasible() { "fits" } else { "does not fit" });
    let _ = writeln!(out, "  {}", pipeline(&split.cost.latency, split.cost.fps));
    if let Some(power) = power(asked, split) {
        let _ = writeln!(out, "  {power}");
    }
    let _ = writeln!(out, "  {}", peak(split));
    let _ = writeln!(out, "  {}", fusion(split));
    for reason in &split.reasons {
        let _ = writeln!(out, "  {}; {}", reason.sentence(), reason.fix());
    }
    if split.cost.feasible() {
        return;
    }
    let fixed: Vec<Limit> =
        split.reasons.iter().map(|reason| reason.limit).filter(|limit| limit.knob().is_none()).collect();
    if !fixed.is_empty() {
        let words: Vec<String> = fixed.iter().map(|limit| format!("no knob changes {}", unchanged(*limit))).collect();
        let besides: Vec<String> = split.besides.iter().map(KnobChange::sentence).collect();
        let besides = if besides.is_empty() { String::new() } else { format!("; besides, {}", besides.join(", and ")) };
        let _ = writeln!(out, "  {}{besides}", words.join("; "));
        return;
    }
    match split.single.as_slice() {
        [] => out.push_str("  no single knob makes it fit\n"),
        changes => {
            let _ = writeln!(out, "  any of these makes it fit, the smallest move first:");
            for change in changes {
                let _ = writeln!(out, "    {}", change.sentence());
            }
        }
    }
    if !split.joint.is_empty() {
        let list: Vec<String> = split.joint.iter().map(KnobChange::sentence).collect();
        let _ = writeln!(out, "  together: {}", list.join(", and "));
    }
}

/// A limit that no knob sets, and where it is set.
fn unchanged(limit: Limit) -> String {
    let key = match limit {
        Limit::SensorWeights => "sensor.memory.weights",
        Limit::AggregatorWeights => "aggregator.memory.weights",
        _ => return "what the chips can run: their `operators` are in the profile".to_owned(),
    };
    format!("the {}: it is `{key}` in the profile", limit.info().label)
}

fn tornado(out: &mut String, asked: &Asked, swings: &[KnobSwing]) {
    let (found, space) = (asked.report, asked.model.space());
    let _ = writeln!(out, "\nthe best split with each knob 20 % lower and higher:");
    let time = column_unit(found, Limit::Latency, |cost| cost.latency.total_s());
    for swing in swings {
        let end = |end: Option<cost::SwingEnd>| {
            let Some(end) = end else { return "not possible".to_owned() };
            let name = space.boundary_name(end.boundary);
            let mark = if end.feasible { "" } else { " (does not fit)" };
            format!("{} at {}: after {name}{mark}", Dimension::Time.format(end.latency_s), swing.knob.format(end.value))
        };
        let moves = if swing.moves_split() { "  the best split moves" } else { "" };
        let width = time.format(swing.width_s());
        let _ =
            writeln!(out, "  {:<18} {width:>9}   {}; {}{moves}", swing.knob.label(), end(swing.low), end(swing.high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostModel, TransmitConfig};
    use crate::hardware::Profile;
    use crate::space::SearchSpace;

    #[test]
    fn a_limit_far_beyond_all_values_leaves_them_their_digits() {
        let model =
            CostModel::new(SearchSpace::shipped("tabletop").unwrap(), Profile::shipped("glasses").unwrap()).unwrap();
        let units = |latency_s: f64, memory: u64| {
            let mut knobs = model.knobs();
            (knobs.latency_limit_s, knobs.sensor_memory_bytes) = (Some(latency_s), memory);
            let transmit = TransmitConfig { fusion: model.space().last(), ratio: 4, bits: 8 };
            let found = DesignReport::new(&model, &model.space().largest(), transmit, knobs).unwrap();
            let time = column_unit(&found, Limit::Latency, |cost| cost.latency.total_s());
            let memory = column_unit(&found, Limit::SensorMemory, |cost| cost.sensor_peak_bytes as f64);
            (time.symbol, memory.symbol)
        };
        assert_eq!(units(0.01, 1 << 16), ("ms", "KiB"));
        assert_eq!(units(10.0, 1 << 30), ("ms", "KiB"));
    }
}
