//! Studies of accuracies on a trained run: views, fusion, link bits, int8, lost cameras; on test objects,
//! or on validation objects with `quick`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::error::StudyError;
use super::info::{StudyAxis, StudyInfo, StudyNeeds};
use super::input::{Circumstances, StudyInput, accuracy};
use super::rows::{self, PairedGain, StudyPoint, StudyRow};
use crate::record::Precision;
use crate::space::Design;
use crate::svg::Scale;

const IN_INT8: &str = "accuracy in int8, %";
/// Series of the usual design, and of the same one fused as early as may be.
const LATE: &str = "late fusion";
const EARLY: &str = "early fusion";
/// Random designs of the study of int8.
const DESIGNS: usize = 24;
const QUICK_DESIGNS: usize = 6;

/// Row of the accuracy of a design at a point.
fn row(
    input: &mut StudyInput,
    point: &StudyPoint,
    series: &str,
    design: &Design,
    (views, lost, precision): (u32, u32, Precision),
) -> Result<StudyRow, StudyError> {
    let circumstances = Circumstances { views, lost, precision, subset: input.subset() };
    let measured = accuracy(input.trained(point.seed)?, design, circumstances)?;
    let note = format!("{}, {} objects", measured.key.design, measured.key.subset.name());
    Ok(StudyRow { note, ..point.share(series, measured.accuracy, measured.samples) })
}

/// Means by setting of a series, in the order of their places.
fn line(rows: &[StudyRow], series: &str) -> Vec<StudyRow> {
    rows::means(rows).into_iter().find(|(name, _)| name == series).map(|(_, means)| means).unwrap_or_default()
}

/// Sentence on a line that falls beyond chance from its best place to its last; `None` of one that does not.
fn fall(rows: &[StudyRow], series: &str) -> Option<String> {
    let all = line(rows, series);
    let (best, last) = (all.iter().max_by(|one, other| one.value.total_cmp(&other.value))?, all.last()?);
    let at = |mean: &StudyRow, seed: u64| {
        rows.iter().find(|row| row.series == series && row.setting == mean.setting && row.seed == seed)
    };
    let of_best = rows.iter().filter(|row| row.series == series && row.setting == best.setting);
    let gains: Vec<f64> = of_best.filter_map(|row| Some(at(last, row.seed)?.value - row.value)).collect();
    let gain = PairedGain::new(&gains).filter(PairedGain::is_loss)?;
    Some(format!(
        "With {series} it falls from {:.1} % at {} to {:.1} % at {}: {}.",
        best.value,
        best.setting,
        last.value,
        last.setting,
        gain.words()
    ))
}

/// Difference of two figures in words, with whether their intervals are apart.
fn difference(one: &StudyRow, other: &StudyRow) -> String {
    let sure = match (one.interval(), other.interval()) {
        (Some(one), Some(other)) if one.1 < other.0 || other.1 < one.0 => "intervals apart",
        (Some(_), Some(_)) => "intervals overlap",
        _ => "without intervals",
    };
    format!("{:+.1} points, {sure}", other.value - one.value)
}

pub(super) const VIEWS: StudyInfo = StudyInfo {
    name: "views",
    claim: "More views classify better, and one trained supernet serves every number of them.",
    needs: StudyNeeds::Runs,
    x: ("number of views", StudyAxis::Figures(Scale::Linear)),
    y: IN_INT8,
    plan: views_plan,
    measure: |input, point| {
        let late = input.usual_design()?;
        let views = point.x as u32;
        let space = input.model.space();
        let fusion = space.fusions(&late.genome, late.split).first().copied().unwrap_or(late.fusion);
        let early = Design { fusion, ..late.clone() };
        let circumstances = (views, 0, Precision::Int8);
        Ok(vec![row(input, point, LATE, &late, circumstances)?, row(input, point, EARLY, &early, circumstances)?])
    },
    finding: |rows| {
        let all = line(rows, LATE);
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return "Nothing was measured.".to_owned() };
        let falls: Vec<String> = [LATE, EARLY].iter().filter_map(|series| fall(rows, series)).collect();
        let early = line(rows, EARLY);
        let ends = early.first().zip(early.last());
        let early = ends.map_or_else(String::new, |(first, last)| {
            format!(" Fused right behind the split it goes from {:.1} to {:.1} %.", first.value, last.value)
        });
        let steps = all.windows(2).filter(|pair| pair[1].value < pair[0].value).count();
        let head = match falls.len() {
            _ if last.value <= first.value => "Does not agree with the paper",
            0 => "Agrees with the paper",
            _ => "Agrees in part with the paper",
        };
        let falls: String = falls.iter().flat_map(|fall| [" ", fall]).collect();
        format!(
            "{head}: from {} to {} views the accuracy goes from {:.1} to {:.1} % ({}); it falls at {steps} of {} steps.{early}{falls}",
            first.setting,
            last.setting,
            first.value,
            last.value,
            difference(first, last),
            all.len() - 1
        )
    },
};

#[allow(clippy::unnecessary_wraps, reason = "the type of every study")]
fn views_plan(input: &StudyInput) -> Result<Vec<StudyPoint>, StudyError> {
    let most = input.model.space().views;
    let shown = |views: &u32| !input.quick || [1, 2, 6, most].contains(views);
    Ok((1..=most).filter(shown).map(|views| StudyPoint::new(views.to_string(), f64::from(views))).collect())
}

pub(super) const FUSION: StudyInfo = StudyInfo {
    name: "fusion",
    claim: "The position at which the views are fused matters; early fusion saves work on the aggregator.",
    needs: StudyNeeds::Runs,
    x: ("fusion, by its boundary", StudyAxis::Ordered),
    y: IN_INT8,
    plan: |input| {
        let (space, design) = (input.model.space(), split_before_fusion(input)?);
        let fusions = space.fusions(&design.genome, design.split);
        Ok(fusions.iter().map(|&one| StudyPoint::new(space.boundary_name(one), f64::from(one))).collect())
    },
    measure: |input, point| {
        let design = Design { fusion: point.x as u16, ..split_before_fusion(input)? };
        let views = input.views();
        Ok(vec![row(input, point, "int8", &design, (views, 0, Precision::Int8))?])
    },
    finding: |rows| {
        let mut all = line(rows, "int8");
        all.sort_by(|one, other| one.value.total_cmp(&other.value));
        let (Some(worst), Some(best)) = (all.first(), all.last()) else { return "Nothing was measured.".to_owned() };
        let apart = difference(worst, best);
        let head = if apart.ends_with("apart") { "Agrees with the paper" } else { "Can't be told" };
        format!(
            "{head}: fusing at {} is best with {:.1} %, at {} worst with {:.1} % ({apart}).",
            best.setting, best.value, worst.setting, worst.value
        )
    },
};

/// The usual design, split where the earliest fusion is: any fusion is open to it.
fn split_before_fusion(input: &StudyInput) -> Result<Design, StudyError> {
    let (space, usual) = (input.model.space(), input.usual_design()?);
    let split = space.early_fusion(&usual.genome);
    Ok(space.canonical_design(Design { split, ..usual }))
}

pub(super) const LINK_BITS: StudyInfo = StudyInfo {
    name: "link-bits",
    claim: "Features are compressed at the split by fewer channels and fewer bits with little loss of accuracy.",
    needs: StudyNeeds::Runs,
    x: ("bytes from each sensor", StudyAxis::Figures(Scale::Log)),
    y: IN_INT8,
    plan: |input| {
        let (space, design) = (input.model.space(), input.usual_design()?);
        let mut points = Vec::new();
        for &ratio in &space.split.ratios {
            for &bits in &space.split.bits {
                let cost = input.model.evaluate(&Design { ratio, bits, ..design.clone() }, &input.model.knobs())?;
                points.push(StudyPoint::new(format!("ratio {ratio}, {bits} bits"), cost.link_bytes as f64));
            }
        }
        Ok(points)
    },
    measure: |input, point| {
        let numbers: Vec<u8> = point.setting.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        let &[ratio, bits] = &numbers[..] else { return Err(StudyError::Nothing(point.setting.clone())) };
        let design = Design { ratio, bits, ..input.usual_design()? };
        let views = input.views();
        Ok(vec![row(input, point, &format!("{bits} bits"), &design, (views, 0, Precision::Int8))?])
    },
    finding: |rows| {
        let all: Vec<StudyRow> = rows::means(rows).into_iter().flat_map(|(_, means)| means).collect();
        let by_size = |one: &&StudyRow, other: &&StudyRow| one.x.total_cmp(&other.x);
        let (Some(least), Some(most)) = (all.iter().min_by(by_size), all.iter().max_by(by_size)) else {
            return "Nothing was measured.".to_owned();
        };
        let loss = most.value - least.value;
        let head = if loss < 5.0 { "Agrees with the paper" } else { "Agrees in part with the paper" };
        format!(
            "{head}: {} sends {} bytes at {:.1} %, {} sends {} bytes at {:.1} % ({}).",
            most.setting,
            most.x,
            most.value,
            least.setting,
            least.x,
            least.value,
            difference(most, least)
        )
    },
};

pub(super) const INT8: StudyInfo = StudyInfo {
    name: "int8",
    claim: "The costs assume int8; networks keep their accuracy in it.",
    needs: StudyNeeds::Runs,
    x: ("random design", StudyAxis::Named),
    y: "accuracy in int8 and in float, %",
    plan: |input| {
        let count = if input.quick { QUICK_DESIGNS } else { DESIGNS };
        Ok((1..=count).map(|index| StudyPoint::new(format!("design {index}"), index as f64)).collect())
    },
    measure: |input, point| {
        let design = random_design(input, point.x as u64);
        let views = input.views();
        let mut both = Vec::new();
        for precision in Precision::ALL {
            both.push(row(input, point, precision.name(), &design, (views, 0, precision))?);
        }
        Ok(both)
    },
    finding: |rows| {
        let [int8, float] = [Precision::Int8, Precision::Float].map(|precision| line(rows, precision.name()));
        let losses: Vec<f64> = int8.iter().zip(&float).map(|(int8, float)| float.value - int8.value).collect();
        if losses.is_empty() {
            return "Nothing was measured.".to_owned();
        }
        let worst = losses.iter().copied().fold(f64::MIN, f64::max);
        let mean = rows::mean(&losses);
        let interval =
            rows::interval(&losses).map_or_else(String::new, |(low, high)| format!(" ({low:+.2} to {high:+.2})"));
        let head = if mean < 1.0 { "Agrees" } else { "Does not agree" };
        format!(
            "{head}: int8 costs {mean:.2} points{interval} in the mean of {} random designs, {worst:.2} at most.",
            losses.len()
        )
    },
};

/// A design that depends on its number alone.
fn random_design(input: &StudyInput, number: u64) -> Design {
    input.model.space().sample_design(&mut ChaCha8Rng::seed_from_u64(number))
}

/// Place of the point with all cameras on the axis of the lost one.
const NONE_LOST: f64 = -1.0;
/// Setting of a point with one camera lost, before its number.
const WITHOUT: &str = "without camera ";

pub(super) const CAMERA_LOSS: StudyInfo = StudyInfo {
    name: "camera-loss",
    claim: "Fusion over a changing number of views survives the loss of a camera.",
    needs: StudyNeeds::Runs,
    x: ("camera lost; the last is a view fewer from the start", StudyAxis::Named),
    y: IN_INT8,
    plan: |input| {
        let cameras = input.views();
        let mut points = vec![StudyPoint::new("all cameras", NONE_LOST)];
        let without = |camera: u32| StudyPoint::new(format!("{WITHOUT}{camera}"), f64::from(camera));
        points.extend((0..cameras).map(without));
        // The number of views that is left when one is lost, for comparison.
        if cameras > 1 {
            points.push(StudyPoint::new("one view fewer", f64::from(cameras)));
        }
        Ok(points)
    },
    measure: |input, point| {
        let (design, views) = (input.usual_design()?, input.views());
        let (views, lost) = if point.x < 0.0 {
            (views, 0)
        } else {
            match point.x as u32 {
                camera if camera < views => (views, 1 << camera),
                _ => (views - 1, 0),
            }
        };
        Ok(vec![row(input, point, "int8", &design, (views, lost, Precision::Int8))?])
    },
    finding: |rows| {
        let all = line(rows, "int8");
        let named = |name: &str| all.iter().find(|row| row.setting == name);
        let lost: Vec<&StudyRow> = all.iter().filter(|row| row.setting.starts_with(WITHOUT)).collect();
        let worst = lost.iter().min_by(|one, other| one.value.total_cmp(&other.value));
        let (Some(none), Some(worst)) = (named("all cameras"), worst) else {
            return "Nothing was measured.".to_owned();
        };
        let mean = rows::mean(&lost.iter().map(|row| row.value).collect::<Vec<_>>());
        let head = if none.value - mean < 5.0 { "Agrees with the paper" } else { "Agrees in part with the paper" };
        let fewer =
            named("one view fewer").map_or_else(String::new, |row| format!("; a view fewer gives {:.1} %", row.value));
        format!(
            "{head}: {:.1} % with all cameras, {mean:.1} % in the mean with one lost, {:.1} % {} ({}){fewer}.",
            none.value,
            worst.value,
            worst.setting,
            difference(none, worst)
        )
    },
};
