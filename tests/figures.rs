//! One quantity has the same digits in the explorer and on the command line.

mod common;

use common::{folder, splitscope, text};

/// Words of the row of a split, without the marks before its name and the symbols of units.
fn figures<'a>(row: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let row = row.trim_matches(|c: char| c.is_whitespace() || "│✓✗◆*-".contains(c));
    let rest = row.strip_prefix(name)?.strip_prefix(' ')?;
    Some(rest.split_whitespace().filter(|word| !["ms", "KiB", "uJ"].contains(word)).collect())
}

#[test]
fn the_explorer_and_cost_print_the_same_figures_of_a_design() {
    let folder = folder();
    // The table, its third row, the selected design with every split in figures.
    let keys = ["picture", "-o", "screen.svg", "--keys", "tjj<enter>"];
    let output = splitscope(folder.path(), &keys);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let picture = std::fs::read_to_string(folder.path().join("screen.svg")).unwrap();
    let (_, screen) = picture.split_once("<desc>").unwrap();
    let (screen, _) = screen.split_once("</desc>").unwrap();
    let design = screen.split_whitespace().find(|word| word.contains('@') && word.contains(":r")).unwrap();
    let (genome, rest) = design.split_once('@').unwrap();
    let (split, rest) = rest.split_once('/').unwrap();
    let (fusion, rest) = rest.split_once(":r").unwrap();
    let (ratio, bits) = rest.split_once('b').unwrap();
    let arguments = ["cost", "--genome", genome, "--fusion", fusion, "--ratio", ratio, "--bits", bits];
    let report = text(&splitscope(folder.path(), &arguments).stdout);
    let mut compared = 0;
    for name in ["input", "stem", "S1.1", "S1.2", "S2.1", "S2.2", "S3.1", "S3.2", "head", "pool", "logits"] {
        let Some(printed) = report.lines().find_map(|line| figures(line, name)) else { continue };
        let shown = screen.lines().find_map(|line| figures(line, name)).unwrap_or_else(|| panic!("{name}: {screen}"));
        let [latency, _, sensor, link, aggregator, bytes, memory, energy] = printed[..] else { panic!("{report}") };
        assert_eq!(
            shown[..7],
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
