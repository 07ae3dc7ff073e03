//! The costs of a design as JSON, in seconds, bytes, joules and watts.

use serde_json::{Value, json};

use super::asked::Asked;
use crate::cost::{self, KnobChange, KnobSwing, Reason, SplitReport};
use crate::hardware::OperatorKind;
use crate::network::memory::{self, MemoryRule};
use crate::network::{Layer, Network};
use crate::quantity::Limit;
use crate::space::SearchSpace;

pub(super) fn report(asked: &Asked) -> Value {
    let (found, space) = (asked.report, asked.model.space());
    let splits: Vec<Value> = found.splits.iter().map(|split| row(asked, split)).collect();
    let best = found.best_split();
    let mut report = json!({
        "space": space.name,
        "profile": asked.model.profile().name,
        "genome": space.print(asked.genome),
        "sensors": found.knobs.sensors,
        "fusion": space.boundary_name(found.transmit.fusion),
        "ratio": found.transmit.ratio,
        "bits": found.transmit.bits,
        "splits": splits,
        "best": best.map(|split| split.demand.boundary),
        "best_name": best.map(|split| &split.name),
        "macs": found.network.macs(),
        "weights": found.network.weights(),
        "unattainable": found.unattainable,
    });
    if let Some(imported) = space.imported_network(asked.genome) {
        report["network"] = json!(imported.name);
        report["hypothetical"] = json!(space.is_hypothetical(found.transmit.ratio, found.transmit.bits));
        (report["layers"], report["total"]) = layers(&found.network);
    }
    if let Some(split) = asked.why {
        report["why"] = row(asked, split);
    }
    if let Some((one, other)) = asked.break_even {
        report["break_even"] = json!({ "splits": [one.name, other.name], "bytes_per_s": found.break_even(one, other) });
    }
    if let Some(swings) = &asked.tornado {
        report["tornado"] = swings.iter().map(|one| swing(space, one)).collect();
    }
    report
}

/// The layers in running order with what is alive and what crosses a cut behind them, and their totals; int8 unless the
/// file says otherwise, by the rule `strict`.
fn layers(network: &Network) -> (Value, Value) {
    let live = memory::live_bytes(network, MemoryRule::Strict);
    let cuts = memory::crossings(network, usize::MAX);
    let row = |(index, layer): (usize, &Layer)| {
        let crossing = cuts[index + 1].as_deref().unwrap_or_default();
        json!({
            "name": layer.name,
            "op": OperatorKind::of(layer),
            "macs": layer.macs,
            "weights": layer.weights,
            "live_bytes": live[index],
            "cut_bytes": crossing.iter().map(|&tensor| network.bytes(tensor)).sum::<u64>(),
            "cut_tensors": crossing.len(),
        })
    };
    let rows = network.layers.iter().enumerate().map(row).collect();
    let peak = live.iter().copied().max().unwrap_or(0);
    (rows, json!({ "macs": network.macs(), "weights": network.weights(), "peak_bytes": peak }))
}

fn row(asked: &Asked, split: &SplitReport) -> Value {
    let found = asked.report;
    let cost = &split.cost;
    let latency = &cost.latency;
    let [readout, sensor, link, aggregator] = latency.idle_shares();
    json!({
        "boundary": split.demand.boundary,
        "name": split.name,
        "feasible": cost.feasible(),
        "legal": !split.cost.violations.contains(Limit::Operators),
        "reasons": split.reasons.iter().map(reason).collect::<Vec<_>>(),
        "fixes": {
            "single": split.single.iter().map(change).collect::<Vec<_>>(),
            "joint": split.joint.iter().map(change).collect::<Vec<_>>(),
        },
        "latency": {
            "readout": latency.readout_s,
            "sensor": latency.sensor_s,
            "link": latency.link_s,
            "aggregator": latency.aggregator_s,
            "total": latency.total_s(),
        },
        "idle": { "readout": readout, "sensor": sensor, "link": link, "aggregator": aggregator },
        "link_bytes": cost.link_bytes,
        "traffic": found.traffic(split),
        "sensor_peak_bytes": cost.sensor_peak_bytes,
        "sensor_peak": split.peak,
        "sensor_weight_bytes": split.demand.sensor_weight_bytes,
        "aggregator_weight_bytes": split.demand.aggregator_weights(found.knobs.sensors),
        "fusion": split.fusion,
        "energy_j": cost.energy_j,
        "power_w": asked.power_at.map(|rate| cost.power_w(rate)),
        "fps": cost.fps,
    })
}

fn reason(reason: &Reason) -> Value {
    json!({
        "limit": reason.limit,
        "value": reason.value,
        "allowed": reason.allowed,
        "over": reason.over(),
        "at": reason.at,
        "sentence": reason.sentence(),
    })
}

fn change(change: &KnobChange) -> Value {
    json!({ "knob": change.knob, "from": change.from, "to": change.to, "sentence": change.sentence() })
}

fn swing(space: &SearchSpace, swing: &KnobSwing) -> Value {
    let end = |end: cost::SwingEnd| {
        json!({
            "value": end.value,
            "latency_s": end.latency_s,
            "split": space.boundary_name(end.boundary),
            "feasible": end.feasible,
        })
    };
    let (low, high) = (swing.low.map(end), swing.high.map(end));
    json!({ "knob": swing.knob, "low": low, "high": high, "moves_split": swing.moves_split() })
}
