//! Memory of a sensor: tensors alive while each of its layers runs.

use super::words::bytes;
use crate::cost::ReasonSite;
use crate::explore::Session;
use crate::network::{Network, TensorId, memory};
use crate::quantity::Knob;
use crate::report::chosen::Chosen;
use crate::report::{PageSection, PageTable, Passage};
use crate::svg::bars::{ChartColumn, ColumnChart, ColumnPart};

const KIBIBYTE: f64 = 1024.0;

/// Picture and table of the tensors.
pub(in crate::report) fn section(session: &Session, chosen: &Chosen) -> PageSection {
    let heading = "Memory of a sensor";
    let Some((report, split)) = chosen.splits.as_ref().zip(chosen.split()) else {
        return PageSection::new(heading, vec![Passage::missing("the layers can't be costed one by one.", "")]);
    };
    let network = &report.network;
    let layers = network.position(chosen.design.split).map_or(0, |position| network.boundaries[position].layers);
    let mut passages = Vec::new();
    let peak = bytes(split.cost.sensor_peak_bytes);
    let at = match &split.peak {
        ReasonSite::Memory { during, tensors } => format!(" {}", during.phrase(tensors)),
        _ => String::new(),
    };
    let limit = session.value(Knob::SensorMemory);
    let room = if Knob::SensorMemory.is_unlimited(limit) {
        "no limit is set".to_owned()
    } else {
        format!("{} are allowed", Knob::SensorMemory.format(limit))
    };
    passages.push(Passage::Text(format!("The peak is {peak}{at}; {room}.")));
    if layers == 0 {
        passages.push(Passage::Text("No layer runs on the sensor: it holds the frame that it sends.".to_owned()));
        return PageSection::new(heading, passages);
    }
    let rule = session.profile().sensor.memory_rule;
    let live = memory::live_bytes(network, rule);
    let caption = format!(
        "Tensors alive while each layer of the sensor runs. Each colour is one tensor, from the layer that makes it to the \
         last one that reads it; the line is what they take by the rule `{}`, which may write one over another. The frame \
         itself, weights and what waits for the link are not in it.",
        rule.name()
    );
    passages.push(Passage::picture("memory", caption, picture(network, &live[..layers], limit)));
    passages.push(Passage::Table(table(network, &live[..layers])));
    PageSection::new(heading, passages)
}

/// Name of a tensor: that of the layer that makes it.
fn name(network: &Network, tensor: TensorId) -> String {
    match tensor.checked_sub(1) {
        None => "input".to_owned(),
        Some(layer) => network.layers[layer].name.clone(),
    }
}

fn picture(network: &Network, live: &[u64], limit: f64) -> String {
    let column = |(layer, &step): (usize, &u64)| ChartColumn {
        name: network.layers[layer].name.clone(),
        parts: memory::tensors_at(network, layer)
            .into_iter()
            .map(|tensor| ColumnPart {
                number: tensor,
                name: format!("{}, {}", name(network, tensor), bytes(network.bytes(tensor))),
                height: network.bytes(tensor) as f64 / KIBIBYTE,
            })
            .collect(),
        step: step as f64 / KIBIBYTE,
    };
    let peak = live.iter().copied().max().unwrap_or(0);
    let chart = ColumnChart {
        title: "Tensors alive on a sensor".to_owned(),
        description: format!("bytes alive at each of {} layers, {} at most", live.len(), bytes(peak)),
        axis: "alive, KiB".to_owned(),
        columns: live.iter().enumerate().map(column).collect(),
        limit: limit.is_finite().then(|| ("memory of the sensor".to_owned(), limit / KIBIBYTE)),
    };
    chart.draw()
}

fn table(network: &Network, live: &[u64]) -> PageTable {
    let mut table = PageTable::new("Tensors alive, layer by layer", &["layer", "tensors", "alive"], 2);
    table.folded = true;
    for (layer, &alive) in live.iter().enumerate() {
        let tensors: Vec<String> = memory::tensors_at(network, layer)
            .into_iter()
            .map(|tensor| format!("{} {}", name(network, tensor), bytes(network.bytes(tensor))))
            .collect();
        table.row(vec![network.layers[layer].name.clone(), tensors.join(", "), bytes(alive)]);
    }
    table
}
