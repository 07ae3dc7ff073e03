//! Offload paradigms of the selected design under the knobs.

use crate::cost::{ParadigmFigures, paradigms};
use crate::explore::Session;
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
            one.leak = self.leak(&one.design).map(|leak| leak.figures.leak);
        }
        Some(all)
    }
}
