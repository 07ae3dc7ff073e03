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

# All pictures of README and guide.
pictures:
    cargo build --release
    docs/pictures.sh

# The run that comes with the program: trained, searched, measured and packed. It goes on where it was cut short.
# An hour and a half on two cores, some 15 minutes on 16: `just bundle workers=16`.
bundle run="runs/shipped" workers="2":
    cargo build --release
    target/release/splitscope train --run {{run}} --seed 0
    target/release/splitscope search --run {{run}} --sensors 6 --evaluations 60 --seed 0
    target/release/splitscope search --run {{run}} --sensors 2 --evaluations 40 --seed 1
    target/release/splitscope measure --run {{run}} --workers {{workers}} --on-record --random 200 --seed 0 \
        --design largest@input/pool:r1b8 --design largest@pool/pool:r1b8 --design largest@logits/logits:r1b8 \
        --design smallest@input/pool:r1b8 --design smallest@pool/pool:r1b8 --design smallest@logits/logits:r1b8 \
        --views 1,2,4,6,12 --precision int8,float --subset validation,test
    target/release/splitscope measure --run {{run}} --leak --views 6 \
        --design largest@input/S2.1:r1b8 --design largest@logits/logits:r1b8 --design largest@S2.1/S2.1:r4b8 \
        --design smallest@input/S2.1:r1b8 --design smallest@logits/logits:r1b8 \
        --design largest@S1.2/head:r1b4 --design largest@S3.1/head:r1b4 --design largest@S3.1/head:r4b4
    target/release/splitscope bundle --run {{run}} -o shipped/tabletop.zip

# Kill, damage and flood the program, and print what it survived: minutes. Full disks need the right to mount.
torture seed="1" times="10":
    cargo build --release
    python3 tests/torture/torture.py target/release/splitscope --seed {{seed}} --times {{times}}

# Fuzz one target for some seconds (`cargo install cargo-fuzz`; fuzz/README.md).
fuzz target="onnx" seconds="300":
    RUSTC_WRAPPER={{justfile_directory()}}/fuzz/rustc.sh cargo +nightly fuzz run -s none {{target}} -- \
        -max_total_time={{seconds}} -max_len=65536

# Everything that continuous integration checks.
ci:
    .ci/run
