//! Names of candidates and boundaries in sentences and titles.

use crate::explore::candidate::CandidateId;
use crate::explore::session::Session;
use crate::network::BoundaryId;

impl Session {
    /// Number of a candidate, behind the name of its network if that is imported: `#17`, `mobilenet-v2 #3`.
    pub fn candidate_name(&self, id: CandidateId) -> String {
        self.imported_name(id).map_or_else(|| format!("#{id}"), |name| format!("{name} #{id}"))
    }

    /// Name of a boundary of a candidate's network, without that of the network if it is imported.
    pub fn own_boundary_name(&self, id: CandidateId, boundary: BoundaryId) -> &str {
        let whole = self.space().boundary_name(boundary);
        let own = self.imported_name(id).and_then(|name| whole.strip_prefix(name)?.strip_prefix('/'));
        own.unwrap_or(whole)
    }

    fn imported_name(&self, id: CandidateId) -> Option<&str> {
        let candidate = self.catalogue().get(id)?;
        self.space().imported_network(&candidate.genome).map(|network| network.name.as_str())
    }
}
