#!/usr/bin/env bash
# What training the chosen design alone gains: the supernet's design against the same one finetuned and trained from
# scratch, each in float and imitating int8, and finetuned by other numbers of steps and learning rates. Prints a
# Markdown table of test accuracies at 6 views, in float and in int8: mean and standard deviation over the seeds. Runs
# that are there already are not made again, cut ones go on.
#
#   benches/finetune.sh [PROGRAM] [FOLDER]     SEEDS="0 1 2" DESIGN=largest@S2.1/S3.1:r4b4 JOBS=2 in the environment;
#   SETTINGS="500:0.01 500:0.002" steps and learning rates of finetunings, of which the first is also done in int8;
#   SUPERNET_STEPS=1500 SCRATCH_STEPS=1500; PARENT=RUN takes one trained run for all seeds
set -euo pipefail
program=$(realpath "${1:-target/release/splitscope}")
folder=${2:-$(mktemp -d)}
parent=${PARENT:+$(realpath "$PARENT")}
seeds=${SEEDS:-0 1 2} design=${DESIGN:-largest@S2.1/S3.1:r4b4} jobs=${JOBS:-$(nproc)}
settings=${SETTINGS:-500:0.01} supernet=${SUPERNET_STEPS:-1500} scratch=${SCRATCH_STEPS:-1500}
mkdir -p "$folder"
cd "$folder"
export program parent design supernet

# Trains the supernet of a seed, and measures the design with its weights.
supernet() {
    local run=${parent:-supernet-$1}
    [ -n "$parent" ] || "$program" train --run "$run" --steps "$supernet" --seed "$1" --threads 1 > "$run.log" 2>&1
    measured "$run" supernet "$1" --design "$design"
}

# Trains the design alone and measures it: SEED NAME PRECISION STEPS, then arguments of `finetune`.
alone() {
    local seed=$1 name=$2-in-$3 precision=$3 steps=$4
    shift 4
    "$program" finetune --run "${parent:-supernet-$seed}" --design "$design" --out "$name-$seed" --precision "$precision" \
        --steps "$steps" --seed "$seed" --threads 1 "$@" > "$name-$seed.log" 2>&1
    measured "$name-$seed" "$name" "$seed"
}

# Test accuracies of a run, in float and in int8: RUN NAME SEED, then arguments of `measure`.
measured() {
    local run=$1 name=$2 seed=$3 accuracies
    shift 3
    accuracies=$("$program" measure --run "$run" --threads 1 --subset test --views 6 --precision float,int8 "$@" |
        awk '{ print $1 }' | tr '\n' ' ')
    echo "$name $accuracies" > "rows-$name-$seed.txt"
}
export -f supernet alone measured

# Jobs of all seeds, the longest first.
work() {
    local seed setting precision first=${settings%% *}
    for seed in $seeds; do
        for precision in int8 float; do
            echo "alone $seed from-scratch $precision $scratch --from-scratch"
        done
    done
    for setting in $settings; do
        for seed in $seeds; do
            for precision in float int8; do
                [ $precision = float ] || [ "$setting" = "$first" ] || continue
                echo "alone $seed finetuned-${setting/:/-steps-at-} $precision ${setting%:*} --set learning-rate=${setting#*:}"
            done
        done
    done
}
rm -f rows-*.txt
echo "$seeds" | tr ' ' '\n' | xargs -P "$jobs" -I {} bash -c 'supernet {}'
work | xargs -P "$jobs" -I {} bash -c '{}' || echo "Not all trainings came to their end; run this again to go on." >&2

echo "Test accuracy in % of $design, 6 views, seeds $seeds: mean and standard deviation."
echo
cat rows-supernet-*.txt rows-finetuned-*.txt rows-from-*.txt | awk '
    { if (!($1 in runs)) order[++rows] = $1; runs[$1]++
      for (c = 1; c <= 2; c++) { sum[$1, c] += $(c + 1); square[$1, c] += $(c + 1) ^ 2 } }
    END { print "| weights | in float | in int8 | runs |"; print "|---|---:|---:|---:|"
          for (r = 1; r <= rows; r++) {
              key = order[r]; n = runs[key]; name = key; gsub("-", " ", name); printf "| %s |", name
              for (c = 1; c <= 2; c++) {
                  mean = sum[key, c] / n; spread = square[key, c] / n - mean ^ 2
                  printf " %.1f ± %.1f |", mean, (n > 1 && spread > 0) ? sqrt(spread * n / (n - 1)) : 0 }
              printf " %d |\n", n } }'
