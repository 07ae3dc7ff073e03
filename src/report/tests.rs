//! Tests of the page: well formed, whole in itself, small, and honest about what is not known.

use super::*;
use crate::explore::{Command, DesignPart, Move, Update};
use crate::hardware::{self, Profile};
use crate::network::LinkRange;
use crate::quantity::Knob;
use crate::record::{Clipping, Event, Measurement, MeasurementKey, Precision, Quantisation, Role, StepRecord, Subset};
use crate::run::{Document, Manifest, RunDir};
use crate::space::{self, SearchSpace};
use crate::svg::testing::assert_well_formed;

/// Bytes that a page may have.
const LARGEST: usize = 1 << 20;

fn pair() -> (SearchSpace, Profile) {
    (SearchSpace::shipped(space::DEFAULT).unwrap(), Profile::shipped(hardware::DEFAULT).unwrap())
}

fn session() -> Session {
    let (space, profile) = pair();
    Session::new(space, profile, 200, 1)
}

fn quantisation() -> Quantisation {
    Quantisation { clipping: Clipping::Mse, link_range: LinkRange::Static, code_entropy: 2.5 }
}

/// A session in which some designs were measured and a training was followed, with the text of the first one.
fn measured() -> (Session, String) {
    use crate::explore::progress::TrainUpdate;
    let mut session = session();
    let views = session.knobs().sensors;
    let ids: Vec<_> = session.ranking().iter().copied().take(40).collect();
    let mut updates = Vec::new();
    for (rank, id) in ids.into_iter().enumerate() {
        let design = session.best_design(id).unwrap();
        let accuracy = 0.9 - 0.01 * rank as f64;
        let quantisation = Some(quantisation());
        updates.push(Update::Measured { design, views, accuracy, samples: 400, step: 600, quantisation });
    }
    for step in 1..=600 {
        let losses = Role::ALL.map(|role| (role, 2.0 / step as f64)).to_vec();
        let record = StepRecord { step, steps: 600, losses, ..StepRecord::default() };
        updates.push(Update::Training(TrainUpdate::Event(Event::Step(record))));
    }
    session.apply(Command::Update(updates), 0);
    let design = session.selected_design().unwrap();
    let text = session.space().print_design(&design);
    (session, text)
}

/// A run with measurements of a design on test objects.
fn run(folder: &std::path::Path, design: &str, views: u32) -> RunFacts {
    let document =
        |name: &str, text: &str| Document { name: name.to_owned(), text: text.to_owned(), ..Document::default() };
    let text = |list: &[(&str, &str)], name| list.iter().find(|(known, _)| *known == name).unwrap().1.to_owned();
    let space = document(space::DEFAULT, &text(space::SHIPPED, space::DEFAULT));
    let profile = document(hardware::DEFAULT, &text(hardware::SHIPPED, hardware::DEFAULT));
    let manifest = Manifest::new("test", 7, "arrangement-10", space, profile, toml::Table::new());
    let directory = RunDir::create(&folder.join("run"), &manifest).unwrap();
    let store = directory.store().unwrap();
    for lost in [0, 1, 1 << 3] {
        let key = MeasurementKey {
            design: design.to_owned(),
            views,
            lost,
            subset: Subset::Test,
            step: 600,
            precision: Precision::Int8,
        };
        let measurement = Measurement {
            key,
            accuracy: 0.875,
            samples: 800,
            calibration_batches: 4,
            seconds: 1.0,
            quantisation: Some(quantisation()),
        };
        assert!(store.record(&measurement).unwrap());
    }
    RunFacts::read(directory.path()).unwrap()
}

/// Checks what holds for every page.
fn assert_sound(page: &str) {
    assert_well_formed(page);
    assert!(page.len() <= LARGEST, "{} bytes", page.len());
    for loads in ["src=", "url(", "@import", "<script", "srcset=", "<iframe", "<object"] {
        assert!(!page.contains(loads), "the page loads something: {loads}");
    }
    let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links {
        assert!(link.starts_with('#') || link == "data:,", "the page leads out: {link}");
    }
    let without_namespace = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!without_namespace.contains("http://") && !without_namespace.contains("https://"));
    assert!(!page.contains("NaN"), "a figure is no number");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::HashSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}

#[test]
fn a_page_without_a_run_says_what_is_not_known() {
    let report = Report::new(&session(), None);
    let page = report.html();
    assert_sound(&page);
    assert!(report.lead.ends_with("Its accuracy has not been measured."), "{}", report.lead);
    assert!(page.contains("Not known: ") && page.contains("--leak"));
}

#[test]
fn a_page_of_a_run_has_every_section_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, design) = measured();
    session.apply(Command::Pin, 0);
    session.apply(Command::Note("for the <board> #demo".to_owned()), 0);
    let facts = run(folder.path(), &design, session.knobs().sensors);
    let report = Report::new(&session, Some(&facts));
    let page = report.html();
    assert_sound(&page);
    let markdown = report.markdown("page");
    for section in &report.sections {
        assert!(!section.passages.is_empty(), "{}", section.heading);
        assert!(page.contains(&format!("{}</h2>", section.heading)));
        assert!(markdown.text.contains(&format!("## {}\n", section.heading)));
    }
    // Test objects come before validation objects, by which the design was chosen.
    assert!(report.lead.contains("87.5 % of 800 test objects rightly in int8"), "{}", report.lead);
    let text = &markdown.text;
    assert!(text.contains("| test | int8 | 87.5 % | 85.0 to 89.6 % | 800 | 600 |"), "{text}");
    assert!(
        text.contains("Note: for the &lt;board> #demo") && text.contains("` | for the &lt;board> #demo |"),
        "{text}"
    );
    assert!(page.contains("for the &lt;board&gt; #demo"));
    assert!(text.contains("camera lost") && text.contains("| 3 | int8 |"));
    assert!(text.contains(&format!("splitscope report {} --design {design}", facts.path.display())));
    assert!(text.contains("splitscope train --run ") && text.contains(&format!(" --seed {}", facts.manifest.seed)));
    let names: std::collections::HashSet<&String> = markdown.pictures.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), markdown.pictures.len());
    // Designs are named as they are printed, not by numbers of the session, and each counts once.
    assert!(text.contains(&format!("Design `{design}` at ")), "{text}");
    assert!(text.contains(&format!("Looked at: {} designs", session.order().len())), "{text}");
    for (name, picture) in &markdown.pictures {
        assert!(text.contains(&format!("({name})")) && name.starts_with("page-"));
        assert_well_formed(&picture.svg);
    }
}

/// First cells of the table of a page whose caption begins so, with the cells behind them.
fn rows<'a>(report: &'a Report, caption: &str) -> Vec<&'a [String]> {
    let passages = report.sections.iter().flat_map(|section| &section.passages);
    let mut tables =
        passages.filter_map(|passage| if let Passage::Table(table) = passage { Some(table) } else { None });
    tables
        .find(|table| table.caption.starts_with(caption))
        .unwrap()
        .rows
        .iter()
        .map(|row| row.cells.as_slice())
        .collect()
}

#[test]
fn predictions_rank_and_are_printed_as_predictions() {
    let (mut session, _) = measured();
    session.predict(0);
    session.apply(Command::Filter("-measured".to_owned()), 0);
    let id = session.order()[0];
    session.apply(Command::SelectCandidate(id), 0);
    let design = session.selected_design().unwrap();
    let text = format!("`{}`", session.space().print_design(&design));
    let own = session.accuracy(&design).ranked_by().unwrap();
    let report = Report::new(&session, None);
    assert!(
        report.lead.contains("has not been measured; it is ≈") && report.lead.contains("90 % interval"),
        "{report:?}"
    );
    assert!(report.markdown("page").text.contains("else by the lower end of the 90 % interval"));

    let next = rows(&report, "The next designs in the ranking");
    let mut seen = vec![text.as_str()];
    for row in &next {
        let (name, why, accuracy) = (row[0].as_str(), &row[1], &row[2]);
        assert!(!seen.contains(&name) && accuracy != "-", "{next:?}");
        assert!(!accuracy.contains('≈') || accuracy.contains("(predicted, 90 %: "), "{accuracy}");
        assert!(why.contains("less accurate") || why.starts_with("as accurate"), "{why}");
        seen.push(name);
    }
    let front = rows(&report, "Designs that no other beats");
    assert!(front.iter().all(|row| row[2].contains("(predicted, 90 %: ")), "{front:?}");

    let splits = rows(&report, "Other splits of the same network");
    for place in session.strip().unwrap().places {
        let Some(row) = splits.iter().find(|row| row[0] == place.name) else { continue };
        let other = session.accuracy_at(place.boundary).ranked_by().unwrap_or(f64::NAN);
        let less = (own - other) * 100.0;
        if place.evaluation.feasible() && place.boundary != design.split && less.abs() >= 0.05 {
            let words = if less > 0.0 { "less accurate" } else { "more accurate" };
            assert!(row[1].contains(words), "{other} {own}: {row:?}");
        }
    }
}

#[test]
fn without_accuracies_the_sizes_of_designs_are_compared() {
    let mut session = session();
    let ids: Vec<_> = session.ranking().to_vec();
    let macs = |session: &Session, id: u32| session.catalogue().get(id).unwrap().macs;
    // One in the middle, pinned to another split: the list then begins with the first of the ranking, which are larger.
    let id = ids[100];
    session.apply(Command::SelectCandidate(id), 0);
    let by = if session.strip().unwrap().split > 1 { -1 } else { 1 };
    session.apply(Command::Override(DesignPart::Split, Move::By(by)), 0);
    let report = Report::new(&session, None);
    let first = rows(&report, "The first designs in the ranking")[0];
    assert!(macs(&session, ids[0]) > macs(&session, id) && first[1].contains("MAC more; "), "{first:?}");
    session.apply(Command::ResetOverride, 0);
    let report = Report::new(&session, None);
    assert!(rows(&report, "The next designs in the ranking").iter().all(|row| !row[1].contains(" more; ")));
}

#[test]
fn limits_that_no_design_meets_are_told_with_fixes() {
    let mut session = session();
    session.apply(Command::SetKnobs(vec![(Knob::LatencyLimit, 2e-4)]), 0);
    let report = Report::new(&session, None);
    assert_sound(&report.html());
    let text = report.markdown("page").text;
    assert!(report.lead.contains("breaks limits"), "{}", report.lead);
    assert!(text.contains("latency") && text.contains("latency limit"), "{text}");
    assert!(text.contains("No design meets the limits.") && !text.contains("Designs that no other beats"), "{text}");
}

#[test]
fn a_run_that_is_gone_leaves_the_accuracy_of_the_session() {
    let (session, _) = measured();
    let report = Report::new(&session, None);
    assert!(report.lead.contains("90.0 % of 400 validation objects rightly in int8"), "{}", report.lead);
}

#[test]
fn names_and_sources_of_others_are_no_markup() {
    let (space, mut profile) = pair();
    profile.name = "q<script>alert(1)</script>".to_owned();
    profile.description = "`half` a <b>bold</b> `word".to_owned();
    profile.link.latency_s.source = Some("</td><img src=x onerror=alert(1)> | `<i>`".to_owned());
    let mut session = Session::new(space, profile, 50, 1);
    session.apply(Command::Note("<u>note</u>".to_owned()), 0);
    let report = Report::new(&session, None);
    let text = report.markdown("page").text;
    for tag in ["<script", "</td", "<img", "<b>", "<i>", "<u>"] {
        assert!(!text.contains(tag), "{tag}");
    }
    assert!(text.contains("a &lt;b>bold&lt;/b>") && text.contains("&lt;img src=x onerror=alert(1)> \\|"), "{text}");
    assert_well_formed(&report.html());
}

#[test]
fn a_run_without_a_checkpoint_has_no_empty_table_of_weights() {
    let folder = tempfile::tempdir().unwrap();
    let (session, design) = measured();
    let facts = run(folder.path(), &design, session.knobs().sensors);
    assert!(facts.checkpoints.is_empty());
    let text = Report::new(&session, Some(&facts)).markdown("page").text;
    assert!(text.contains("Weights: none yet") && !text.contains("| checkpoint |"), "{text}");
}
