//! Tests of the mechanism, with the studies that need no training.

use std::path::Path;

use super::rows::{self, PairedGain, StudyPoint, StudyRow};
use super::*;
use crate::cost::CostModel;
use crate::hardware::{self, Profile};
use crate::run::{Document, Manifest, RunArchive};
use crate::space::{self, SearchSpace};

fn input(folder: &Path) -> StudyInput {
    let (space, profile) =
        (SearchSpace::shipped(space::DEFAULT).unwrap(), Profile::shipped(hardware::DEFAULT).unwrap());
    let document = Document::default;
    let template = Manifest::new("study", 0, "", document(), document(), toml::Table::new());
    let mut input = StudyInput::new(CostModel::new(space, profile).unwrap(), template, folder.join("runs"));
    input.quick = true;
    input
}

#[test]
fn studies_have_names_of_their_own() {
    let names: std::collections::HashSet<&str> = STUDIES.iter().map(|study| study.name).collect();
    assert_eq!(names.len(), STUDIES.len());
    assert!(StudyInfo::named("bandwidth").is_some() && StudyInfo::named("none").is_none());
}

#[test]
fn a_study_of_costs_writes_table_chart_and_report() {
    let folder = tempfile::tempdir().unwrap();
    let mut input = input(folder.path());
    for study in STUDIES.iter().filter(|study| study.needs == StudyNeeds::Costs) {
        let outcome = study.run(folder.path(), &mut input, &mut |_| {}).unwrap();
        assert!(outcome.finding.contains("gree"), "{}", outcome.finding);
        assert_eq!(outcome.files.len(), 3, "{:?}", outcome.files);
        let report = std::fs::read_to_string(folder.path().join(format!("{}-quick.md", study.name))).unwrap();
        assert_eq!(report.lines().nth(2), Some(outcome.finding.as_str()));
    }
}

/// The charts of the guide are drawn from the rows that lie beside them. With `SPLITSCOPE_DRAW_CHARTS` in the
/// environment this draws them anew.
#[test]
fn charts_of_the_guide_show_the_rows_on_record() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/studies");
    for study in &STUDIES {
        let rows = rows::read(&folder.join(format!("{}.csv", study.name))).unwrap();
        let (drawn, path) = (study.chart(&rows), folder.join(format!("{}-chart.svg", study.name)));
        if std::env::var_os("SPLITSCOPE_DRAW_CHARTS").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == drawn, "{} is not drawn from its rows", path.display());
        let page = std::fs::read_to_string(folder.join(format!("{}.md", study.name))).unwrap();
        let caption = format!("*{} by {}.*", study.y, study.x.0);
        assert!(page.contains(&caption), "{}.md lacks {caption}", study.name);
    }
}

#[test]
fn a_study_goes_on_where_it_was_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let mut input = input(folder.path());
    let study = StudyInfo::named("bandwidth").unwrap();
    let mut first = 0;
    study.run(folder.path(), &mut input, &mut |_| first += 1).unwrap();
    // A quick study has fewer points, which are not those of a whole one.
    assert!(!folder.path().join("bandwidth.csv").exists());
    let record = folder.path().join("bandwidth-quick.csv");
    let whole = std::fs::read_to_string(&record).unwrap();
    // As after an end in the middle: the rows of the first points are there.
    let cut: Vec<&str> = whole.lines().take(1 + whole.lines().count() / 2).collect();
    std::fs::write(&record, cut.join("\n") + "\n").unwrap();
    let mut again = Vec::new();
    study.run(folder.path(), &mut input, &mut |progress| again.push(progress.clone())).unwrap();
    assert!(!again.is_empty() && again.len() < first, "{} of {first}", again.len());
    assert!(again[0].done > 0 && again[0].left_s.is_none());
    let mut none = 0;
    study.run(folder.path(), &mut input, &mut |_| none += 1).unwrap();
    assert_eq!(none, 0);
}

#[test]
fn rows_of_another_profile_in_the_folder_are_kept_and_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let study = StudyInfo::named("bandwidth").unwrap();
    let measured = |profile: &str| {
        let mut input = input(folder.path());
        let profile = Profile::shipped(profile).unwrap();
        input.template.profile.name.clone_from(&profile.name);
        input.model = CostModel::new(SearchSpace::shipped(space::DEFAULT).unwrap(), profile).unwrap();
        let mut count = 0;
        let outcome = study.run(folder.path(), &mut input, &mut |_| count += 1).unwrap();
        (count, outcome.finding)
    };
    let (points, finding) = measured("glasses");
    let (others, other) = measured("siracusa");
    assert!(points > 0 && points == others && finding != other, "{finding} {other}");
    assert_eq!(measured("glasses"), (0, finding));
}

#[test]
fn rows_of_a_run_stay_its_own_wherever_it_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let mut input = input(folder.path());
    let (one, other, moved) =
        (folder.path().join("one"), folder.path().join("other"), folder.path().join("elsewhere/moved"));
    let archive = RunArchive::shipped().unwrap();
    // Copies have names and times of their own.
    let copies = [&one, &other].map(|path| archive.copy_to(path).unwrap());
    assert_ne!(copies[0].manifest().name, copies[1].manifest().name);
    let origin_of = |input: &mut StudyInput, path: &Path| {
        input.runs = vec![path.to_owned()];
        input.run_origin(0).unwrap()
    };
    let origin = origin_of(&mut input, &one);
    assert_eq!(origin_of(&mut input, &other), origin);
    std::fs::create_dir(moved.parent().unwrap()).unwrap();
    std::fs::rename(&one, &moved).unwrap();
    assert_eq!(origin_of(&mut input, &moved), origin);
    // Another seed, or other weights, are another run.
    let text = std::fs::read_to_string(other.join("run.toml")).unwrap();
    std::fs::write(other.join("run.toml"), text.replace("seed = 0", "seed = 1")).unwrap();
    assert_ne!(origin_of(&mut input, &other), origin);
}

#[test]
fn processes_share_the_points_of_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let study = StudyInfo::named("bandwidth").unwrap();
    let mut finding = String::new();
    // At its first point, a process meets another one that does the whole study.
    study
        .run(folder.path(), &mut input(folder.path()), &mut |_| {
            if finding.is_empty() {
                finding = study.run(folder.path(), &mut input(folder.path()), &mut |_| {}).unwrap().finding;
            }
        })
        .map(|outcome| assert!(outcome.finding.contains("gree") && outcome.files.len() == 3, "{}", outcome.finding))
        .unwrap();
    // That one leaves the point to the first, which writes the report.
    assert!(finding.starts_with("1 of ") && finding.contains("the last to end writes the report"), "{finding}");
    let rows = std::fs::read_to_string(folder.path().join("bandwidth-quick.csv")).unwrap();
    let lines: std::collections::HashSet<&str> = rows.lines().collect();
    assert_eq!(lines.len(), rows.lines().count(), "no point was measured twice");
}

#[test]
fn a_report_has_a_row_for_each_turn_of_many_settings() {
    let folder = tempfile::tempdir().unwrap();
    let study = StudyInfo::named("bandwidth").unwrap();
    let mut input = input(folder.path());
    input.quick = false;
    study.run(folder.path(), &mut input, &mut |_| {}).unwrap();
    let report = std::fs::read_to_string(folder.path().join("bandwidth.md")).unwrap();
    let rows: Vec<&str> = report.lines().filter(|line| line.starts_with("| ") && line.contains("bit/s")).collect();
    assert!((2..12).contains(&rows.len()), "{report}");
    assert!(rows[0].contains("; at S3.1 |") && report.contains("All rows are in `bandwidth.csv`."), "{report}");
}

#[test]
fn what_agrees_is_told_by_intervals_of_pairs() {
    let gains = |all: &[&[f64]]| all.iter().filter_map(|gains| PairedGain::new(gains)).collect::<Vec<_>>();
    let (ahead, behind, open): (&[f64], &[f64], &[f64]) = (&[1.0, 1.1, 1.2], &[-1.0, -1.1, -1.2], &[-1.0, 3.0]);
    for (all, words) in [
        (vec![ahead, ahead], "Agrees with the paper"),
        (vec![ahead, open], "Agrees in part with the paper"),
        (vec![ahead, behind], "Agrees in part with the paper"),
        (vec![open, behind], "Does not agree with the paper"),
        // One seed has no interval.
        (vec![open, &[2.0]], "Can't be told"),
    ] {
        assert_eq!(PairedGain::agreement(&gains(&all)), words, "{all:?}");
    }
    assert_eq!(gains(&[ahead])[0].words(), "+1.1 points (+0.9 to +1.3)");
}

#[test]
fn a_fall_with_more_views_is_told_where_it_is_beyond_chance() {
    let study = StudyInfo::named("views").unwrap();
    let finding = |early: [f64; 3]| {
        let mut rows = Vec::new();
        for (views, early) in (1_u32..).zip(early) {
            for seed in 0..3 {
                let point = StudyPoint { seed, ..StudyPoint::new(views.to_string(), f64::from(views)) };
                let chance = [-0.2, 0.0, 0.2][seed as usize] * f64::from(views);
                rows.push(point.exact("late fusion", 10.0 * f64::from(views) + chance));
                rows.push(point.exact("early fusion", early + chance));
            }
        }
        (study.finding)(&rows)
    };
    assert!(finding([50.0, 60.0, 59.9]).starts_with("Agrees with the paper"));
    let fallen = finding([50.0, 60.0, 55.0]);
    assert!(fallen.starts_with("Agrees in part") && fallen.contains("from 60.0 % at 2 to 55.0 % at 3"), "{fallen}");
}

#[test]
fn means_over_seeds_have_the_interval_of_their_spread() {
    let point = |seed| StudyPoint { seed, ..StudyPoint::new("one", 1.0) };
    let rows = [90.0, 91.0, 92.0].iter().zip(0..).map(|(&value, seed)| point(seed).exact("a", value));
    let rows: Vec<StudyRow> = rows.collect();
    assert_eq!(rows::means(&rows[..2])[0].1[0].interval(), None);
    let means = rows::means(&rows);
    let row = &means[0].1[0];
    assert!((row.value - 91.0).abs() < 1e-12 && means.len() == 1 && means[0].1.len() == 1);
    // Student: 4.303 * 1 / sqrt(3).
    let (low, high) = row.interval().unwrap();
    assert!((high - 91.0 - 4.303 / 3.0_f64.sqrt()).abs() < 1e-9 && (low + high - 182.0).abs() < 1e-9);
}

#[test]
fn an_interval_of_shares_ends_where_shares_do() {
    let point = |seed| StudyPoint { seed, ..StudyPoint::new("one", 1.0) };
    let rows = [54.5, 64.5, 99.5].iter().zip(0..).map(|(&value, seed)| point(seed).exact("a", value));
    let means = rows::means(&rows.collect::<Vec<_>>());
    let (low, high) = means[0].1[0].interval().unwrap();
    assert!(low < 17.0 && (high - 100.0).abs() < 1e-12, "{low} to {high}");
}

#[test]
fn foreign_names_are_escaped_in_a_record_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let study = StudyInfo::named("bandwidth").unwrap();
    let run = || {
        let mut input = input(folder.path());
        let mut profile = Profile::shipped(hardware::DEFAULT).unwrap();
        profile.name = "q\u{1b}[31m\u{9b}\u{202e}\n".to_owned();
        input.model = CostModel::new(SearchSpace::shipped(space::DEFAULT).unwrap(), profile).unwrap();
        let mut measured = 0;
        study.run(folder.path(), &mut input, &mut |_| measured += 1).unwrap();
        measured
    };
    assert!(run() > 0 && run() == 0, "its rows are found again");
    let text = std::fs::read_to_string(folder.path().join("bandwidth-quick.csv")).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']) && text.contains(r"q\u001b[31m"), "{text}");
}

#[test]
fn moves_of_the_best_split_are_counted_in_words() {
    let rows = |splits: &[&str]| {
        let row = |(index, split): (usize, &&str)| {
            let point = StudyPoint::new(index.to_string(), index as f64);
            rows::StudyRow { note: format!("at {split}"), ..point.exact("best", 1.0) }
        };
        splits.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    let finding = |splits: &[&str]| (StudyInfo::named("bandwidth").unwrap().finding)(&rows(splits));
    assert!(finding(&["a", "a"]).contains("network does not move: a."), "{}", finding(&["a", "a"]));
    assert!(finding(&["a", "b"]).contains("network moves once: a, b from 1."));
    assert!(finding(&["a", "b", "c"]).contains("network moves 2 times: a, b from 1, c from 2."));
}

#[test]
fn the_guide_quotes_the_gains_of_the_reports() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let read = |name: &str| std::fs::read_to_string(docs.join(name)).unwrap();
    let guide = read("studies.md");
    for name in ["joint", "init", "sampling", "fusion-operator"] {
        let report = read(&format!("studies/{name}.md"));
        let row = guide.lines().find(|line| line.starts_with(&format!("| [`{name}`]"))).unwrap();
        let quoted = row.split('(').skip(1).filter_map(|rest| rest.split(')').next()?.rsplit(", ").next());
        let intervals: Vec<&str> = quoted.filter(|words| words.contains(" to ")).collect();
        assert!(intervals.len() > 1, "{row}");
        for interval in intervals {
            assert!(report.contains(&format!("({interval})")), "{name}: {interval}");
        }
    }
}
