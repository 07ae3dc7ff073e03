#!/bin/sh
# What two ranks with a core each gain over one: the time of a training step of both, and the bytes of a step that a rank
# gives into the sum.
#
#     benches/ranks.sh [SPACE [IMAGES [STEPS [ROUNDS]]]]      tabletop, 160 images, 15 steps and 5 rounds unless said otherwise
#
# Needs Open MPI and a program built with --features mpi: target/release/splitscope, or that of PROGRAM. One rank and two
# take turns, so that both meet the same machine; medians of the rounds are compared.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
program=${PROGRAM:-$here/target/release/splitscope}
space=${1:-tabletop} images=${2:-160} steps=${3:-15} rounds=${4:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Ranks, threads of each.
step() {
    mpirun --allow-run-as-root --oversubscribe --bind-to none -n "$1" "$program" bench step --space "$space" \
        --images "$images" --steps "$steps" --device flex --threads "$2" --json >"$folder/out"
    sed -n 's/.*"seconds_per_step": *\([0-9.e-]*\).*/\1/p' "$folder/out" >>"$folder/$1-$2"
    [ "$1" = 1 ] || for name in seconds_in_exchange bytes_in_exchange; do
        sed -n "s/.*\"$name\": *\([0-9.e-]*\).*/\1/p" "$folder/out" >>"$folder/$name"
    done
}
middle() { sort -g "$1" | sed -n "$(((rounds + 1) / 2))p"; }
for _ in $(seq "$rounds"); do
    step 1 1
    step 2 1
    step 1 2
done
one=$(middle "$folder/1-1") two=$(middle "$folder/2-1") threads=$(middle "$folder/1-2")
echo "$space, $images images a step, medians of $rounds rounds of $steps steps:"
echo "1 rank of 1 thread   $one s"
echo "1 rank of 2 threads  $threads s, $(echo "$one $threads" | awk '{printf "%.2f", $1 / $2}') times as fast"
echo "2 ranks of 1 thread  $two s, $(echo "$one $two" | awk '{printf "%.2f", $1 / $2}') times as fast; of a step \
$(middle "$folder/seconds_in_exchange") s and $(middle "$folder/bytes_in_exchange") bytes of each rank are the exchange"
