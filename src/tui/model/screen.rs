//! Screens, panes of the Explore screen and overlays.

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Screen {
    /// Knobs, designs, costs.
    #[default]
    Explore,
    /// A training and its curves.
    Train,
    /// A search and its front.
    Search,
    /// Pinned designs side by side.
    Compare,
}

impl Screen {
    /// All screens in order.
    pub(crate) const ALL: [Self; 4] = [Self::Explore, Self::Train, Self::Search, Self::Compare];

    /// Name on the tab.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Train => "Train",
            Self::Search => "Search",
            Self::Compare => "Compare",
        }
    }

    /// The screen of that name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|screen| screen.name().eq_ignore_ascii_case(name))
    }
}

/// A pane of the Explore screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Pane {
    /// Sliders of the knobs.
    #[default]
    Knobs,
    /// The network of the selected design.
    Network,
    /// Stacked bars.
    Bars,
    /// The scatter plot.
    Scatter,
    /// The table of designs.
    Table,
    /// Pictures of an object, in the place of the scatter plot.
    Pictures,
}

/// A pane of the Compare screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum ComparePane {
    /// Pinned designs side by side.
    #[default]
    Pins,
    /// All designs on parallel axes.
    Axes,
    /// The selected design beside the other offload paradigms.
    Paradigms,
}

impl ComparePane {
    /// All panes in the order of the Tab key.
    pub(crate) const ALL: [Self; 3] = [Self::Pins, Self::Axes, Self::Paradigms];
}

/// A popup over a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Overlay {
    /// The selected design, its figures against the limits, and every split it could have.
    Inspect,
    /// Violated constraints of the selected design, and fixes.
    Why,
    /// Sensitivity of the selected design's latency to each knob.
    Tornado,
    /// Exact optimum of every split of the space.
    Optimum,
    /// Split whose halves run as processes.
    Running,
    /// List of the keys.
    Help,
    /// Steps that can be undone and redone.
    History,
}
