#!/usr/bin/env bash
# Which claims of the method hold here: initialisation of the splitting modules x sampling of the nets, on a short budget.
# Everything starts from scratch (no teacher first, no principal components), as in the paper. Every sampling goes through
# the same number of images. Prints a table of test accuracies at 6 views, mean and standard deviation over the seeds.
#
#   benches/ablation.sh [PROGRAM] [FOLDER]     SEEDS="1 2 3" IMAGES=72000 JOBS=2 in the environment
set -euo pipefail
program=$(realpath "${1:-target/release/splitscope}")
folder=${2:-$(mktemp -d)}
seeds=${SEEDS:-1 2 3} images=${IMAGES:-72000} jobs=${JOBS:-$(nproc)}
mkdir -p "$folder"
cd "$folder"
export SPLITSCOPE_CACHE=${SPLITSCOPE_CACHE:-$PWD/cache} program images

# One run and its measurements: INITIALISATION SAMPLING SEED. A step is 160 images for the first net, half for each other.
one() {
    local run="$1-$2-$3" steps
    case $2 in split-aware) steps=$((images / 480)) ;; sandwich) steps=$((images / 400)) ;; uniform) steps=$((images / 240)) ;; esac
    "$program" train --run "$run" --steps "$steps" --seed "$3" --threads 1 --set initialisation="$1" --set sampling="$2" \
        --set images=160 --set random-nets=2 --set student-share=0.5 --set teacher-first=0 --set split-start=drawn \
        --set evaluate-every=100000 > "$run.log" 2>&1
    "$program" measure --run "$run" --threads 1 --subset test --views 6 --design largest@input/pool:r1b8 --design largest@S2.2/S3.2:r4b8 \
        --design largest@S2.2/S3.2:r8b8 --design smallest@S2.1/S3.1:r4b8 --random 16 --seed 9 > "$run.txt"
}
export -f one
"$program" data arrangement-10 > data.log 2>&1 || true
for initialisation in fan-in fan-out arithmetic geometric; do
    for sampling in split-aware sandwich uniform; do
        for seed in $seeds; do echo "$initialisation $sampling $seed"; done
    done
done | xargs -P "$jobs" -L 1 bash -c 'one "$@"' _

echo "test accuracy in %, 6 views, $images images, seeds: $seeds"
printf '%-12s %-12s %14s %14s %14s %14s %14s\n' initialisation sampling "largest, whole" "split, r4" "split, r8" "smallest, r4" "16 random"
for initialisation in fan-in fan-out arithmetic geometric; do
    for sampling in split-aware sandwich uniform; do
        cat "$initialisation-$sampling"-*.txt | awk -v i="$initialisation" -v s="$sampling" -v rows=20 '
            { at = (NR - 1) % rows; column = at < 4 ? at : 4; run = int((NR - 1) / rows)
              part[column, run] += $1 / (column == 4 ? rows - 4 : 1); runs = run + 1 }
            END { printf "%-14s %-12s", i, s
                  for (column = 0; column < 5; column++) {
                      sum = square = 0
                      for (run = 0; run < runs; run++) { sum += part[column, run]; square += part[column, run] ^ 2 }
                      mean = sum / runs; spread = square / runs - mean ^ 2
                      printf " %6.1f +- %4.1f", mean, sqrt(spread > 0 ? spread : 0) }
                  print "" }'
    done
done
