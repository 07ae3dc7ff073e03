//! Session files.

use super::measured::learn;
use super::{pair, session, set};
use crate::diagnostic::Source;
use crate::explore::*;
use crate::quantity::Knob;
use crate::space::Design;

#[test]
fn a_session_opens_again_as_it_was() {
    let mut session = session(60);
    set(&mut session, Knob::LinkBandwidth, "7.3 Mbit/s");
    set(&mut session, Knob::LatencyLimit, "none");
    set(&mut session, Knob::Sensors, "4");
    session.apply(Command::LockKnob, 0);
    session.apply(Command::Select(Move::To(7)), 0);
    session.apply(Command::Pin, 0);
    session.apply(Command::Note("good on \"the\" board #demo".into()), 0);
    session.apply(Command::Override(DesignPart::Fusion, Move::Last), 0);
    session.apply(Command::Override(DesignPart::Split, Move::To(4)), 0);
    session.apply(Command::Pin, 0);
    session.apply(Command::Baseline, 0);
    session.apply(Command::Sort(Column::Energy), 0);
    session.apply(Command::Filter("ratio>1".into()), 0);
    session.apply(Command::SaveSetup("before \"the\" demo".into()), 0);
    set(&mut session, Knob::SensorMemory, "12 KiB");
    session.apply(Command::ResetOverride, 0);
    let text = session.to_file().to_toml();
    let file =
        SessionFile::from_toml(&Source::new("session.toml", text.clone())).unwrap_or_else(|error| panic!("{error}"));
    let (space, profile) = pair();
    let again = Session::open(&file, space, profile).unwrap();
    assert!(!session.setup().notes().is_empty());
    assert_eq!(again.setup(), session.setup());
    assert_eq!(again.strip(), session.strip());
    assert_eq!(again.order(), session.order());
    assert_eq!(again.ranges().selected_index(), session.ranges().selected_index());
    assert_eq!(again.history().saved(), session.history().saved());
    assert_eq!(again.to_file().to_toml(), text);
}

#[test]
fn a_number_names_the_same_design_when_a_session_is_opened_again() {
    let mut session = session(5);
    let space = session.space().clone();
    for (ratio, bits) in [(8, 4), (4, 4), (2, 4), (8, 8), (4, 8), (2, 8)] {
        if session.catalogue().len() < 8 {
            let design = Design { genome: space.largest(), split: 3, fusion: 5, ratio, bits };
            learn(&mut session, &space.canonical_design(design), 6, 0.9);
        }
    }
    session.apply(Command::SelectCandidate(7), 0);
    session.apply(Command::Pin, 0);
    let (space, profile) = pair();
    let mut again = Session::open(&session.to_file(), space, profile).unwrap();
    assert_eq!(session.catalogue().len(), 8);
    assert_eq!(again.catalogue().candidates(), session.catalogue().candidates());
    // Measurements are told anew, in any order.
    let measured: Vec<Design> = [7, 5, 6].into_iter().filter_map(|id| session.best_design(id)).collect();
    for design in measured {
        learn(&mut again, &design, 6, 0.9);
    }
    assert_eq!(again.catalogue().candidates(), session.catalogue().candidates());
}

#[test]
fn a_file_of_the_first_edition_opens() {
    let mut session = session(30);
    session.apply(Command::Override(DesignPart::Split, Move::To(4)), 0);
    session.apply(Command::SaveSetup("early".into()), 0);
    let text = session.to_file().to_toml();
    let mut first = text.clone();
    for (word, old) in [("override", "hand"), ("setup", "remembered"), ("version = 2", "version = 1")] {
        assert!(first.contains(word), "{first}");
        first = first.replace(word, old);
    }
    let (space, profile) = pair();
    let file = SessionFile::from_toml(&Source::new("session.toml", first)).unwrap_or_else(|error| panic!("{error}"));
    let again = Session::open(&file, space, profile).unwrap();
    assert_eq!(again.setup(), session.setup());
    assert_eq!(again.to_file().to_toml(), text);
    assert!(file.notes()[0].contains("`hand` is named `override`"), "{:?}", file.notes());
}

#[test]
fn former_names_of_knobs_are_read_with_a_message() {
    let text = session(5).to_file().to_toml();
    let read = |text: String| SessionFile::from_toml(&Source::new("session.toml", text)).unwrap();
    assert!(read(text.clone()).notes().is_empty());
    let file = read(text.replace("link-bandwidth", "bandwidth"));
    let (space, profile) = pair();
    let again = Session::open(&file, space, profile).unwrap();
    assert_eq!(again.to_file().to_toml(), text);
    assert_eq!(again.toast(0).unwrap().text, "`bandwidth` is now named `link-bandwidth`");
}

#[test]
fn a_wrong_file_says_what_is_wrong() {
    let session = session(5);
    let text = session.to_file().to_toml();
    let read = |text: String| SessionFile::from_toml(&Source::new("session.toml", text));
    let error = read(text.replace("[knobs]", "[konbs]")).unwrap_err();
    assert!(error.to_string().contains("did you mean `knobs`?"), "{error}");
    let open = |text: String| {
        let (space, profile) = pair();
        Session::open(&read(text).unwrap(), space, profile).unwrap_err().to_string()
    };
    let cases = [
        ("link-bandwidth", "link-bandwith", "no knob is named `link-bandwith`; did you mean `link-bandwidth`?"),
        ("sensors = 6.0", "sensors = 99.0", "number of sensors goes from 1 to 12"),
        ("sensors = 6.0", "sensors = 2.5", "number of sensors must be a whole number, not 2.5"),
        ("version = 2", "version = 9", "this session file has version 9; this splitscope reads up to 2"),
        ("space = \"tabletop\"", "space = \"table\"", "the session is about the space `table`, not `tabletop`"),
    ];
    for (from, to, expected) in cases {
        assert!(text.contains(from), "{text}");
        let error = open(text.replace(from, to));
        assert!(error.starts_with(expected), "{error}");
    }
    let setups: Vec<String> =
        (0..1001).map(|n| format!("\n[[setup]]\nname = \"{n}\"\nsort = \"energy\"\nknobs = {{}}\n")).collect();
    let setups = setups.concat();
    assert_eq!(open(format!("{text}{setups}")), "the session has 1001 saved setups; a session file holds at most 1000");
    let pinned = format!("{text}\n[[pin]]\ngenome = \"0\"\nfusion = \"stem\"\nratio = 1\nbits = 8\n");
    assert!(open(pinned).contains("genes where the space has"));
}
