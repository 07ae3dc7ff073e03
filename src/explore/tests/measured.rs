//! Measured accuracies: ranking, numbers of sensors, children.

use super::{quantisation, session, set, step};
use crate::explore::progress::{SearchUpdate, State, TrainUpdate};
use crate::explore::*;
use crate::quantity::{Knob, Limit};
use crate::record::{
    Attacker, Control, Event, FinetunedAccuracy, FinetunedRecord, GenerationRecord, MeasurementKey, ObjectPictures,
    PictureKey, PictureRecord, Precision, Subset,
};
use crate::space::Design;

/// A candidate was measured at its best split.
pub(super) fn measured(session: &Session, id: CandidateId, views: u32, accuracy: f64) -> Update {
    let design = session.best_design(id).unwrap();
    let quantisation = Some(quantisation());
    Update::Measured { design, views, accuracy, samples: 400, step: 100, quantisation }
}

/// Reports a measurement of a design.
pub(super) fn learn(session: &mut Session, design: &Design, views: u32, accuracy: f64) {
    let (design, quantisation) = (design.clone(), Some(quantisation()));
    let update = Update::Measured { design, views, accuracy, samples: 400, step: 100, quantisation };
    session.apply(Command::Update(vec![update]), 0);
}

#[test]
fn measured_designs_stand_first_by_accuracy_then_latency() {
    let mut session = session(50);
    let updates = [(7, 0.8), (9, 0.9), (11, 0.8)].map(|(id, accuracy)| measured(&session, id, 6, accuracy));
    session.apply(Command::Update(updates.to_vec()), 0);
    let latency = |id| session.ranked(id).unwrap().evaluation.latency.total_s();
    let tied = if latency(7) < latency(11) { [7, 11] } else { [11, 7] };
    assert_eq!(session.ranking()[..3], [9, tied[0], tied[1]]);
    assert_eq!(session.ranked(9).unwrap().accuracy(), Some(0.9));
    assert_eq!((session.measured_count(), session.feasible_count()), (3, 50));
    assert!(session.has_accuracies());
    assert_eq!(session.points(Column::Accuracy, Column::Latency).len(), 3);
    assert_eq!(session.unmeasured_rows(), session.order().len() - 3);
}

#[test]
fn a_measured_split_is_kept_while_it_fits() {
    let mut session = session(20);
    let slow = session.catalogue().design(0, 6).unwrap();
    session.apply(
        Command::Update(vec![Update::Measured {
            design: slow.clone(),
            views: 6,
            accuracy: 0.9,
            samples: 400,
            step: 1,
            quantisation: None,
        }]),
        0,
    );
    assert_eq!(session.best_design(0), Some(slow.clone()));
    let latency = session.ranked(0).unwrap().evaluation.latency.total_s();
    set(&mut session, Knob::LatencyLimit, &format!("{} ms", latency * 1e3 * 0.99));
    assert_ne!(session.best_design(0), Some(slow));
    assert_eq!(session.ranked(0).unwrap().class, Class::Unrated);
}

#[test]
fn accuracies_survive_knob_changes_and_depend_on_the_number_of_sensors() {
    let mut session = session(30);
    let design = session.best_design(4).unwrap();
    for (views, accuracy) in [(6, 0.9), (3, 0.7)] {
        learn(&mut session, &design, views, accuracy);
    }
    assert_eq!(session.accuracy(&design).measured(), Some(0.9));
    for knob in [Knob::LinkBandwidth, Knob::SensorCompute, Knob::LatencyLimit] {
        step(&mut session, knob, 1, 0);
        assert_eq!(session.accuracy(&design).measured(), Some(0.9));
    }
    session.apply(Command::ResetKnobs, 0);
    set(&mut session, Knob::Sensors, "3");
    assert_eq!(session.accuracy(&design).measured(), Some(0.7));
    assert_eq!(session.ranking()[0], 4);
    set(&mut session, Knob::Sensors, "4");
    assert!(matches!(session.accuracy(&design), ShownAccuracy::OtherViews { views: 3, .. }));
    assert_eq!(session.ranked(4).unwrap().accuracy(), None);
    assert!(!session.has_accuracies());
    set(&mut session, Knob::Sensors, "6");
    assert_eq!(session.accuracy(&design).measured(), Some(0.9));
}

#[test]
fn a_measured_design_outside_the_pool_becomes_a_candidate() {
    let mut session = session(5);
    let space = session.space().clone();
    let (mut genome, mut seed) = (space.smallest(), 0);
    while !session.catalogue().of_genome(&genome).is_empty() {
        use rand::SeedableRng;
        seed += 1;
        genome = space.sample(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
    }
    let design = crate::space::Design { genome, split: 3, fusion: 5, ratio: 4, bits: 4 };
    let design = space.canonical_design(design);
    learn(&mut session, &design, 6, 0.95);
    assert_eq!(session.catalogue().len(), 6);
    assert_eq!(session.best_design(5), Some(design));
    assert_eq!(session.selected(), Some(5), "who stays at the top sees the best design");
}

#[test]
fn an_accuracy_floor_bars_what_was_measured_below_it() {
    let mut session = session(20);
    let updates = [measured(&session, 3, 6, 0.9), measured(&session, 4, 6, 0.6)];
    session.apply(Command::Update(updates.to_vec()), 0);
    set(&mut session, Knob::AccuracyFloor, "75");
    // The floor bars the measured split; others of the design are not known to be worse.
    assert_eq!(session.ranking()[0], 3);
    assert_eq!(session.ranked(4).unwrap().class, Class::Unrated);
}

#[test]
fn what_reads_as_the_limit_meets_it_and_passes_the_filter() {
    let mut session = session(20);
    // 300 of 320 objects read as 93.8 %.
    session.apply(Command::Update(vec![measured(&session, 3, 6, 0.9375)]), 0);
    let design = session.best_design(3);
    set(&mut session, Knob::AccuracyFloor, "93.8");
    assert_eq!((session.ranked(3).unwrap().class, session.best_design(3)), (Class::Rated, design.clone()));
    for (filter, passes) in [
        ("acc>=93.8", true),
        ("acc=93.8", true),
        ("acc<=93.8", true),
        ("acc>93.8", false),
        ("acc<93.8", false),
        ("measured acc!=93.8", false),
        ("acc>=93.9", false),
    ] {
        session.apply(Command::Filter(filter.to_owned()), 0);
        assert_eq!(session.order(), if passes { &[3][..] } else { &[] }, "{filter}");
    }
    session.apply(Command::Filter(String::new()), 0);
    session.apply(Command::SelectCandidate(3), 0);
    for by in [1, -1] {
        session.apply(Command::Override(DesignPart::Split, Move::By(by)), 0);
    }
    assert_eq!(session.selected_design(), design);
    assert!(session.status().unwrap().feasible);
    set(&mut session, Knob::AccuracyFloor, "95");
    let status = session.status().unwrap().sentence;
    assert!(status.contains("accuracy 93.8 % < 95.0 %"), "{status}");
    assert!(status.contains("Smallest fix: lower the accuracy floor to 93.8 %"), "{status}");
    let fix = session.fixes()[0];
    session.apply(Command::SetKnobs(vec![(fix.knob, fix.to)]), 0);
    assert!(session.status().unwrap().feasible);
}

#[test]
fn a_leak_limit_bars_what_was_measured_above_it() {
    let mut session = session(20);
    let design = session.best_design(0).unwrap();
    let leak = |design: &Design, leak: f64| Update::Leak {
        design: design.clone(),
        views: 6,
        precision: Precision::Int8,
        step: 100,
        figures: Box::new(super::figures(leak)),
    };
    session.apply(Command::Update(vec![leak(&design, 0.8)]), 0);
    assert_eq!(session.best_design(0), Some(design.clone()), "without a limit it bars nothing");
    set(&mut session, Knob::LeakLimit, "70");
    assert_ne!(session.best_design(0), Some(design.clone()), "other splits are not known to leak more");

    session.apply(Command::SelectCandidate(0), 0);
    let chosen = i64::from(design.split);
    let place = |session: &Session| session.strip().unwrap().design.split;
    while place(&session) != design.split {
        let by = (chosen - i64::from(place(&session))).signum() as i32;
        session.apply(Command::Override(DesignPart::Split, Move::By(by)), 0);
    }
    let status = session.status().unwrap();
    assert!(!status.feasible && status.sentence.contains("leak 80.0 % > 70.0 %"), "{}", status.sentence);
    let fix = session.fixes();
    assert_eq!(fix.iter().map(|fix| (fix.knob, fix.to)).collect::<Vec<_>>(), [(Knob::LeakLimit, 0.8)]);
    assert!(status.sentence.contains("Smallest fix: raise the leak limit to 80.0 %"), "{}", status.sentence);
    let why = session.why();
    assert_eq!(why[0].sentence(), "leak 80.0 % exceeds 70.0 %");
    assert!(why[0].fix().starts_with("raise the leak limit to 80.0 %, or send fewer values"), "{}", why[0].fix());

    // Table 1 and the splits of reports are judged alike.
    let paradigms = session.paradigms().unwrap();
    let shown = paradigms.iter().find(|one| one.design == design).unwrap();
    assert!(shown.evaluation.violations.contains(Limit::Leak), "{shown:?}");
    let report = session.design_report().unwrap();
    assert_eq!(report.split_at(design.split).unwrap().reasons, why);

    session.apply(Command::Update(vec![leak(&design, 0.6)]), 0);
    assert!(session.status().unwrap().feasible, "the newest leak counts");
}

#[test]
fn a_finetuned_design_stands_beside_the_pinned_one_with_its_own_accuracies() {
    let mut session = session(20);
    session.apply(Command::Update(vec![Update::Training(TrainUpdate::Run("runs/1".into()))]), 0);
    let design = session.best_design(3).unwrap();
    session.apply(Command::SelectCandidate(3), 0);
    // Its split is held by hand, so that the pin stays at this design when limits move.
    for by in [-1, 1] {
        session.apply(Command::Override(DesignPart::Split, Move::By(by)), 0);
    }
    session.apply(Command::Pin, 0);
    learn(&mut session, &design, 6, 0.8);
    let ranking = session.ranking().to_vec();
    let accuracies = [(6, Precision::Int8, 0.9), (6, Precision::Float, 0.91), (1, Precision::Int8, 0.6)];
    let accuracies =
        accuracies.map(|(views, precision, accuracy)| FinetunedAccuracy { views, precision, accuracy, samples: 480 });
    let record = FinetunedRecord {
        run: "runs/2".into(),
        design: session.space().print_design(&design),
        precision: Precision::Int8,
        from_scratch: false,
        step: 300,
        accuracies: accuracies.to_vec(),
    };
    // Events may be read twice.
    let others: Vec<Update> = ["runs/3", "copies/3"]
        .map(|run| Update::Finetuned {
            design: design.clone(),
            record: FinetunedRecord { run: run.into(), ..record.clone() },
        })
        .to_vec();
    let update = Update::Finetuned { design: design.clone(), record };
    session.apply(Command::Update(vec![update.clone(), update]), 0);
    let compared = session.compared();
    let [supernet, finetuned] = &compared[..] else { panic!("{} designs", compared.len()) };
    assert_eq!((supernet.finetuned(), finetuned.finetuned()), (None, Some("finetuned in int8")));
    assert_eq!((supernet.accuracy.measured(), finetuned.accuracy.measured()), (Some(0.8), Some(0.9)));
    assert_eq!((supernet.pin, supernet.place), (finetuned.pin, finetuned.place));
    assert_eq!(supernet.evaluation.latency, finetuned.evaluation.latency);
    let by_views = finetuned.measurements(&session).by_views(&design);
    assert_eq!(by_views.iter().map(|(views, _)| *views).collect::<Vec<_>>(), [1, 6]);
    let float = finetuned.measurements(&session).newest_in(Precision::Float, &design, 6);
    assert_eq!(float.map(|float| float.accuracy), Some(0.91));
    assert_eq!(session.ranking(), ranking, "the run that is followed has the supernet's accuracy");
    set(&mut session, Knob::AccuracyFloor, "85");
    let feasible: Vec<bool> = session.compared().iter().map(|one| one.evaluation.feasible()).collect();
    assert_eq!(feasible, [false, true]);
    // Of several of one kind each is told by its run, and by the run's path if another one has that name.
    let kinds = |session: &Session| -> Vec<String> {
        session.compared().iter().filter_map(|one| one.finetuned().map(str::to_owned)).collect()
    };
    session.apply(Command::Update(vec![others[0].clone()]), 0);
    assert_eq!(kinds(&session), ["2, finetuned in int8", "3, finetuned in int8"]);
    session.apply(Command::Update(others), 0);
    let three = ["2, finetuned in int8", "runs/3, finetuned in int8", "copies/3, finetuned in int8"];
    assert_eq!(kinds(&session), three);
    // Another run knows nothing of it.
    session.apply(Command::Update(vec![Update::Training(TrainUpdate::Run("runs/4".into()))]), 0);
    assert_eq!(session.compared().len(), 1);
}

#[test]
fn while_frozen_measurements_wait() {
    let mut session = session(20);
    let feed = measured(&session, 3, 6, 0.9);
    session.apply(Command::Freeze, 0);
    session.apply(Command::Update(vec![feed]), 0);
    assert_eq!((session.catalogue().measurements().len(), session.activity().held_back()), (0, 1));
    session.apply(Command::Freeze, 0);
    assert_eq!((session.catalogue().measurements().len(), session.activity().held_back()), (1, 0));
}

#[test]
fn what_is_held_back_keeps_its_order_and_its_run() {
    let follow = |run: &str| Update::Training(TrainUpdate::Run(run.into()));
    let frozen = || {
        let mut session = session(20);
        session.apply(Command::Update(vec![follow("runs/1")]), 0);
        session.apply(Command::Freeze, 0);
        session
    };
    let without = |session: &Session, accuracy| {
        let design = session.best_design(3).unwrap();
        Update::MeasuredWithout { design, views: 6, lost: 1, accuracy, samples: 400, step: 100, quantisation: None }
    };
    let key = |session: &Session| MeasurementKey {
        design: session.space().print_design(&session.best_design(3).unwrap()),
        views: 6,
        lost: 0,
        subset: Subset::Test,
        precision: Precision::Int8,
        step: 100,
    };
    let picture = |session: &Session| {
        let pictures = ObjectPictures {
            of: 9,
            class: "plain".into(),
            code_shape: [1, 2, 1],
            bits: 8,
            attacker: Attacker::OneView,
            leak: 0.7,
            cameras: Vec::new(),
        };
        Update::Pictures(Box::new(PictureRecord { key: PictureKey { design: key(session), object: 0 }, pictures }))
    };
    let shows_picture = |session: &Session| session.pictures().of(&key(session).design, 6, 0).is_some();

    // A withdrawal does not take later measurements.
    let mut session = frozen();
    let updates = vec![
        measured(&session, 3, 6, 0.5),
        Update::Withdrawn { step: 0 },
        measured(&session, 3, 6, 0.9),
        without(&session, 0.7),
        picture(&session),
    ];
    session.apply(Command::Update(updates), 0);
    assert_eq!((session.activity().held_back(), shows_picture(&session)), (4, true), "pictures are shown at once");
    session.apply(Command::Freeze, 0);
    let design = session.best_design(3).unwrap();
    assert_eq!(session.accuracy(&design).measured(), Some(0.9));
    let blanked = session.catalogue().measurements().present().without_one(&design, 6);
    assert_eq!(blanked.iter().map(|(_, accuracy)| accuracy.accuracy).collect::<Vec<_>>(), [0.7]);
    assert!(shows_picture(&session));

    // Another run is shown as it is.
    let mut session = frozen();
    let updates = vec![measured(&session, 3, 6, 0.5), Update::Withdrawn { step: 0 }, follow("runs/1")];
    session.apply(Command::Update(updates), 0);
    assert_eq!((session.activity().is_frozen(), session.activity().held_back()), (true, 2));
    let updates = vec![follow("runs/2"), measured(&session, 3, 6, 0.9)];
    session.apply(Command::Update(updates), 0);
    assert_eq!((session.activity().is_frozen(), session.activity().held_back()), (false, 0));
    assert_eq!(session.accuracy(&design).measured(), Some(0.9));
}

#[test]
fn what_does_not_fit_the_space_is_left_out() {
    let mut session = session(5);
    let mobile = super::shipped_space("mobilenet-v2");
    let design = crate::space::Design { genome: mobile.largest(), split: 0, fusion: 1, ratio: 1, bits: 8 };
    learn(&mut session, &design, 6, 0.9);
    let own = session.best_design(0).unwrap();
    learn(&mut session, &own, 6, f64::NAN);
    assert!(session.catalogue().measurements().is_empty());
    assert!(session.toast(0).unwrap().text.contains("left out"));
}

#[test]
fn processes_are_started_controlled_and_followed() {
    let mut session = session(5);
    assert_eq!(session.apply(Command::Control(WorkControl::Pause), 0), []);
    assert_eq!(session.apply(Command::StartTraining, 0), [WorkRequest::StartTraining]);
    assert_eq!(session.training().state, State::Starting);
    assert_eq!(session.apply(Command::StartTraining, 0), [], "one is running already");
    session.apply(Command::Update(vec![Update::Training(TrainUpdate::State(State::Running))]), 0);
    assert_eq!(session.apply(Command::Control(WorkControl::Pause), 0), [WorkRequest::Send(Control::Pause)]);
    assert_eq!(session.training().state, State::Pausing, "nobody has paused yet");
    session.apply(Command::Update(vec![Update::Training(TrainUpdate::State(State::Paused))]), 0);
    assert_eq!(session.training().state, State::Paused);
    assert_eq!(session.apply(Command::Control(WorkControl::Resume), 0), [WorkRequest::Send(Control::Resume)]);
    assert_eq!(session.training().state, State::Resuming);
    assert_eq!(session.apply(Command::Control(WorkControl::Detach), 0), [WorkRequest::Detach]);
    let failed = State::Failed("disk full".into());
    session.apply(Command::Update(vec![Update::Training(TrainUpdate::State(failed))]), 0);
    assert_eq!(session.toast(9).map(|message| message.text.as_str()), Some("training failed: disk full"));
}

#[test]
fn a_running_search_gets_new_limits_on_request() {
    let mut session = session(5);
    let effects = session.apply(Command::StartSearch, 0);
    let [WorkRequest::StartSearch(limits)] = effects.as_slice() else { panic!() };
    assert_eq!(limits.get("latency"), Some(&0.01));
    assert!(!limits.contains_key("energy"), "what has no limit is left out");
    assert!(session.apply(Command::StartFrontSearch, 0).is_empty(), "one search at a time");
    let front = super::session(5).apply(Command::StartFrontSearch, 0);
    assert_eq!(front, [WorkRequest::StartFrontSearch(limits.clone())]);
    session.apply(Command::Update(vec![Update::Search(SearchUpdate::State(State::Running))]), 0);
    assert!(!session.activity().limits_moved());
    set(&mut session, Knob::LatencyLimit, "8 ms");
    assert!(session.activity().limits_moved());
    let effects = session.apply(Command::Control(WorkControl::SendLimits), 0);
    let [WorkRequest::Send(Control::Limits(limits))] = effects.as_slice() else { panic!() };
    assert_eq!((limits["latency"], session.activity().limits_moved()), (0.008, false));
    let generation = GenerationRecord { generation: 1, evaluations: 64, ..GenerationRecord::default() };
    session.apply(Command::Update(vec![Update::Search(SearchUpdate::Event(Event::Generation(generation)))]), 0);
    assert_eq!(session.searching().last().evaluations, 64);
}
