//! Text of `splitscope --version`: version, commit and features.

use std::sync::LazyLock;

/// Features of this build that users choose.
const FEATURES: [(&str, bool); 3] =
    [("cuda", cfg!(feature = "cuda")), ("wgpu", cfg!(feature = "wgpu")), ("postgres", cfg!(feature = "postgres"))];

/// Version, commit and features. The commit is that of `SPLITSCOPE_COMMIT` at build time, which releases set: a build
/// that looked for it itself would be built anew after every commit, or tell an old one.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = option_env!("SPLITSCOPE_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or("not recorded");
        let on: Vec<&str> = FEATURES.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        let features = if on.is_empty() { "none".to_owned() } else { on.join(", ") };
        format!("{} (commit: {commit}; features: {features})", env!("CARGO_PKG_VERSION"))
    });
    &TEXT
}
