//! Behaviour of a whole session: knobs before, actions, knobs and best split after.

use proptest::prelude::*;

use super::*;
use crate::cost::{Knobs, Limit};
use crate::diagnostic::Source;
use crate::hardware::{self, Profile};
use crate::space::{self, SearchSpace};

pub(super) fn shipped_space(name: &str) -> SearchSpace {
    let (_, text) = space::SHIPPED.iter().find(|(shipped, _)| *shipped == name).unwrap();
    SearchSpace::from_toml(&Source::new(name, *text)).unwrap()
}

pub(super) fn pair() -> (SearchSpace, Profile) {
    let (name, text) = hardware::SHIPPED.iter().find(|(shipped, _)| *shipped == hardware::DEFAULT).unwrap();
    (shipped_space(space::DEFAULT), Profile::from_toml(&Source::new(*name, *text)).unwrap())
}

fn session(count: usize) -> Session {
    let (space, profile) = pair();
    Session::new(space, profile, count, 1)
}

#[test]
fn it_works() {
    let s = session(2000);
    eprintln!("{} feasible of {}, binding {:?}", s.feasible_count(), s.pool().len(), s.binding());
    eprintln!("{:?}", s.status());
    for d in s.dials() { eprintln!("{} {} {:?} {:?}", d.knob().label, d.unit, d.stops.len(), s.histogram(d.id)); }
    for w in s.what_if() { eprintln!("{w:?}"); }
    for r in s.rows(0..8) { eprintln!("{} {:?} split {} fuse {} r{} b{} macs {}", r.id, r.evaluation.latency.total_s(), r.split_name, r.fusion_name, r.candidate.sending.ratio, r.candidate.sending.bits, r.candidate.macs); }
    for t in s.tornado() { eprintln!("{t:?}"); }
    panic!();
}
