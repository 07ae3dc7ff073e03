#![allow(clippy::float_cmp, reason = "values are read exactly")]

use super::*;

fn parse(knob: Knob, text: &str) -> Result<f64, String> {
    knob.parse(text, knob.info().dimension.base_unit()).map_err(|error| error.to_string())
}

#[test]
fn the_table_stands_in_the_order_of_the_knobs() {
    for (index, knob) in Knob::ALL.into_iter().enumerate() {
        let info = knob.info();
        assert_eq!((info.knob, knob.index()), (knob, index));
        assert!(!info.name.is_empty() && !info.label.is_empty() && !info.about.is_empty());
        assert!((1..=13).contains(&info.short.len()), "{}", info.short);
        if let Some(limit) = info.limit {
            assert_eq!(limit.knob(), Some(knob));
            assert_eq!((limit.name(), limit.info().label), (info.name, info.label));
            assert_eq!(limit.metric().info().dimension, info.dimension);
        }
    }
}

#[test]
fn present_and_former_names_are_read() {
    for knob in Knob::ALL {
        assert_eq!((Knob::named(knob.name()), Knob::renamed(knob.name())), (Ok(knob), None));
        for former in knob.info().former_names {
            assert_eq!(Knob::named(former), Ok(knob));
            assert!(Knob::renamed(former).unwrap().contains(knob.name()));
        }
        let json = serde_json::to_string(&knob).unwrap();
        assert_eq!(serde_json::from_str::<Knob>(&json).unwrap(), knob);
    }
    let error = Knob::named("link-bandwith").unwrap_err().to_string();
    assert_eq!(error, "no knob is named `link-bandwith`; did you mean `link-bandwidth`?");
}

#[test]
fn values_are_read_with_and_without_units() {
    for (knob, text, value) in [
        (Knob::LinkBandwidth, "2.5 Mbit/s", 312_500.0),
        (Knob::LinkBandwidth, "312500", 312_500.0),
        (Knob::LinkBandwidth, "0.3 MB/s", 300_000.0),
        (Knob::SensorMemory, " 48 KiB ", 49_152.0),
        (Knob::SensorMemory, "none", f64::INFINITY),
        (Knob::LatencyLimit, "8 \u{b5}s", 8e-6),
        (Knob::LatencyLimit, "inf", f64::INFINITY),
        (Knob::AccuracyFloor, "0.725", 0.725),
        (Knob::AccuracyFloor, "72.5", 0.725),
        (Knob::AccuracyFloor, "72.5%", 0.725),
        (Knob::AccuracyFloor, "off", 0.0),
        (Knob::LeakLimit, "70", 0.7),
        (Knob::LeakLimit, "off", f64::INFINITY),
        (Knob::FrameRateFloor, "no limit", 0.0),
        (Knob::Sensors, "12", 12.0),
    ] {
        let read = parse(knob, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(read == value || (read - value).abs() < 1e-12 * value, "{text}: {read}");
    }
}

#[test]
fn impossible_values_say_why() {
    for (knob, text, reason) in [
        (Knob::LinkBandwidth, "fast", "`fast` is not a number"),
        (Knob::LinkBandwidth, "", "`` is not a number"),
        (Knob::LinkBandwidth, "nan", "`nan` is not a number"),
        (Knob::LinkBandwidth, "0", "link bandwidth must be a finite number above zero, not 0"),
        (Knob::LinkBandwidth, "-3", "link bandwidth must be a finite number above zero, not -3"),
        (Knob::AccuracyFloor, "inf", "accuracy floor must be a finite number above zero, not inf"),
        (Knob::FrameRateFloor, "Infinity", "frame rate floor must be a finite number above zero, not inf"),
        (Knob::LeakLimit, "\u{221e}", "leak limit must be a finite number above zero, not inf"),
        (Knob::LinkBandwidth, "1e300", "link bandwidth goes from 1e-40 B/s to 1e40 B/s"),
        (Knob::LatencyLimit, "1e-320", "latency limit goes from 1e-40 s to 1e40 s"),
        (Knob::AccuracyFloor, "1e-300", "accuracy floor goes from 1e-40 to 1 (or 100 %)"),
        (Knob::Sensors, "1e300", "number of sensors goes from 1 to 1e40"),
        (Knob::LinkBandwidth, "5 MB", "`MB` is not a unit of link bandwidth"),
        (Knob::LinkBandwidth, "none", "link bandwidth always has a value"),
        (Knob::Sensors, "2.5", "number of sensors must be a whole number, not 2.5"),
        (Knob::AccuracyFloor, "101", "accuracy floor is a share and must not exceed 1 (or 100 %)"),
    ] {
        let error = parse(knob, text).unwrap_err();
        assert!(error.starts_with(reason), "{text}: {error}");
    }
}

#[test]
fn instructions_name_the_limit() {
    assert_eq!(Knob::LatencyLimit.instruction(0.006_672), "raise the latency limit to 6.68 ms");
    assert_eq!(
        Knob::LatencyLimit.instruction_from(0.0015, 0.006_672),
        "raise the latency limit from 1.50 ms to 6.68 ms"
    );
    assert_eq!(Knob::Sensors.instruction(4.0), "lower the number of sensors to 4");
    assert_eq!(Knob::FrameRateFloor.instruction(12.349), "lower the frame rate floor to 12.3 fps");
    assert_eq!(Knob::EnergyLimit.format(f64::INFINITY), "no limit");
    assert_eq!(Knob::LinkBandwidth.format_range(967_500.0, 88_250_000.0), "7.74 to 706 Mbit/s");
}
