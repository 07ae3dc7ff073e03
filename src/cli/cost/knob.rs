//! Knobs as they are written on the command line.

use anyhow::{Context, Result};

use crate::cli::load;
use crate::cli::usage::{Usage, refuse};
use crate::cost::{CostModel, Knobs};
use crate::explore::{Command, Session};
use crate::quantity::Knob;
use crate::space::SearchSpace;

/// The knobs of a profile, with the number of sensors and the knobs named on the command line.
pub(in crate::cli) fn knobs(model: &CostModel, sensors: Option<u32>, texts: &[String]) -> Result<Knobs> {
    let space = model.space();
    let mut knobs = model.knobs();
    knobs.sensors = sensors.unwrap_or(knobs.sensors.min(space.views));
    for text in texts {
        load::print_notes(set(&mut knobs, text)?.as_slice());
    }
    knobs.check().usage()?;
    check_sensors(space, knobs.sensors)?;
    Ok(knobs)
}

/// Checks that a space has a view for each of this number of sensors.
///
/// # Errors
/// More sensors than the space has views.
pub(in crate::cli) fn check_sensors(space: &SearchSpace, sensors: u32) -> Result<()> {
    if sensors > space.views {
        refuse!("{}; {sensors} sensors were asked for", space.views_in_words());
    }
    Ok(())
}

/// Sets a knob from `name=value`: a number in base units, a number with a unit, or a word for "no limit". Returns a
/// note if the knob was given a former name.
fn set(knobs: &mut Knobs, text: &str) -> Result<Option<String>> {
    let (knob, value, note) = parse(text)?;
    knobs.set(knob, value);
    Ok(note)
}

/// Reads `name=value`: the knob, its value in base units, and a note if the name is a former one.
pub(in crate::cli) fn parse(text: &str) -> Result<(Knob, f64, Option<String>)> {
    let (name, value) = text.split_once('=').with_context(|| format!("`{text}` is not NAME=VALUE")).usage()?;
    let knob = Knob::named(name).usage()?;
    Ok((knob, knob.parse(value, knob.info().dimension.base_unit()).usage()?, Knob::renamed(name)))
}

/// Moves the knobs of a session as `--knob` and `--sensors` say.
///
/// # Errors
/// A knob or value that is none, or more sensors than the space has views.
pub(in crate::cli) fn set_in(session: &mut Session, knobs: &[String], sensors: Option<u32>) -> Result<()> {
    let mut moved = Vec::new();
    for text in knobs {
        let (knob, value, note) = parse(text)?;
        load::print_notes(note.as_slice());
        moved.push((knob, knob.check(value).usage()?));
    }
    if let Some(sensors) = sensors {
        moved.push((Knob::Sensors, Knob::Sensors.check(f64::from(sensors)).usage()?));
    }
    for (_, sensors) in moved.iter().filter(|(knob, _)| *knob == Knob::Sensors) {
        check_sensors(session.space(), *sensors as u32)?;
    }
    session.apply(Command::SetKnobs(moved), 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::Profile;

    fn knobs() -> Knobs {
        Knobs::from_profile(&Profile::shipped("glasses").unwrap())
    }

    #[test]
    fn knobs_take_base_units_and_units() {
        let moved = |text: &str| {
            let mut knobs = knobs();
            set(&mut knobs, text).map(|_| knobs)
        };
        for text in ["link-bandwidth=312500", "link-bandwidth=2.5 Mbit/s", "link-bandwidth = 312.5kB/s"] {
            assert!((moved(text).unwrap().bandwidth_bytes_per_s - 312_500.0).abs() < 1e-6, "{text}");
        }
        assert_eq!(moved("sensor-memory=48KiB").unwrap().sensor_memory_bytes, 49_152);
        assert_eq!(moved("latency=none").unwrap().latency_limit_s, None);
        assert_eq!(moved("accuracy=90").unwrap().accuracy_floor, Some(0.9));
    }

    #[test]
    fn former_names_are_taken_with_a_note() {
        let mut moved = knobs();
        let note = set(&mut moved, "bandwidth=2.5 Mbit/s").unwrap();
        assert_eq!(note.as_deref(), Some("`bandwidth` is now named `link-bandwidth`"));
        assert_eq!(set(&mut moved, "link-bandwidth=2.5 Mbit/s").unwrap(), None);
        assert!((moved.bandwidth_bytes_per_s - 312_500.0).abs() < 1e-6);
    }

    #[test]
    fn what_a_knob_can_not_be_is_refused_with_the_reason() {
        for (text, reason) in [
            ("link-bandwidth=0", "above zero"),
            ("link-bandwidth=-5", "above zero"),
            ("link-bandwidth=nan", "not a number"),
            ("link-bandwidth=1e400", "is not a unit"),
            ("link-bandwidth=5 MB", "not a unit of link bandwidth"),
            ("link-bandwith=5", "did you mean `link-bandwidth`?"),
            ("link-bandwidth=none", "always has a value"),
            ("sensors=2.5", "whole number"),
            ("accuracy=101", "must not exceed 1"),
            ("latency", "not NAME=VALUE"),
        ] {
            let error = set(&mut knobs(), text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
