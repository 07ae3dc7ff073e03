#!/bin/sh
# What several GPUs of this machine gain over one, and whether they train as one does.
#
#     benches/cards.sh [CARDS [SPACE [IMAGES [STEPS [FORMAT]]]]]      2 cards, attentive-nas, 64 images a card, 15 steps
#                                                                     and f32 unless said otherwise
#
# Needs a program built with --features cuda: target/release/splitscope, or that of PROGRAM. RESOLUTION is the side of the
# images (224), THREADS the threads of the program (0, all), WHOLE the images of a step where losses are compared (96 a
# card), REAL the steps on objects (120). A command that takes more than LIMIT seconds (200) counts as hung. With
# DEVICE=flex ranks are processes of mpirun on the processor, to try this script without a GPU (--features mpi).
#
# Ends with 1 if
# - on pictures that are all alike, so that the batch norms of all cards see the same, losses of 12 steps of plain SGD
#   differ by more than 1 per cent;
# - on procedural objects the mean losses of the last quarter of the steps differ by more than 10 per cent: each card
#   normalises by its own objects there.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
program=${PROGRAM:-$here/target/release/splitscope}
cards=${1:-2} space=${2:-attentive-nas} images=${3:-64} steps=${4:-15} format=${5:-f32}
device=${DEVICE:-cuda} threads=${THREADS:-0} side=${RESOLUTION:-224} real=${REAL:-120} whole=${WHOLE:-$((96 * cards))}
[ "$cards" -ge 2 ] || { echo "$cards cards: nothing to compare" >&2; exit 2; }
# Machines lend their GPUs to others: no NVLink multicast.
export NCCL_NVLS_ENABLE=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SPLITSCOPE_CACHE="$folder/cache"

# Runs the program on so many cards; what it prints goes to the file of this name.
on() {
    count=$1 name=$2 status=0
    shift 2
    if [ "$device" = cuda ]; then
        set -- "$program" "$@" --device cuda --cards "$count"
    else
        set -- mpirun --allow-run-as-root --oversubscribe --bind-to none -n "$count" "$program" "$@" --device "$device"
    fi
    timeout -k 5 "${LIMIT:-200}" "$@" --threads "$threads" --json >"$folder/$name" 2>"$folder/errors" </dev/null || status=$?
    [ "$status" != 0 ] || return 0
    echo "$name ended with $status (124 and 137: hung): $*" >&2
    tail -n 20 "$folder/errors" >&2
    exit 1
}
figure() { sed -n "s/.*\"$2\": *\([0-9.e-]*\).*/\1/p" "$folder/$1"; }
speed() {
    on "$1" speed bench step --space "$space" --resolution "$side" --images "$2" --steps "$steps" --float-format "$format"
    echo "$1 $2 $(figure speed seconds_per_step) $(figure speed net_images_per_second) $(figure speed seconds_to_first_step)" \
        "$(figure speed seconds_in_exchange) $(figure speed bytes_in_exchange)"
}
{ speed 1 "$images" && speed "$cards" $((images * cards)) && speed "$cards" "$images"; } >"$folder/speeds"
echo "$space at $side pixels, $format:"
awk 'NR == 1 { one = $4; print "cards  images   s a step  net-images/s   gain  first step  in the exchange" }
    { printf "%5d %7d %10.4f %13.0f %6.2f %9.1f s  %.4f s (%.1f %%), %.1f MB\n", $1, $2, $3, $4, $4 / one, $5, $6, \
        100 * $6 / $3, $7 / 1e6 }' "$folder/speeds"

# Ten classes of the same picture.
awk 'BEGIN {
    print "P2\n48 48\n255"
    for (y = 0; y < 48; y++) for (x = 0; x < 48; x++) print (int(x / 8) + int(y / 5)) % 2 * 120 + 40 + (x * 31 + y * y * 17) % 60
}' >"$folder/picture.pgm"
for label in 0 1 2 3 4 5 6 7 8 9; do
    mkdir -p "$folder/alike/$label"
    for index in $(seq 40); do cp "$folder/picture.pgm" "$folder/alike/$label/$index.pgm"; done
done
for count in 1 "$cards"; do
    # All nets see all objects, as a card's part of a share is not that of one card.
    on "$count" "alike-$count" train --run "$folder/run-alike-$count" --space tabletop --seed 1 --steps 12 \
        --data "images:$folder/alike,views=windows" --set "images=$whole" --set calibration-objects=4 \
        --set augmentation=none --set student-share=1 --set optimiser=sgd --set learning-rate=0.001 \
        --set evaluate-every=1000000 --set "float-format=$format"
    # Mostly one camera, so that a card sees many objects.
    on "$count" "objects-$count" train --run "$folder/run-objects-$count" --space tabletop --seed 1 --steps "$real" \
        --data arrangement-10:objects=2000 --set "images=$whole" --set view-bias=4 --set calibration-objects=32 \
        --set evaluate-every=1000000 --set "float-format=$format"
done
# Losses of all nets, a step a line: those of one card, then those of all.
losses() {
    for count in 1 "$cards"; do
        sed -n '/"kind":"step"/s/.*"losses":\(.*\),"accuracies".*/\1/p' "$folder/$1-$count" | tr -d '[]"' |
            sed 's/[a-z-]*,\([0-9.e+-]*\|null\)/\1/g' | tr ',' ' ' >"$folder/losses-$count"
    done
    paste -d' ' "$folder/losses-1" "$folder/losses-$cards"
}
failed=0
losses alike | awk '{
        for (net = 1; net <= NF / 2; net++) {
            apart = 100 * ($net / $(net + NF / 2) - 1)
            apart = apart < 0 ? -apart : apart
            if (!(apart <= worst)) worst = apart
        }
    }
    END { printf "pictures alike: losses of %d steps differ by %.4f %% at most\n", NR, worst; exit !(NR == 12 && worst <= 1) }' ||
    failed=1
losses objects | awk -v steps="$real" 'NR > steps * 3 / 4 { one += $1; all += $(NF / 2 + 1); count++ }
    END {
        apart = count ? 100 * (all / one - 1) : 100
        printf "objects: mean loss of the largest net in the last %d steps %.3f and %.3f, %+.2f %%\n", count, one / count, all / count, apart
        exit !(NR == steps && apart <= 10 && apart >= -10)
    }' || failed=1
exit "$failed"
