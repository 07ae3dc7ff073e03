//! Sessions on imported networks.

use super::set;
use crate::explore::*;
use crate::hardware::{self, Profile};
use crate::network::{Network, NetworkBuilder, Pooling, Shape, SlidingWindow};
use crate::quantity::Knob;
use crate::space::{ImportRules, SearchSpace};

/// A chain of convolutions, each of which may be cut off, with a classifier.
fn chain(name: &str, layers: usize) -> (String, Network) {
    let mut builder = NetworkBuilder::new(Shape::new(3, 32, 32)).unwrap();
    let mut tensor = 0;
    for layer in 0..layers {
        let window = SlidingWindow::same(3, if layer % 3 == 0 { 2 } else { 1 });
        let name = format!("stage{}.{}.conv", layer / 3, layer % 3);
        tensor = if builder.shape(tensor).height > 2 {
            builder.conv(name.clone(), tensor, 8 + layer as u32, window, 1).unwrap()
        } else {
            builder.pool(name.clone(), tensor, Pooling::Max, SlidingWindow::same(1, 1)).unwrap()
        };
        builder.boundary(0, name);
    }
    builder.linear("classifier", tensor, 10).unwrap();
    builder.boundary(0, "output");
    (name.to_owned(), builder.finish())
}

fn session(networks: &[(&str, usize)], rules: ImportRules) -> Session {
    let networks = networks.iter().map(|&(name, layers)| chain(name, layers)).collect();
    let space = SearchSpace::of_networks(networks, rules).unwrap();
    Session::new(space, Profile::shipped(hardware::DEFAULT).unwrap(), 100, 0)
}

#[test]
fn every_network_is_a_candidate_at_its_best_split() {
    let mut session = session(&[("short", 4), ("long", 300)], ImportRules::default());
    assert_eq!(session.catalogue().len(), 2);
    let names = |session: &Session| -> Vec<String> {
        let name = |row: TableRow<'_>| session.space().imported_network(&row.candidate.genome).unwrap().name.clone();
        session.rows(0..9).map(name).collect()
    };
    let mut sorted = names(&session);
    sorted.sort();
    assert_eq!(sorted, ["long", "short"]);
    let short = names(&session).iter().position(|name| name == "short").unwrap();
    session.apply(Command::Select(Move::To(short)), 0);
    let strip = session.strip().unwrap();
    assert_eq!((strip.places.len(), strip.fusion), (6, 5));
    // A faster link moves the split towards the raw input.
    let before = session.best_split(session.selected().unwrap()).unwrap();
    set(&mut session, Knob::LinkBandwidth, "100 Gbit/s");
    assert!(session.best_split(session.selected().unwrap()).unwrap() <= before);
    let long = names(&session).iter().position(|name| name == "long").unwrap();
    session.apply(Command::Select(Move::To(long)), 0);
    assert_eq!(session.strip().unwrap().places.len(), 302);
}

#[test]
fn splitting_modules_are_hypothetical_candidates() {
    let rules = ImportRules { ratios: vec![1, 4], bits: vec![4, 8], ..ImportRules::default() };
    let session = session(&[("one", 4)], rules);
    assert_eq!(session.catalogue().len(), 4);
    let changed = |candidate: &CandidateDesign| {
        session.space().is_hypothetical(candidate.transmit.ratio, candidate.transmit.bits)
    };
    assert_eq!(session.catalogue().candidates().iter().filter(|one| changed(one)).count(), 3);
}

#[test]
fn imported_networks_are_not_trained() {
    let mut session = session(&[("one", 4)], ImportRules::default());
    for command in [Command::StartTraining, Command::StartSearch, Command::StartFrontSearch] {
        assert_eq!(session.apply(command, 0), []);
        assert!(session.toast(0).unwrap().text.contains("imported network"));
    }
}
