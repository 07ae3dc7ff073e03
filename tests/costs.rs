//! Costs from the real binary: layer tables, latency tables, reasons and fixes, schemas, and input that can't be.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{command, folder, json, splitscope, text};
use serde_json::Value;

#[test]
fn layers_on_an_array_equal_scale_sim_and_say_how_they_are_counted() {
    let folder = folder();
    std::fs::write(folder.path().join("layers.csv"), include_str!("golden/layers.csv")).unwrap();
    let flags = ["cost", "--layers", "layers.csv", "--json", "--array", "32x32", "--dataflow", "ws"];
    let own = json(folder.path(), &flags);
    let theirs = json(folder.path(), &[&flags[..], &["--scale-sim-compatible"]].concat());
    let reference = include_str!("golden/scalesim_ws_32x32.csv");
    let at = reference.lines().next().unwrap().split(',').position(|name| name == "sim_cycles_total").unwrap();
    for (index, line) in reference.lines().skip(1).enumerate() {
        let expected: u64 = line.split(',').nth(at).unwrap().parse().unwrap();
        assert_eq!(theirs["layers"][index]["cycles"].as_u64(), Some(expected), "{line}");
        assert!(own["layers"][index]["cycles"].as_u64() > Some(expected), "{line}");
        let used = own["layers"][index]["utilisation"].as_f64().unwrap();
        assert!(used > 0.0 && used <= 1.0, "{line}");
    }
    let notes = own["notes"].to_string();
    assert!(notes.contains("issue 125") && notes.contains("--scale-sim-compatible"), "{notes}");
    assert!(own["total"]["macs"].as_u64() > Some(0));
}

#[test]
fn what_does_not_fit_has_typed_reasons_and_fixes_that_work() {
    let folder = folder();
    let found = json(folder.path(), &["cost", "--json", "--knob", "sensor-memory=16KiB"]);
    let split = found["splits"].as_array().unwrap().iter().find(|split| split["name"] == "S2.1").unwrap();
    let reason = &split["reasons"][0];
    assert_eq!(reason["limit"], "sensor-memory");
    assert_eq!(reason["over"].as_f64(), Some((40.0 - 16.0) * 1024.0));
    assert_eq!(reason["at"]["memory"]["during"]["layer"], "S1.1.expand");
    let fix = &split["fixes"]["single"][0];
    assert_eq!((fix["knob"].as_str(), fix["to"].as_f64()), (Some("sensor-memory"), Some(40.0 * 1024.0)));
    let mended = json(folder.path(), &["cost", "--json", "--knob", "sensor-memory=40KiB"]);
    assert_eq!(mended["best_name"], "S2.1");
}

#[test]
fn what_a_chip_can_not_run_is_told_by_layer() {
    let folder = folder();
    let found = json(folder.path(), &["cost", "--json", "--space", "tabletop", "--profile", "max78000"]);
    let splits = found["splits"].as_array().unwrap();
    let legal: Vec<&str> =
        splits.iter().filter(|split| split["legal"] == true).map(|split| split["name"].as_str().unwrap()).collect();
    assert_eq!(legal, ["input", "stem"]);
    let reasons = splits.iter().find(|split| split["name"] == "S2.1").unwrap()["reasons"].as_array().unwrap();
    let reason = reasons.iter().find(|reason| reason["limit"] == "operators").unwrap();
    assert_eq!(reason["at"]["layers"][0]["layer"], "S1.1.depthwise");
    assert_eq!(reason["at"]["layers"][0]["operator"], "depthwise");
    assert_eq!(reason["at"]["layers"][0]["chip"], "max78000");
    let check = |space| splitscope(folder.path(), &["check", "--space", space, "--profile", "max78000"]);
    assert_eq!(check("pooled").status.code(), Some(0));
    let resnet = check("resnet-18");
    assert_eq!(resnet.status.code(), Some(3));
    assert!(text(&resnet.stdout).contains("stem: a kernel of 7x7 is not supported by max78000 (1, 3)"));
    // Behind a block that the smallest network lacks too, every split that no design may have says why.
    let tabletop = text(&check("tabletop").stdout);
    let lines: Vec<&str> = tabletop.lines().collect();
    let barred = lines.windows(2).filter(|two| two[0].contains(" 0 of "));
    assert!(barred.clone().count() > 8 && barred.clone().all(|two| two[1].contains("is not supported")), "{tabletop}");
}

#[test]
fn every_knob_that_json_names_is_taken_by_the_command_line() {
    let folder = folder();
    let slow = ["--knob", "latency=1 ms"];
    let tight = ["energy=1 uJ", "frame-rate=9000", "sensor-memory=1 KiB"].map(|knob| ["--knob", knob]);
    let mut named: Vec<(String, f64)> = Vec::new();
    let mut found = Value::Null;
    for knobs in [&slow[..], tight.as_flattened()] {
        found = json(folder.path(), &[&["cost", "--json", "--tornado"][..], knobs].concat());
        for split in found["splits"].as_array().unwrap() {
            let fixes = [&split["fixes"]["single"], &split["fixes"]["joint"]];
            for fix in fixes.into_iter().flat_map(|fixes| fixes.as_array().unwrap()) {
                named.push((fix["knob"].as_str().unwrap().to_owned(), fix["to"].as_f64().unwrap()));
            }
        }
    }
    for swing in found["tornado"].as_array().unwrap() {
        named.push((swing["knob"].as_str().unwrap().to_owned(), swing["low"]["value"].as_f64().unwrap()));
    }
    named.sort_by(|one, other| one.0.cmp(&other.0));
    named.dedup_by(|one, other| one.0 == other.0);
    assert_eq!(named.len(), 8, "{named:?}");
    for (name, value) in named {
        let output = splitscope(folder.path(), &["cost", "--json", "--knob", &format!("{name}={value}")]);
        assert!(output.status.code() != Some(1) && output.stderr.is_empty(), "{name}: {}", text(&output.stderr));
    }
    let former = splitscope(folder.path(), &["cost", "--knob", "bandwidth=2.5 Mbit/s"]);
    assert!(text(&former.stderr).contains("`bandwidth` is now named `link-bandwidth`"));
}

#[test]
fn limits_nothing_can_meet_are_named_with_the_amount() {
    let folder = folder();
    let output = splitscope(folder.path(), &["cost", "--knob", "latency=1us"]);
    assert_eq!(output.status.code(), Some(3));
    let report = text(&output.stdout);
    assert!(report.contains("no design of tabletop does, not even its smallest network: latency:"), "{report}");
    assert!(report.contains("smallest change: raise the latency limit from 1.00 us to"), "{report}");
}

#[test]
fn optimum_of_every_split_is_the_cost_of_its_design() {
    let folder = folder();
    for metric in ["latency", "energy", "memory"] {
        let found = json(folder.path(), &["cost", "--optimum", metric, "--json"]);
        let splits = found["splits"].as_array().unwrap();
        assert!(splits.len() > 5, "{found}");
        let named = |name: &str| splits.iter().find(|split| split["name"] == name).unwrap();
        let design = named("S2.1")["design"].as_str().unwrap();
        assert!(design.contains("@S2.1/"), "{design}");
        assert!(named("S2.1")["value"].as_f64().unwrap() > 0.0 && named("S2.1")["feasible"].is_boolean());
    }
    let fastest = |knob: &str| {
        let found = json(folder.path(), &["cost", "--optimum", "latency", "--json", "--knob", knob]);
        found["splits"][0]["value"].as_f64().unwrap()
    };
    assert!(fastest("link-bandwidth=1Mbit/s") > fastest("link-bandwidth=10Mbit/s"));
    let none = splitscope(folder.path(), &["cost", "--optimum", "energy", "--knob", "latency=1us"]);
    assert_eq!(none.status.code(), Some(3));
    assert!(text(&none.stdout).contains("breaks: latency limit"), "{}", text(&none.stdout));
}

#[test]
fn tornado_break_even_and_power_answer() {
    let folder = folder();
    let asked = ["cost", "--json", "--tornado", "--break-even", "input,S3.1", "--deadline", "hand-tracking"];
    let found = json(folder.path(), &asked);
    assert_eq!(found["tornado"].as_array().unwrap().len(), 5);
    let bandwidth = found["break_even"]["bytes_per_s"].as_f64().unwrap();
    let at = |bandwidth: f64| {
        let knob = format!("link-bandwidth={bandwidth}");
        let found = json(folder.path(), &["cost", "--json", "--knob", &knob]);
        let total = |name: &str| {
            let splits = found["splits"].as_array().unwrap();
            splits.iter().find(|split| split["name"] == name).unwrap()["latency"]["total"].as_f64().unwrap()
        };
        total("input") - total("S3.1")
    };
    assert!(at(bandwidth).abs() < 1e-9 && at(bandwidth * 1.1) < 0.0 && at(bandwidth / 1.1) > 0.0);
    let best = &found["splits"].as_array().unwrap().iter().find(|split| split["name"] == found["best_name"]).unwrap();
    let (power, energy) = (best["power_w"].as_f64().unwrap(), best["energy_j"].as_f64().unwrap());
    assert!((power / energy - 30.0).abs() < 1e-9);
    let idle = best["idle"].as_object().unwrap();
    assert!(idle.values().any(|share| share.as_f64() == Some(0.0)), "one stage never waits: {idle:?}");
}

#[test]
fn impossible_input_is_refused_with_a_reason_and_prints_no_cost() {
    let folder = folder();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("empty.csv", b"");
    write("garbage.csv", b"\x00\xff\xfe nonsense");
    write("words.csv", b"once,upon\na,time\n");
    write("large.csv", b"name,kind,cin,cout,k,hin\na,conv,4000000000,4000000000,9,4000000000\n");
    write("kernel.csv", b"name,kind,cin,cout,k,hin\na,conv,3,8,9,4\n");
    write("good.csv", b"\xef\xbb\xbfname,kind,cin,cout,k,hin\r\na,conv,3,8,3,9\r\n");
    write("few.csv", b"name,ms\nb,1\n");
    write("wraps.csv", b"name,kind,cin,cout,k,stride,pad,hin\na,pool,1,1,2147483648,1,1073741824,1\n");
    write("slow.csv", b"name,kind,cin,cout,k,hin\na,conv,1,1,1,1\nb,conv,94906265,94906265,1,1\n");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for (arguments, reason) in [
        (&["--layers", "empty.csv"][..], "the table is empty"),
        (&["--layers", "garbage.csv"], "can't be read"),
        (&["--layers", "words.csv"], "not the columns of a layer table"),
        (&["--layers", "large.csv"], "overflow"),
        (&["--layers", "kernel.csv"], "kernel 9 is larger than its input"),
        (&["--layers", "wraps.csv"], "wraps.csv:2:1"),
        (&["--layers", "slow.csv", "--array", "1x1", "--dataflow", "ws"], "slow.csv:3:1"),
        (&["--layers", "slow.csv", "--array", "1x1", "--dataflow", "ws"], "more cycles than can be counted"),
        (&["--layers", "folder"], "can't be read"),
        (&["--layers", "nowhere.csv"], "can't be read"),
        (&["--layers", "good.csv", "--array", "0x8"], "is not an array"),
        (&["--layers", "good.csv", "--rule", "unrolled", "--array", "8x8"], "needs an array of 4 sides"),
        (&["--layers", "good.csv", "--table", "few.csv"], "lacks 1 of the layers: a;"),
        (&["--layers", "good.csv", "--table", "empty.csv"], "the latency table is empty"),
        (&["--knob", "link-bandwidth=0"], "must be a finite number above zero"),
        (&["--knob", "latency=nan"], "is not a number"),
        (&["--knob", "accuracy=inf"], "accuracy floor must be a finite number above zero"),
        (&["--knob", "leak=inf"], "must be a finite number above zero"),
        (&["--sensors", "0"], "above zero"),
        (&["--sensors", "4000000000"], "number of sensors goes from 1 to 64"),
        (&["--ratio", "0"], "at least 1"),
        (&["--ratio", "3"], "no design of tabletop has the ratio 3; valid: 1, 2, 4, 8"),
        (&["--bits", "2"], "no design of tabletop has the number of bits on the link 2; valid: 4, 8"),
        (&["--why", "S9"], "no boundary is named"),
        (&["--fusion", "S2"], "did you mean `S2.1` or `S2.2`?"),
        (&["--break-even", "S2.1,S2.1"], "is one split; name two"),
        (&["--break-even", "S2.1"], "is not a pair of splits such as `input,logits`"),
        (&["--knob", "link-bandwidth=1e-320"], "link bandwidth goes from 1e-40 B/s to 1e40 B/s"),
        (&["--deadline", "1e-300"], "frame rate floor goes from 1e-40 fps to 1e40 fps"),
        (&["--power-at", "1e300"], "above zero"),
        (&["--power-at", "nan"], "above zero"),
    ] {
        let output = splitscope(folder.path(), &[&["cost"], arguments].concat());
        let (said, printed) = (text(&output.stderr), text(&output.stdout));
        // Wrong command lines have an exit code of their own; wrong contents of a file are errors.
        let is_of_file =
            arguments.iter().any(|word| Path::new(word).extension().is_some_and(|extension| extension == "csv"))
                || arguments.contains(&"folder");
        let is_of_rule = arguments.contains(&"0x8") || arguments.contains(&"unrolled");
        let code = if is_of_file && !is_of_rule { 1 } else { 2 };
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}{printed}");
        assert!(said.contains(reason), "{arguments:?}: {said}");
        assert!(printed.is_empty() && !said.contains("panicked"), "{arguments:?}: {printed}{said}");
    }
    // A byte order mark and Windows line ends are no mistakes.
    assert_eq!(json(folder.path(), &["cost", "--layers", "good.csv", "--json"])["layers"][0]["macs"], 10_584);
}

#[test]
fn constants_that_can_not_be_are_refused_at_their_line_and_no_cost_is_endless() {
    let folder = folder();
    let glasses = include_str!("../profiles/glasses.toml");
    for key in ["clock = { value = 12.5", "bandwidth = { value = 25", "activations = { value = 64", "ox = 8"] {
        let line = glasses.lines().position(|line| line.contains(key)).unwrap() + 1;
        for value in ["0", "-1", "nan", "inf", "1e-320", "1e300"] {
            let (name, _) = key.rsplit_once(' ').unwrap();
            std::fs::write(folder.path().join("odd.toml"), glasses.replacen(key, &format!("{name} {value}"), 1))
                .unwrap();
            for command in [&["check", "odd.toml"][..], &["cost", "--profile", "odd.toml"]] {
                let output = splitscope(folder.path(), command);
                let (said, printed) = (text(&output.stderr), text(&output.stdout));
                assert!(said.contains(&format!("odd.toml:{line}:")) && said.contains('^'), "{key} {value}: {said}");
                assert!(!output.status.success() && printed.is_empty(), "{key} {value}: {printed}");
            }
        }
    }
    // The least and the most a clock may be.
    for clock in ["1e-23", "1e12"] {
        let profile = glasses.replacen("clock = { value = 12.5", &format!("clock = {{ value = {clock}"), 1);
        std::fs::write(folder.path().join("odd.toml"), profile).unwrap();
        let found = json(folder.path(), &["cost", "--json", "--profile", "odd.toml", "--power-at", "1e18"]);
        for split in found["splits"].as_array().unwrap() {
            for key in ["energy_j", "power_w", "fps"] {
                assert!(split[key].as_f64() > Some(0.0), "{clock}: {key} of {split}");
            }
            assert!(split["latency"]["total"].as_f64() > Some(0.0));
        }
    }
}

#[test]
fn a_profile_keeps_its_latency_table_wherever_it_goes() {
    let folder = folder();
    let rows = text(&splitscope(folder.path(), &["cost", "--list-layers", "space"]).stdout);
    let measured = |row: (usize, &str)| if row.0 == 0 { format!("{},us", row.1) } else { format!("{},5", row.1) };
    let rows: Vec<String> = rows.lines().enumerate().map(measured).collect();
    let table = folder.path().join("shapes.csv");
    std::fs::write(&table, rows.join("\n")).unwrap();
    std::fs::write(folder.path().join("names.csv"), "name,ms\nstem,1\n").unwrap();
    let glasses = include_str!("../profiles/glasses.toml");
    let mapping = glasses.lines().find(|line| line.starts_with("mapping")).unwrap();
    for name in ["shapes", "names"] {
        let own = format!("mapping = {{ rule = \"measured\", table = \"{name}.csv\" }}");
        std::fs::write(folder.path().join(format!("{name}.toml")), glasses.replacen(mapping, &own, 1)).unwrap();
    }
    // By names a table holds for one network only, and every command says so.
    for command in [&["cost"][..], &["train", "--run", "none"], &["explore", "--plain"]] {
        let output = splitscope(folder.path(), &[command, &["--profile", "names.toml"]].concat());
        let said = text(&output.stderr);
        assert!(said.contains("names.csv goes by layer names, but tabletop has "), "{command:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(!folder.path().join("none").exists());
    }
    let plain = |arguments: &[&str]| {
        let output = splitscope(folder.path(), &[&["explore", "--plain"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let here = plain(&["--profile", "shapes.toml", "--no-run"]);
    assert!(here.contains("candidates meet the limits"), "{here}");
    let arguments = ["train", "--profile", "shapes.toml", "--run", "own", "--steps", "1", "--set", "images=8"];
    let data = ["--set", "calibration-objects=8", "--data", "arrangement-10:objects=100"];
    let trained = splitscope(folder.path(), &[&arguments[..], &data].concat());
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    // The run goes on without the file.
    std::fs::remove_file(&table).unwrap();
    let later = plain(&["--run", "own"]);
    assert_eq!(here.lines().nth(1), later.lines().nth(1));
}

#[test]
fn the_guides_latency_table_is_made_and_used() {
    let folder = folder();
    let guide = include_str!("../docs/profiles.md");
    let block = guide.split("<!-- latency table -->\n```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_splitscope")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let run = Command::new("sh").args(["-ec", block]).env("PATH", path).current_dir(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    let report = text(&run.stdout);
    assert!(report.contains("mine.toml: profile glasses") && report.contains("split after"), "{report}");
    // Every design of the space is covered by it, and its latencies are those measured.
    let table = std::fs::read_to_string(folder.path().join("this-machine.csv")).unwrap();
    for genome in ["smallest", "largest"] {
        let found = json(folder.path(), &["cost", "--json", "--profile", "mine.toml", "--genome", genome]);
        assert!(found["splits"][1]["latency"]["sensor"].as_f64() > Some(0.0));
    }
    // Without some of its lines, the error names the layers.
    let lines: Vec<&str> = table.lines().take(3).collect();
    std::fs::write(folder.path().join("this-machine.csv"), lines.join("\n")).unwrap();
    let output = splitscope(folder.path(), &["cost", "--profile", "mine.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let missing = text(&output.stderr);
    assert!(missing.contains("this-machine.csv lacks") && missing.contains("S2.1.project (conv 1x1, "), "{missing}");
}

#[test]
fn schemas_are_printed_as_shipped() {
    let folder = folder();
    for (kind, shipped) in [
        ("space", include_str!("../spaces/space.schema.json")),
        ("profile", include_str!("../profiles/profile.schema.json")),
    ] {
        assert_eq!(text(&splitscope(folder.path(), &["schema", kind]).stdout), shipped);
    }
}

#[test]
fn every_file_is_checked_also_behind_one_that_can_not_be() {
    let folder = folder();
    let glasses = include_str!("../profiles/glasses.toml");
    std::fs::write(folder.path().join("glasses.toml"), glasses).unwrap();
    std::fs::write(folder.path().join("odd.toml"), glasses.replacen("clock = {", "clok = {", 1)).unwrap();
    let check = |files: &[&str]| splitscope(folder.path(), &[&["check"], files].concat());
    let output = check(&["odd.toml", "nowhere.toml", "glasses.toml"]);
    let said = text(&output.stderr);
    assert!(said.contains("odd.toml:11:1") && said.contains("did you mean `clock`?"), "{said}");
    assert!(said.contains("nowhere.toml can't be read") && said.contains("one file was not checked"), "{said}");
    assert!(text(&output.stdout).contains("glasses.toml: profile glasses"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(check(&["odd.toml", "glasses.toml"]).status.code(), Some(3));
    assert_eq!(check(&["glasses.toml"]).status.code(), Some(0));
}

#[test]
fn fixes_as_they_are_printed_make_a_split_fit() {
    let folder = folder();
    let tight = ["cost", "--knob", "latency=4.3ms", "--knob", "sensor-memory=39KiB"];
    let report = text(&splitscope(folder.path(), &[&tight[..], &["--why", "S2.1"]].concat()).stdout);
    let together = report.lines().find_map(|line| line.trim().strip_prefix("together: ")).unwrap();
    let knob = |change: &str| {
        let (name, values) = change.strip_prefix("raise the ").unwrap().split_once(" from ").unwrap();
        let name = name.replace(' ', "-");
        format!("{name}={}", values.split_once(" to ").unwrap().1.replace(' ', ""))
    };
    let knobs: Vec<String> = together.split(", and ").map(knob).collect();
    assert!(knobs.len() > 1 && together.contains("sensor memory"), "{together}");
    let fits = |knobs: &[String]| {
        let flags = knobs.iter().flat_map(|knob| ["--knob", knob.as_str()]);
        let arguments: Vec<&str> = tight.iter().copied().chain(["--json"]).chain(flags).collect();
        let found = json(folder.path(), &arguments);
        let split = found["splits"].as_array().unwrap().iter().find(|split| split["name"] == "S2.1").unwrap();
        split["feasible"].as_bool().unwrap()
    };
    assert!(fits(&knobs), "{together}");
    // What no knob sets is told to be so, with what it takes besides.
    let why = text(&splitscope(folder.path(), &["cost", "--why", "head"]).stdout);
    let told = "no knob changes the sensor weight memory: it is `sensor.memory.weights` in the profile; besides, raise the latency limit";
    assert!(why.contains(told) && !why.contains("together") && !why.contains("no single knob"), "{why}");
    for left_out in 0..knobs.len() {
        let rest: Vec<String> = [&knobs[..left_out], &knobs[left_out + 1..]].concat();
        assert!(!fits(&rest), "{together} without {}", knobs[left_out]);
    }
}

#[test]
fn a_sweep_meets_the_limit_at_every_value_and_reads_the_same_in_every_form() {
    let folder = folder();
    let asked =
        ["sweep", "link-bandwidth", "--from", "1 Mbit/s", "--to", "1Gbit/s", "--steps", "7", "--knob", "latency=6ms"];
    let found = json(folder.path(), &[&asked[..], &["--json", "--svg", "sweep.svg"]].concat());
    let points = found["points"].as_array().unwrap();
    assert_eq!((points.len(), &found["knob"]), (7, &Value::from("link-bandwidth")));
    let values: Vec<f64> = points.iter().map(|point| point["value"].as_f64().unwrap()).collect();
    assert!((values[0] - 125_000.0).abs() < 1e-6 && (values[6] - 125e6).abs() < 1e-3, "{values:?}");
    for point in points {
        let (value, design) = (point["value"].as_f64().unwrap(), point["design"].as_str().unwrap());
        let knob = format!("link-bandwidth={value}");
        let cost = json(folder.path(), &["paradigms", "--json", "--design", design, "--knob", &knob]);
        let latency = point["latency_s"].as_f64().unwrap();
        let [value, low, high] = ["value", "low", "high"].map(|name| point["accuracy"][name].as_f64().unwrap());
        assert!(latency <= 6e-3 && low <= value && value <= high && high <= 1.0, "{point}");
        assert_eq!((&point["accuracy"]["kind"], &point["accuracy"]["precision"]), (&"measured".into(), &"int8".into()));
        let same = cost["paradigms"].as_array().unwrap().iter().find(|one| one["design"] == design);
        assert!(same.is_none_or(|same| same["latency_s"] == latency), "{design}");
    }
    let csv = text(&splitscope(folder.path(), &[&asked[..], &["--csv"]].concat()).stdout);
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    assert_eq!(rows.len(), 7);
    let heads: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let figures = ["kind", "low", "high", "precision", "samples"];
    let leak = heads.iter().position(|head| *head == "leak").unwrap();
    for (row, point) in rows.iter().zip(points) {
        assert!(row.contains(point["design"].as_str().unwrap()), "{row}");
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[leak].parse::<f64>().ok(), point["leak"].as_f64(), "{row}");
        for figure in figures {
            let at = heads.iter().position(|head| *head == format!("accuracy_{figure}")).unwrap();
            let (cell, told) = (cells[at], &point["accuracy"][figure]);
            let is_same = match told.as_f64() {
                Some(told) => (cell.parse::<f64>().unwrap() - told).abs() < 1e-12,
                None => told.as_str() == Some(cell),
            };
            assert!(is_same, "accuracy_{figure}: {cell} for {told}");
        }
    }
    let picture = std::fs::read_to_string(folder.path().join("sweep.svg")).unwrap();
    assert!(picture.contains("link bandwidth") && picture.contains(points[0]["split"].as_str().unwrap()));

    // Not measured with three sensors: the figure is the middle of the interval, the order that of its lower end.
    let predicted = ["sweep", "sensors", "--from", "3", "--to", "3", "--knob", "leak=50%"];
    let table = splitscope(folder.path(), &predicted);
    let with_csv = splitscope(folder.path(), &[&predicted[..], &["--csv"]].concat());
    for note in ["lower end", "leak of some of these designs"] {
        assert!(text(&table.stdout).contains(note) && text(&with_csv.stderr).contains(note), "{note}");
    }

    let refused = splitscope(folder.path(), &["sweep", "sensors", "--to", "13"]);
    assert!(text(&refused.stderr).contains("from 1 to 12"), "{}", text(&refused.stderr));
    let none = splitscope(folder.path(), &["sweep", "latency", "--from", "1us", "--to", "2us", "--steps", "2"]);
    assert_eq!(none.status.code(), Some(3), "{}", text(&none.stderr));
}

#[test]
fn a_reader_that_leaves_ends_every_listing_quietly() {
    let folder = folder();
    std::fs::write(folder.path().join("glasses.toml"), include_str!("../profiles/glasses.toml")).unwrap();
    for arguments in [
        &["cost", "--tornado"][..],
        &["cost", "--json"],
        &["cost", "--space", "attentive-nas", "--list-layers", "space"],
        &["check", "glasses.toml"],
        &["profile", "show", "glasses"],
        &["sweep", "latency"],
        &["schema", "space"],
        &["data", "arrangement-10:objects=100"],
        &["search", "--proxy", "--evaluations", "4"],
        &["search", "--proxy", "--evaluations", "4", "--json"],
        &["explore", "--plain"],
        &["picture"],
        &["keys"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = command(folder.path(), arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert!(!said.contains("panicked") && output.status.code() != Some(101), "{arguments:?}: {said}");
        assert!(output.status.code().is_some(), "{arguments:?} ended by a signal");
    }
}

#[test]
fn a_concatenation_is_costed_by_its_convolutions() {
    let folder = folder();
    let space = include_str!("../spaces/tabletop.toml");
    for operator in ["max", "concat"] {
        let text = space.replace("operator = \"max\"", &format!("operator = \"{operator}\""));
        std::fs::write(folder.path().join(format!("{operator}.toml")), text).unwrap();
    }
    let asked = |space: &str| {
        json(
            folder.path(),
            &["cost", "--json", "--space", space, "--fusion", "S3.2", "--sensors", "4", "--genome", "largest"],
        )
    };
    let (max, concat) = (asked("max.toml"), asked("concat.toml"));
    let (max, concat) = (&max["splits"][0], &concat["splits"][0]);
    // 64 channels at 4x4: four convolutions of 64 * 64 weights, each used at 16 positions.
    assert_eq!(concat["fusion"]["operator"], "concat");
    assert_eq!(concat["fusion"]["weights"].as_u64(), Some(4 * 64 * 64));
    assert_eq!(concat["fusion"]["macs"].as_u64(), Some(4 * 64 * 64 * 16));
    // K8 C8 OX2 OY2: 8 * 8 * 2 * 2 cycles each; three sums of 1,024 elements, 32 a cycle.
    assert_eq!(concat["fusion"]["cycles"].as_f64(), Some(4.0 * 256.0 + 3.0 * 32.0));
    assert_eq!(max["fusion"]["cycles"].as_f64(), Some(3.0 * 32.0));
    let of = |split: &Value, key: &str| split[key].as_u64().unwrap();
    let weights = "aggregator_weight_bytes";
    assert_eq!(of(concat, weights) - of(max, weights), 4 * 64 * 64);
    let seconds = |split: &Value| split["latency"]["aggregator"].as_f64().unwrap();
    assert!((seconds(concat) - seconds(max) - 1024.0 / 50e6).abs() < 1e-12);
}

#[test]
fn paradigms_follow_from_the_costs_of_the_splits() {
    let folder = folder();
    let costs = json(folder.path(), &["cost", "--json"]);
    let found = json(folder.path(), &["paradigms", "--json"]);
    let split =
        |name: &str| costs["splits"].as_array().unwrap().iter().find(|split| split["name"] == name).unwrap().clone();
    let close = |one: &Value, other: f64| {
        let one = one.as_f64().unwrap();
        assert!((one - other).abs() <= 1e-9 * other.abs(), "{one} {other}");
    };
    let unsplit_s = split("input")["latency"]["total"].as_f64().unwrap();
    // Multiply-accumulates of tabletop's largest network, by hand: 2 101 248 up to S2.1 and 1 932 544 behind it; a
    // module of 32 * 8 * 64 on either side; six views; the logits are averaged without one. Peaks by the profile:
    // 8 * 8 at 12.5 MHz and 8 * 8 * 2 * 2 at 50 MHz.
    let (before, behind, module) = (2_101_248.0, 1_932_544.0, 16_384.0);
    let (sensor_peak, aggregator_peak) = (64.0 * 12.5e6, 256.0 * 50e6);
    let rows = [
        ("all-on-sensors", "logits", before + behind, 0.0),
        ("all-on-aggregator", "input", 0.0, 6.0 * before + behind),
        ("distributed", "S2.1", before + module, 6.0 * module + behind),
    ];
    assert_eq!(found["paradigms"].as_array().unwrap().len(), rows.len());
    for (row, (name, at, sensor, aggregator)) in found["paradigms"].as_array().unwrap().iter().zip(rows) {
        let split = split(at);
        let latency = &split["latency"];
        let stages = ["readout", "sensor", "link", "aggregator"].map(|stage| latency[stage].as_f64().unwrap());
        let (total, period) = (stages.iter().sum::<f64>(), stages.into_iter().fold(0.0, f64::max));
        assert_eq!(row["name"], name);
        assert_eq!(row["communication_bytes"], split["traffic"]["total_bytes"]);
        assert_eq!(row["communication_bytes"].as_u64(), split["link_bytes"].as_u64().map(|bytes| 6 * bytes));
        assert_eq!(row["communication_raw_share"], split["traffic"]["raw_share"]);
        assert_eq!(row["sensor_peak_bytes"], split["sensor_peak_bytes"]);
        assert_eq!(row["communication_s"], latency["link"]);
        // 100 pJ a byte.
        close(&row["communication_j"], 100e-12 * row["communication_bytes"].as_f64().unwrap());
        close(&row["speedup"], unsplit_s / total);
        close(&row["efficiency"], unsplit_s / total / 6.0);
        for (shares, seconds) in [(&row["utilisation"], period), (&row["utilisation_single_frame"], total)] {
            close(&shares["sensor"], sensor / (sensor_peak * seconds));
            close(&shares["aggregator"], aggregator / (aggregator_peak * seconds));
            let all = 6.0 * sensor + aggregator;
            close(&shares["system"], all / ((6.0 * sensor_peak + aggregator_peak) * seconds));
        }
    }
    // Those of the shipped run, in int8: the class label rebuilds little, the raw input all but what 8 bits lose.
    let leaks: Vec<f64> =
        found["paradigms"].as_array().unwrap().iter().map(|row| row["leak"].as_f64().unwrap()).collect();
    assert!(leaks[0] < 0.1 && leaks[1] > 0.999 && (0.8..0.9).contains(&leaks[2]), "{leaks:?}");
    assert_eq!(found["leak_precision"], "int8");
    // The raw input crosses the link alike for every network.
    let smallest = json(folder.path(), &["paradigms", "--json", "--design", "smallest"]);
    let raw = smallest["paradigms"].as_array().unwrap()[1]["leak"].as_f64();
    assert_eq!(raw, Some(leaks[1]), "{smallest}");
    // Limits on accuracy and leak are broken as those on costs are.
    let broken = |design: &str, knob: &str| {
        let found = json(folder.path(), &["paradigms", "--json", "--design", design, "--knob", knob]);
        found["paradigms"].as_array().unwrap().iter().map(|row| row["broken"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(broken("largest@S1.2/head:r1b4", "leak=10%"), ["[\"sensor-weights\"]", "[\"leak\"]", "[\"leak\"]"]);
    assert_eq!(broken("largest@S1.2/head:r1b4", "accuracy=99%")[2], "[\"accuracy\"]");
    // The figures themselves, as they were worked out when this was written.
    let [sensors, _, distributed] = &found["paradigms"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&sensors["communication_bytes"], &distributed["communication_bytes"]), (&60.into(), &3072.into()));
    close(&distributed["speedup"], 6.758_96 / 4.606);
    close(&distributed["utilisation"]["sensor"], 2_117_632.0 / (800e6 * 2.662_4e-3));
    // Memory peaks in the first block, which every split has; the sensors are slower than the aggregator.
    let differences = found["differences"].to_string();
    assert!(
        differences.contains("distributed, sensor memory: no (less than all on sensors), paper yes"),
        "{differences}"
    );
    assert!(
        differences.contains("all on sensors, parallelism: no (faster than all on aggregator), paper yes"),
        "{differences}"
    );
}

#[test]
fn a_report_answers_as_the_explorer_and_a_sweep_do() {
    let folder = folder();
    let lead = |arguments: &[&str]| {
        let arguments = [&["report", "shipped", "--markdown", "page.md"], arguments].concat();
        let output = splitscope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read_to_string(folder.path().join("page.md")).unwrap()
    };
    // With a number of sensors that was not measured.
    let swept = json(folder.path(), &["sweep", "sensors", "--from", "3", "--to", "3", "--json"]);
    let best = swept["points"][0]["design"].as_str().unwrap().to_owned();
    let page = lead(&["--sensors", "3"]);
    assert!(page.contains(&format!("the design `{best}` meets all limits")), "{best}: {}", &page[..2000]);
    let listed = json(folder.path(), &["--json"])["designs"].as_array().unwrap().len();
    assert!(lead(&[]).contains(&format!("Looked at: {listed} designs")));
}

#[test]
fn paradigms_are_printed_as_text_and_markdown() {
    let folder = folder();
    let printed = |arguments: &[&str]| {
        let output = splitscope(folder.path(), &[&["paradigms"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let table = printed(&[]);
    assert!(table.contains("6.00 KiB no (paper: no)") && !table.contains("not measured"), "{table}");
    assert!(printed(&["--sensors", "3"]).contains("not measured (paper: yes)"));
    assert!(table.contains("! distributed, sensor memory"), "{table}");
    let markdown = printed(&["--markdown"]);
    assert!(markdown.starts_with("tabletop on glasses, 6 sensors\n\n| | all on sensors |"), "{markdown}");
    assert!(markdown.contains("\n| communication | 60 B yes (paper: yes) |"), "{markdown}");
    assert!(markdown.contains("\n| utilisation, sensor | "), "{markdown}");
    assert!(markdown.contains("leaks were measured in int8 on the run shipped"), "{markdown}");
    // A design at an end of the network stands for its network; a knob moves the figures.
    let ends = ["0-0000-0111-0111-0111-0000-0000-0000@input/S2.1:r1b8", "largest"];
    let [one, other] = ends.map(|design| printed(&["--design", design, "--knob", "link-bandwidth=1Mbit/s"]));
    assert_eq!(one, other);
    assert_ne!(one, table);
}
