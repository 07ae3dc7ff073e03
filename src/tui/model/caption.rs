//! Caption of a scene of the tour.

/// A caption to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caption {
    /// Title of the scene.
    pub(crate) title: String,
    /// Sentences about the scene.
    pub(crate) text: String,
    /// Number of the scene, from 1.
    pub(crate) scene: usize,
    /// Number of scenes.
    pub(crate) of: usize,
    /// The tour waits for a key.
    pub(crate) held: bool,
}
