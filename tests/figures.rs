//! One quantity has the same digits in the explorer and on the command line.

mod common;

use common::{folder, splitscope, text};

/// Words of the row of a split, without the marks before its name and the symbols of units.
fn figures<'a>(row: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let row = row.trim_matches(|c: char| c.is_whitespace() || "│✓✗◆*-".contains(c));
    let rest = row.strip_prefix(name)?.strip_prefix(' ')?;
    Some(rest.split_whitespace().filter(|word| !["ms", "KiB", "uJ"].contains(word)).collect())
}

/// The screen after some keys, as text.
fn screen(folder: &std::path::Path, keys: &str) -> String {
    let output = splitscope(folder, &["picture", "--no-run", "-o", "screen.svg", "--keys", keys]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let picture = std::fs::read_to_string(folder.join("screen.svg")).unwrap();
    let (_, screen) = picture.split_once("<desc>").unwrap();
    screen.split_once("</desc>").unwrap().0.to_owned()
}

/// The printed design on a screen.
fn design(screen: &str) -> &str {
    screen.split_whitespace().find(|word| word.contains('@') && word.contains(":r")).unwrap()
}

#[test]
fn the_explorer_and_paradigms_print_the_same_figures_of_a_design() {
    let folder = folder();
    let inspected = screen(folder.path(), "tjj<enter>");
    let compared = screen(folder.path(), "tjj4p");
    let report = splitscope(folder.path(), &["paradigms", "--no-run", "--design", design(&inspected)]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    let report = text(&report.stdout);
    let plain = |line: &str| line.replace('\u{b5}', "u");
    let mut rows = 0;
    for line in report.lines().skip_while(|line| !line.is_empty()).skip(2).take_while(|line| !line.is_empty()) {
        let mut cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        let name = cells.next().unwrap();
        let is_row = |shown: &&str| shown.trim_start_matches(['│', ' ']).starts_with(&format!("{name}  "));
        let shown = compared.lines().skip_while(|line| !line.contains("▸Paradigms")).find(is_row).map(plain);
        let mut rest = shown.as_deref().unwrap_or_else(|| panic!("{name}\n{compared}"));
        // In order, each figure without its tick.
        for cell in cells {
            let figure = cell.split(" yes").next().unwrap().split(" no (").next().unwrap();
            let figure = figure.split(" (paper").next().unwrap();
            let at = rest.find(figure).unwrap_or_else(|| panic!("{name}: {figure}\n{compared}\n{report}"));
            rest = &rest[at + figure.len()..];
            rows += 1;
        }
    }
    assert_eq!(rows, 14 * 3, "{report}");
}

#[test]
fn the_explorer_and_cost_print_the_same_figures_of_a_design() {
    let folder = folder();
    // The table, its third row, the selected design with every split in figures.
    let screen = screen(folder.path(), "tjj<enter>");
    let (genome, rest) = design(&screen).split_once('@').unwrap();
    let (split, rest) = rest.split_once('/').unwrap();
    let (fusion, rest) = rest.split_once(":r").unwrap();
    let (ratio, bits) = rest.split_once('b').unwrap();
    let arguments = ["cost", "--genome", genome, "--fusion", fusion, "--ratio", ratio, "--bits", bits];
    let report = text(&splitscope(folder.path(), &arguments).stdout);
    let mut compared = 0;
    for name in ["input", "stem", "S1.1", "S1.2", "S2.1", "S2.2", "S3.1", "S3.2", "head", "pool", "logits"] {
        let Some(printed) = report.lines().find_map(|line| figures(line, name)) else { continue };
        let shown = screen.lines().find_map(|line| figures(line, name)).unwrap_or_else(|| panic!("{name}: {screen}"));
        let [latency, _, sensor, link, aggregator, bytes, total, share, _, memory, energy] = printed[..] else {
            panic!("{report}")
        };
        if name == split {
            let sends = format!("{bytes} B from each sensor, ");
            let sentence = screen.lines().find(|line| line.contains(&sends)).unwrap_or_else(|| panic!("{screen}"));
            assert!(sentence.contains(&format!("from all 6, {share} % of the raw frame")), "{sentence}\n{report}");
            assert_eq!(total.parse::<u64>().unwrap(), 6 * bytes.parse::<u64>().unwrap());
        }
        // Behind the name stands the accuracy, which this run without weights has not.
        assert_eq!(shown[0], "-");
        assert_eq!(
            shown[1..8],
            [bytes, sensor, link, aggregator, latency, energy, memory],
            "{name}\n{screen}\n{report}"
        );
        compared += 1;
    }
    assert!(compared > 4, "{report}");
    // In sentences the same figures have their units.
    let shown = screen.lines().find(|line| line.contains(" fits: ")).unwrap();
    let row = report.lines().find(|line| figures(line, split).is_some()).unwrap();
    let latency = row.split_once(" ms").unwrap().0.split_whitespace().last().unwrap();
    assert!(shown.contains(&format!("{split} fits: {latency} ms, ")), "{shown}\n{row}");
}
