//! Offload paradigms of the selected design under the knobs.

use crate::cost::{ParadigmFigures, paradigms};
use crate::explore::{Session, ShownLeak};
use crate::space::Design;

impl Session {
    /// All on the sensors, all on the aggregator, and the selected design as it is shown, or its best split inside the
    /// network; `None` if there is no design.
    pub fn paradigms(&self) -> Option<Vec<ParadigmFigures>> {
        let inspected = self.inspected()?;
        let shown = self.inspected_design(&inspected);
        // At the ends of the network there is no compression; inside there is that of the candidate.
        let design = if self.space().has_splitting_module(shown.split) {
            shown
        } else {
            let transmit = inspected.transmit;
            Design { fusion: transmit.fusion, ratio: transmit.ratio, bits: transmit.bits, ..shown }
        };
        let mut all = paradigms(self.catalogue().model().ok()?, &design, self.knobs()).ok()?;
        for one in &mut all {
            one.leak = self.paradigm_leak(&one.design).map(|leak| leak.figures.leak);
        }
        Some(all)
    }

    /// Leak of the design of a paradigm; at the raw input that of any network, as the same crosses the link.
    pub fn paradigm_leak(&self, design: &Design) -> Option<&ShownLeak> {
        let views = self.knobs().sensors;
        self.leak(design).or_else(|| self.catalogue().leaks().of_raw_input(self.space(), design, views))
    }
}
