//! Study of privacy: the leak by split.

use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::rows::{self, StudyPoint, StudyRow};
use crate::record::Subset;
use crate::space::Design;

pub(super) const PRIVACY: StudyInfo = StudyInfo {
    name: "privacy",
    claim: "Sending features instead of pictures protects privacy, the more the later the split.",
    needs: StudyNeeds::Runs,
    x: ("split, from the input to the logits", StudyAxis::Ordered),
    y: "share of the pictures that can be rebuilt at least, %",
    plan: |input| {
        let space = input.model.space();
        let splits = space.splits(&space.largest());
        let every = if input.quick { 3 } else { 1 };
        let shown = splits.iter().enumerate().filter(|(index, _)| index % every == 0 || index + 1 == splits.len());
        Ok(shown.map(|(_, &split)| StudyPoint::new(space.boundary_name(split), f64::from(split))).collect())
    },
    measure: |input, point| {
        let usual = input.usual_design()?;
        let design = input.model.space().canonical_design(Design { split: point.x as u16, ..usual });
        let views = input.views();
        let evaluator = input.trained(point.seed)?;
        let key = evaluator.key(&design, views, Subset::Test);
        let measured = evaluator.leak(&key, false)?;
        let figures = &measured.figures;
        let note = format!("by {}; {}", figures.attacker.label(), measured.key.design);
        let row = |series: &str, share: f64| StudyRow {
            samples: figures.samples,
            note: note.clone(),
            ..point.exact(series, share * 100.0)
        };
        Ok(vec![row("leak", figures.leak), row("class alone", figures.label), row("raw picture", figures.raw)])
    },
    finding: |rows| {
        let means = rows::means(rows);
        let all = means.iter().find(|(name, _)| name == "leak").map(|(_, means)| means.as_slice()).unwrap_or_default();
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return "Nothing was measured.".to_owned() };
        let below = all.iter().find(|row| row.value < 50.0);
        let rises = all.windows(2).filter(|pair| pair[1].value > pair[0].value).count();
        let head = if last.value < first.value { "Agrees with the paper" } else { "Does not agree with the paper" };
        let half = below.map_or_else(
            || "at no split less than half can be rebuilt".to_owned(),
            |row| format!("from {} on less than half can be rebuilt", row.setting),
        );
        format!(
            "{head}: at least {:.1} % of the pictures can be rebuilt at {}, {:.1} % at {}; {half}; the share rises at {rises} of \
             {} steps.",
            first.value,
            first.setting,
            last.value,
            last.setting,
            all.len() - 1
        )
    },
};
