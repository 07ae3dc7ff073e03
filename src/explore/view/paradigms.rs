//! Offload paradigms of the selected design under the knobs.

use crate::cost::{ParadigmFigures, paradigms};
use crate::explore::{CandidateError, Session};
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
        self.paradigms_of(&design).ok()
    }

    /// The paradigms of a design under the knobs ([`paradigms`]), with measured leaks, each judged by all that is known
    /// of it.
    ///
    /// # Errors
    /// A design that can't be costed.
    pub fn paradigms_of(&self, design: &Design) -> Result<Vec<ParadigmFigures>, CandidateError> {
        let mut all = paradigms(self.catalogue().model()?, design, self.knobs())?;
        for one in &mut all {
            let shares = self.catalogue().measured_of(&one.design, self.knobs().sensors);
            one.leak = Some(shares.leak).filter(|leak| !leak.is_nan());
            one.evaluation = one.evaluation.with_measured(shares, self.knobs());
        }
        Ok(all)
    }
}
