//! Any sequence of actions can be taken back; none panics.

use proptest::prelude::*;

use super::{pair, session, set, shipped_space, step};
use crate::explore::*;
use crate::quantity::Knob;
use crate::space::SearchSpace;

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        (-3_i32..=3).prop_map(Move::By),
        Just(Move::First),
        Just(Move::Last),
        (0_usize..60).prop_map(Move::To),
        Just(Move::By(i32::MIN)),
        Just(Move::By(i32::MAX)),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let part = prop::sample::select(vec![DesignPart::Split, DesignPart::Fusion, DesignPart::Ratio, DesignPart::Bits]);
    let texts = ["3", "2.5 Mbit/s", "none", "48 KiB", "nonsense", "", "-1", "1e300"].map(String::from).to_vec();
    let filters =
        ["fits", "acc>72 split=S3", "lat<3ms -pinned", "#x -noted", "macs>=1", "?", ""].map(String::from).to_vec();
    let notes = ["for the board #x", "#", " "].map(String::from).to_vec();
    prop_oneof![
        2 => prop::sample::select(notes).prop_map(Command::Note),
        4 => moves().prop_map(Command::SelectKnob),
        8 => moves().prop_map(Command::MoveKnob),
        4 => (prop::sample::select(Knob::ALL.to_vec()), -0.5_f64..1.5)
            .prop_map(|(knob, fraction)| Command::SetKnob { knob, fraction }),
        2 => prop::sample::select(texts).prop_map(Command::TypeKnob),
        1 => Just(Command::ResetKnob),
        1 => Just(Command::ResetKnobs),
        1 => Just(Command::LockKnob),
        4 => moves().prop_map(Command::Select),
        2 => (0_u32..50).prop_map(Command::SelectCandidate),
        6 => (part, moves()).prop_map(|(part, to)| Command::Override(part, to)),
        1 => Just(Command::ResetOverride),
        3 => Just(Command::Pin),
        1 => Just(Command::Baseline),
        2 => prop::sample::select(Column::ALL.to_vec()).prop_map(Command::Sort),
        2 => prop::sample::select(filters).prop_map(Command::Filter),
        2 => Just(Command::Undo),
        2 => Just(Command::Redo),
        1 => Just(Command::SaveSetup("x".into())),
        1 => (0_usize..3).prop_map(Command::Recall),
        1 => Just(Command::Dismiss),
        1 => Just(Command::Freeze),
        1 => Just(Command::StartSearch),
        1 => Just(Command::StartFrontSearch),
        1 => Just(Command::StartTraining),
        1 => Just(Command::Control(WorkControl::SendLimits)),
    ]
}

/// Whatever a screen may ask of a session.
fn look(session: &Session) {
    let strip = session.strip();
    assert_eq!(strip.is_some(), !session.catalogue().is_empty());
    if let Some(strip) = strip {
        assert!(strip.split < strip.places.len() && strip.fusion >= strip.split && strip.best < strip.places.len());
        assert_eq!(Some(strip.design.clone()), session.selected_design());
        let canonical = session.space().canonical_design(strip.design.clone());
        assert_eq!(canonical, strip.design);
    }
    assert!(session.bars(BarQuantity::Energy, 6).len() <= 6);
    assert_eq!(session.rows(0..usize::MAX).count(), session.order().len());
    assert!(session.points(Column::Memory, Column::Latency).len() <= session.order().len());
    assert!(session.selected().is_none_or(|id| (id as usize) < session.catalogue().len()));
    assert!(session.selected_row().is_none_or(|row| row < session.order().len()));
    assert!(session.selected().is_some() || session.catalogue().is_empty());
    let _ = (session.status(), session.fixes(), session.tornado(), session.why(), session.to_file().to_toml());
    let _ = (session.break_even_bandwidth(1, 3), session.bar_limit(BarQuantity::Latency), session.binding());
}

fn play(space: SearchSpace, count: usize, actions: &[Command]) {
    let mut session = Session::new(space, pair().1, count, 1);
    for (command, at) in actions.iter().zip(0..) {
        session.apply(command.clone(), at * 200);
        look(&session);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn undo_restores_exactly_and_redo_repeats(actions in prop::collection::vec(command(), 1..40)) {
        let mut session = session(40);
        let first = session.setup().clone();
        let splits = |session: &Session| (0..40).map(|id| session.best_design(id)).collect::<Vec<_>>();
        let best = splits(&session);
        for (command, at) in actions.into_iter().zip(0..) {
            session.apply(command, at * 100);
            look(&session);
        }
        let last = session.setup().clone();
        while !session.history().future().is_empty() {
            session.apply(Command::Redo, 0);
        }
        let furthest = session.setup().clone();
        let steps = session.history().past().len();
        for _ in 0..steps {
            session.apply(Command::Undo, 0);
        }
        prop_assert_eq!(session.setup(), &first);
        prop_assert_eq!(splits(&session), best);
        for _ in 0..steps {
            session.apply(Command::Redo, 0);
        }
        prop_assert_eq!(session.setup(), &furthest);
        prop_assert!(session.history().past().len() == steps || last == furthest);
    }

    #[test]
    fn no_action_panics_on_an_empty_pool(actions in prop::collection::vec(command(), 1..30)) {
        play(shipped_space("tabletop"), 0, &actions);
    }

    #[test]
    fn no_action_panics_on_a_fixed_space(actions in prop::collection::vec(command(), 1..30)) {
        play(shipped_space("mobilenet-v2"), 30, &actions);
    }
}

#[test]
fn moves_within_half_a_second_are_one_step() {
    let mut session = session(10);
    for at in [0, 100, 500, 900] {
        step(&mut session, Knob::LinkBandwidth, -1, at);
    }
    assert_eq!(session.history().past().len(), 1);
    assert_eq!(session.history().past()[0].label, "link bandwidth 25.0 Mbit/s to 12.0 Mbit/s");
    step(&mut session, Knob::LinkBandwidth, -1, 2000);
    step(&mut session, Knob::SensorMemory, -1, 2100);
    assert_eq!(session.history().past().len(), 3);
    for expected in ["10.0", "12.0", "25.0"] {
        session.apply(Command::Undo, 3000);
        let range = session.ranges().of(Knob::LinkBandwidth).unwrap();
        let shown = range.number(session.value(Knob::LinkBandwidth));
        assert_eq!(shown, expected);
    }
    session.apply(Command::Redo, 3000);
    assert_eq!(session.value(Knob::LinkBandwidth), 1.5e6);
}

#[test]
fn a_gesture_that_goes_back_to_where_it_began_leaves_no_step() {
    let mut session = session(10);
    step(&mut session, Knob::SensorMemory, -1, 0);
    for (by, at) in [(-1, 5000), (1, 5100)] {
        step(&mut session, Knob::LinkBandwidth, by, at);
    }
    assert_eq!(session.history().past().len(), 1, "only the step before it is left");
    step(&mut session, Knob::LinkBandwidth, -1, 5200);
    assert_eq!(session.history().past().len(), 2, "what comes after it is a step of its own");
    session.apply(Command::Undo, 6000);
    session.apply(Command::Undo, 6100);
    assert_eq!(session.setup(), self::session(10).setup());
}

#[test]
fn the_selection_follows_its_design_unless_it_is_at_the_top() {
    let mut session = session(200);
    let first = session.selected();
    set(&mut session, Knob::LatencyLimit, "3 ms");
    assert_ne!(session.selected(), first);
    assert_eq!(session.selected_row(), Some(0));
    session.apply(Command::Select(Move::By(5)), 0);
    let fifth = session.selected();
    set(&mut session, Knob::LatencyLimit, "10 ms");
    assert_eq!(session.selected(), fifth);
    assert_ne!(session.selected_row(), Some(5));
    session.apply(Command::Select(Move::First), 0);
    assert_eq!(session.selected(), session.ranking().first().copied());
}

#[test]
fn a_remembered_setup_comes_back_and_that_can_be_undone() {
    let mut session = session(10);
    set(&mut session, Knob::Sensors, "2");
    session.apply(Command::SaveSetup("two eyes".into()), 0);
    set(&mut session, Knob::Sensors, "9");
    session.apply(Command::Recall(0), 0);
    assert_eq!((session.value(Knob::Sensors), session.history().saved()[0].name.as_str()), (2.0, "two eyes"));
    session.apply(Command::Undo, 0);
    assert_eq!(session.value(Knob::Sensors), 9.0);
}

#[test]
fn a_note_is_found_by_its_tag_kept_by_setups_and_undone() {
    let mut session = session(100);
    session.apply(Command::Select(Move::To(5)), 0);
    let noted = session.selected().unwrap();
    session.apply(Command::SaveSetup("before".into()), 0);
    session.apply(Command::Note("second choice #board #spare".into()), 0);
    assert_eq!(session.history().past()[0].label, "note");
    session.apply(Command::Recall(0), 0);
    assert_eq!(session.setup().notes().get(noted), Some("second choice #board #spare"));
    let all = session.order().len();
    for (filter, rows) in [("#board #spare", 1), ("noted", 1), ("#boa", 0), ("-#board", all - 1)] {
        session.apply(Command::Filter(filter.into()), 0);
        assert_eq!(session.order().len(), rows, "{filter}");
    }
    session.apply(Command::Filter("#board".into()), 0);
    let row = session.rows(0..1).next().unwrap();
    assert_eq!((row.id, row.note), (noted, Some("second choice #board #spare")));
    session.apply(Command::Note(" ".into()), 0);
    assert!(session.setup().notes().is_empty() && session.order().is_empty());
    session.apply(Command::Undo, 0);
    assert_eq!(session.order(), [noted]);
}

#[test]
fn a_filter_that_hides_the_selection_moves_it_and_back_clears_it() {
    let mut session = session(100);
    let all = session.order().len();
    session.apply(Command::Filter("split=S2".into()), 0);
    let name = |session: &Session| {
        let design = session.selected_design().unwrap();
        session.space().boundary_name(design.split).to_owned()
    };
    assert!(session.order().len() < all && name(&session).starts_with("S2"), "{}", name(&session));
    session.apply(Command::Filter("split=S2 split!=S2".into()), 0);
    assert_eq!((session.order().len(), session.selected().is_some()), (0, true));
    session.apply(Command::Filter("spilt=S2".into()), 0);
    assert!(session.toast(0).unwrap().text.contains("did you mean `split`?"));
    session.apply(Command::Dismiss, 0);
    assert!(session.toast(0).is_none());
    session.apply(Command::Filter(String::new()), 0);
    assert_eq!(session.order().len(), all);
}
