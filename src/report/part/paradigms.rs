//! Table 1 of the paper in figures.

use std::collections::BTreeSet;

use crate::cost::{MeritTick, ParadigmCell, paradigm_differences, paradigm_rows};
use crate::explore::Session;
use crate::report::{PageSection, PageTable, Passage};

/// The paradigms with the figures of the chosen network.
pub(in crate::report) fn section(session: &Session) -> PageSection {
    let heading = "Table 1 of the paper";
    let Some(all) = session.paradigms() else {
        return PageSection::new(heading, vec![Passage::missing("the paradigms can't be costed on this profile.", "")]);
    };
    let mut head = vec![""];
    head.extend(all.iter().map(|one| one.paradigm.label()));
    let caption = "Paradigms of SplitNets (Dong et al. 2022) with the figures of the chosen network; in brackets whether a \
                   paradigm is good at it, by these figures and by the paper";
    let mut table = PageTable::new(caption, &head, 1);
    for row in paradigm_rows(&all) {
        let mut cells = vec![row.name.to_owned()];
        cells.extend(row.cells.iter().map(cell));
        if row.is_part {
            table.part(cells);
        } else {
            table.row(cells);
        }
    }
    let precisions: BTreeSet<&str> =
        all.iter().filter_map(|one| session.leak(&one.design)).map(|leak| leak.precision.name()).collect();
    let mut passages = vec![Passage::Table(table)];
    if !precisions.is_empty() {
        let names = precisions.into_iter().collect::<Vec<_>>().join(" and ");
        passages.push(Passage::Text(format!(
            "Costs are those of int8; leaks were measured in {names}, and are lower bounds."
        )));
    }
    let differences = paradigm_differences(&all);
    if differences.is_empty() {
        passages.push(Passage::Text("All ticks that can be told agree with the paper.".to_owned()));
    } else {
        passages.push(Passage::Text("These ticks differ from the paper:".to_owned()));
        passages.push(Passage::List(differences));
    }
    PageSection::new(heading, passages)
}

fn cell(cell: &ParadigmCell) -> String {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    match cell.tick {
        None => cell.text.clone(),
        Some(MeritTick { paper, figures: None }) => format!("{} (paper {})", cell.text, yes(paper)),
        Some(MeritTick { paper, figures: Some(figures) }) => {
            format!("{} ({}, paper {})", cell.text, yes(figures), yes(paper))
        }
    }
}
