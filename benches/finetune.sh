#!/usr/bin/env bash
# What training the chosen design alone gains: the supernet's design against the same one finetuned and trained from
# scratch, each in float and imitating int8. Prints a Markdown table of test accuracies at 6 views, in float and in int8:
# mean and standard deviation over the seeds. Runs that are there already are not made again, cut ones go on.
#
#   benches/finetune.sh [PROGRAM] [FOLDER]     SEEDS="0 1 2" DESIGN=largest@S2.1/S3.1:r4b4 JOBS=2 in the environment;
#   SUPERNET_STEPS=1500 FINETUNE_STEPS=500 SCRATCH_STEPS=1500; PARENT=RUN takes one trained run for all seeds
set -euo pipefail
program=$(realpath "${1:-target/release/splitscope}")
folder=${2:-$(mktemp -d)}
parent=${PARENT:+$(realpath "$PARENT")}
seeds=${SEEDS:-0 1 2} design=${DESIGN:-largest@S2.1/S3.1:r4b4} jobs=${JOBS:-$(nproc)}
supernet=${SUPERNET_STEPS:-1500} finetune=${FINETUNE_STEPS:-500} scratch=${SCRATCH_STEPS:-1500}
mkdir -p "$folder"
cd "$folder"
export program parent design supernet finetune scratch

# All runs of one seed.
one() {
    local seed=$1 from=${parent:-supernet-$1} precision
    [ -n "$parent" ] || "$program" train --run "$from" --steps "$supernet" --seed "$seed" --threads 1 > "$from.log" 2>&1
    measured "$from" "supernet $seed" --design "$design"
    for precision in float int8; do
        "$program" finetune --run "$from" --design "$design" --out "finetuned-$precision-$seed" --precision $precision \
            --steps "$finetune" --seed "$seed" --threads 1 > "finetuned-$precision-$seed.log" 2>&1
        "$program" finetune --run "$from" --design "$design" --out "scratch-$precision-$seed" --precision $precision \
            --steps "$scratch" --seed "$seed" --threads 1 --from-scratch > "scratch-$precision-$seed.log" 2>&1
        measured "finetuned-$precision-$seed" "finetuned-in-$precision $seed"
        measured "scratch-$precision-$seed" "from-scratch-in-$precision $seed"
    done
}

# Test accuracies of a run: KIND SEED, in float, in int8.
measured() {
    local run=$1 row=$2
    shift 2
    echo "$row $("$program" measure --run "$run" --threads 1 --subset test --views 6 --precision float,int8 "$@" |
        awk '{ print $1 }' | tr '\n' ' ')" >> "rows-${row##* }.txt"
}
export -f one measured
rm -f rows-*.txt
echo "$seeds" | tr ' ' '\n' | xargs -P "$jobs" -I {} bash -c 'one {}'

echo "Test accuracy in % of $design, 6 views, seeds $seeds: mean and standard deviation."
echo
cat rows-*.txt | awk '
    { if (!($1 in runs)) order[++rows] = $1; runs[$1]++
      for (c = 1; c <= 2; c++) { sum[$1, c] += $(c + 2); square[$1, c] += $(c + 2) ^ 2 } }
    END { print "| weights | in float | in int8 | runs |"; print "|---|---:|---:|---:|"
          for (r = 1; r <= rows; r++) {
              key = order[r]; n = runs[key]; name = key; gsub("-", " ", name); printf "| %s |", name
              for (c = 1; c <= 2; c++) {
                  mean = sum[key, c] / n; spread = square[key, c] / n - mean ^ 2
                  printf " %.1f ± %.1f |", mean, n > 1 && spread > 0 ? sqrt(spread * n / (n - 1)) : 0 }
              printf " %d |\n", n } }'
