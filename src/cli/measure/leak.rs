//! Printing of a measured leak.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::output::say;
use crate::quantity::Metric;
use crate::record::{LeakFigures, LeakMeasurement, leak_sentence};

/// Prints a leak, as one JSON object or as a paragraph.
pub(super) fn print(measured: &LeakMeasurement, json: bool) -> Result<()> {
    if json {
        say!("{}", object(measured)?)?;
    } else {
        say!("{}", text(measured))?;
    }
    Ok(())
}

fn object(measured: &LeakMeasurement) -> Result<Value> {
    let key = &measured.key;
    let mut row = json!({
        "kind": "leak",
        "design": key.design,
        "views": key.views,
        "subset": key.subset.name(),
        "precision": key.precision.name(),
        "step": key.step,
    });
    if let (Value::Object(row), Value::Object(figures)) = (&mut row, serde_json::to_value(&measured.figures)?) {
        row.extend(figures);
    }
    Ok(row)
}

fn text(measured: &LeakMeasurement) -> String {
    let LeakMeasurement { key, figures } = measured;
    let share = |value: f64| Metric::Leak.format(value);
    let LeakFigures { leak, one_view, label, raw, psnr_db, ssim, samples, fitted_objects, resolution, .. } = *figures;
    let mut attackers = format!("one view {}", share(one_view));
    for (name, value) in [("all views", figures.all_views), ("decoder", figures.decoder)] {
        if let Some(value) = value {
            let _ = write!(attackers, ", {name} {}", share(value));
        }
    }
    let mut lines = vec![
        format!("{}  {:>2} views  {}", leak_sentence(leak), key.views, key.design),
        format!("    by {} (PSNR {psnr_db:.1} dB, SSIM {ssim:.2}); {attackers}", figures.attacker.label()),
        format!(
            "    anchors: mean picture 0 %, class label alone {}, raw input at the same bits {}",
            share(label),
            share(raw)
        ),
    ];
    if let (Some(azimuth), Some(elevation)) = (figures.azimuth, figures.elevation) {
        lines.push(format!("    also read from one view: azimuth {}, elevation {}", share(azimuth), share(elevation)));
    }
    lines.push(format!(
        "    {samples} {} objects at {resolution}x{resolution} pixels in {}, attackers fitted on {fitted_objects} training objects",
        key.subset.name(),
        key.precision.name()
    ));
    lines.join("\n")
}
