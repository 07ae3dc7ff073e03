#!/usr/bin/env bash
# Which claims of the method hold here: initialisation of the splitting modules x sampling of the nets, on a short budget.
# Everything starts from scratch (no teacher first, no principal components), as in the paper. Every sampling goes through
# the same number of images. Prints a Markdown table of test accuracies at 6 views: mean and standard deviation over the
# seeds, the best mean of each column bold. Runs that are there already are not made again; failed ones are left out and named.
#
#   benches/ablation.sh [PROGRAM] [FOLDER]     SEEDS="1 2 3" IMAGES=72000 RANDOM_DESIGNS=16 JOBS=2 in the environment
set -euo pipefail
program=$(realpath "${1:-target/release/splitscope}")
folder=${2:-$(mktemp -d)}
seeds=${SEEDS:-1 2 3} images=${IMAGES:-72000} drawn=${RANDOM_DESIGNS:-16} jobs=${JOBS:-$(nproc)}
mkdir -p "$folder"
cd "$folder"
export SPLITSCOPE_CACHE=${SPLITSCOPE_CACHE:-$PWD/cache} program images drawn

# One run and its measurements: INITIALISATION SAMPLING SEED. A step is 160 images for the first net, half for each other.
one() {
    local run="$1-$2-$3" steps
    [ -s "$run.txt" ] && return
    case $2 in split-aware) steps=$((images / 480)) ;; sandwich) steps=$((images / 400)) ;; uniform) steps=$((images / 240)) ;; esac
    rm -rf "$run"
    "$program" train --run "$run" --steps "$steps" --seed "$3" --threads 1 --set initialisation="$1" --set sampling="$2" \
        --set images=160 --set random-nets=2 --set student-share=0.5 --set teacher-first=0 --set split-start=drawn \
        --set evaluate-every=100000 > "$run.log" 2>&1 &&
        "$program" measure --run "$run" --threads 1 --subset test --views 6 --design largest@input/pool:r1b8 \
            --design largest@S2.2/S3.2:r4b8 --design largest@S2.2/S3.2:r8b8 --design smallest@S2.1/S3.1:r4b8 \
            --random "$drawn" --seed 9 > "$run.part" 2>> "$run.log" && mv "$run.part" "$run.txt" ||
        echo "failed: $run, see $PWD/$run.log" >&2
}
export -f one
"$program" data arrangement-10 > data.log 2>&1 || true # renders them once for all
for initialisation in fan-in fan-out arithmetic geometric; do
    for sampling in split-aware sandwich uniform; do
        for seed in $seeds; do echo "$initialisation $sampling $seed"; done
    done
done | xargs -P "$jobs" -L 1 bash -c 'one "$@"' _

echo "Test accuracy in %, 6 views, $images images a run, seeds $seeds; \"random\" is the mean of $drawn designs."
echo
for initialisation in fan-in fan-out arithmetic geometric; do
    for sampling in split-aware sandwich uniform; do
        for seed in $seeds; do
            run="$initialisation-$sampling-$seed.txt"
            [ ! -s "$run" ] || awk -v i="$initialisation" -v s="$sampling" '
                { value[NR <= 4 ? NR : 5] += $1 }
                END { print i, s, value[1], value[2], value[3], value[4], value[5] / (NR - 4) }' "$run"
        done
    done
done | awk '
    { key = $1 " | " $2; if (!(key in runs)) order[++rows] = key; runs[key]++
      for (c = 1; c <= 5; c++) { sum[key, c] += $(c + 2); square[key, c] += $(c + 2) ^ 2 } }
    END { print "| initialisation | sampling | largest, whole | largest, split, ratio 4 | ratio 8 | smallest, split, ratio 4 | random | runs |"
          print "|---|---|---|---|---|---|---|---|"
          for (c = 1; c <= 5; c++) for (r = 1; r <= rows; r++) {
              mean = sum[order[r], c] / runs[order[r]]
              if (!(c in best) || mean > best[c]) best[c] = mean }
          for (r = 1; r <= rows; r++) {
              key = order[r]; n = runs[key]; printf "| %s |", key
              for (c = 1; c <= 5; c++) {
                  mean = sum[key, c] / n
                  spread = n > 1 ? (square[key, c] - n * mean ^ 2) / (n - 1) : 0
                  mark = mean >= best[c] ? "**" : ""
                  printf " %s%.1f%s ± %.1f |", mark, mean, mark, sqrt(spread > 0 ? spread : 0) }
              print " " n " |" } }'
