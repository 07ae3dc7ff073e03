//! Caption of a scene of the tour.

/// A caption to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
    /// Number of the scene, from 1.
    pub scene: usize,
    /// Number of scenes.
    pub of: usize,
    /// The tour waits for a key.
    pub held: bool,
}
