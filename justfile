# Short names for the commands of CONTRIBUTING.md. `just --list` prints them.

# Build the program.
build:
    cargo build --release

# All tests, as the README names them.
test:
    cargo test --release

# Layering and language of the source alone: seconds.
house:
    cargo test --release --test architecture --test language -- --nocapture

# Format, lints and documentation.
lint: doc
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings

# Documentation of the library, without a warning.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

# All benchmarks. One alone: `just bench cost`.
bench name="":
    cargo bench {{ if name == "" { "" } else { "--bench " + name } }}

# One training step on this machine.
bench-step:
    cargo run --release -- bench step --threads 1

# Write the snapshots of screens anew where they differ, then look at each (`cargo install cargo-insta`).
snapshots:
    INSTA_UPDATE=new cargo test --release --lib tui:: || true
    cargo insta review

# The picture at the top of the README.
picture:
    cargo run --release -- picture --scene 2 -o docs/explore.svg

# Everything that continuous integration checks.
ci:
    .ci/run
