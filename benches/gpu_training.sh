#!/bin/sh
# Whole trainings of a large space on a folder of pictures, in f32 and bf16, each killed once and resumed.
#
#     benches/gpu_training.sh [STEPS [PICTURES [IMAGES [FORMATS]]]]   200 steps, 4,000 pictures, 64 images a step and
#                                                                     "f32 bf16" unless said otherwise
#
# Makes pictures of 20 classes (stripes under noise, of 240 to 420 pixels; python3) and trains attentive-nas on them, at
# SIDES (224, 288). The program is target/release/splitscope, or that of PROGRAM; DEVICE is cuda, CARDS the number of GPUs
# (1), THREADS the threads of the program (0, all), SPACE another file to take the space from. A start that takes more
# than LIMIT seconds (280) counts as hung.
#
# The first start is killed a few steps after its checkpoint at half the steps; the second goes on from there. Ends with 1
# if a training does not end, or begins elsewhere, if losses of steps that were done twice differ by more than 0.1 per
# cent, or if the largest network is right about less than LEAST per cent of the test objects (50; 5 is chance).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
program=${PROGRAM:-$here/target/release/splitscope}
steps=${1:-200} pictures=${2:-4000} images=${3:-64} formats=${4:-f32 bf16}
device=${DEVICE:-cuda} cards=${CARDS:-1} least=${LEAST:-50}
# Machines lend their GPUs to others: no NVLink multicast.
export NCCL_NVLS_ENABLE=0
folder=$(mktemp -d)
training=
end() {
    [ -z "$training" ] || kill -9 "$training" 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT
export SPLITSCOPE_CACHE="$folder/cache"
sed "1,/^name/s/^name = .*/name = \"stripes\"/; s/^classes = .*/classes = 20/; s/^resolutions = .*/resolutions = [${SIDES:-224, 288}]/" \
    "${SPACE:-$here/spaces/attentive-nas.toml}" >"$folder/space.toml"
python3 - "$folder/pictures" "$pictures" <<'PICTURES'
import os, random, sys
folder, count = sys.argv[1], int(sys.argv[2])
random.seed(1)
COLOURS = [(96, 32, 32), (32, 96, 32), (32, 32, 96), (96, 96, 32), (96, 32, 96)]
for index in range(count):
    label = index % 20
    colour, period, across = COLOURS[label % 5], (12, 40)[label // 5 % 2], label // 10
    width, height, phase = random.randrange(240, 421), random.randrange(240, 421), random.randrange(period)
    stripe = lambda at: bytes(96 + value * ((at + phase) // (period // 2) % 2) for value in colour)
    if across:
        values = b"".join(stripe(x) for x in range(width)) * height
    else:
        values = b"".join(stripe(y) * width for y in range(height))
    # Noise of 0 to 63 on values of 96 to 192: no byte carries into the next.
    size = len(values)
    noise = int.from_bytes(random.randbytes(size), "little") & int.from_bytes(b"\x3f" * size, "little")
    os.makedirs(f"{folder}/{label:02}", exist_ok=True)
    with open(f"{folder}/{label:02}/{index}.ppm", "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height))
        file.write((int.from_bytes(values, "little") + noise).to_bytes(size, "little"))
PICTURES

# Starts the training of a format; what it prints goes to the file of this name.
begin() {
    format=$1 name=$2
    set -- --run "$folder/run-$format" --json --device "$device" --threads "${THREADS:-0}"
    [ "$cards" = 1 ] || set -- "$@" --cards "$cards"
    [ -d "$folder/run-$format" ] || set -- "$@" --space "$folder/space.toml" --data "images:$folder/pictures" \
        --steps "$steps" --set "images=$images" --set "float-format=$format" --set "checkpoint-every=$half" \
        --set "evaluate-every=$steps" --set calibration-objects=64 --set learning-rate=0.003
    : >"$folder/$name"
    timeout -k 5 "${LIMIT:-280}" "$program" train "$@" >"$folder/$name" 2>"$folder/errors" </dev/null &
    training=$!
}
failure() {
    echo "$1" >&2
    tail -n 20 "$folder/errors" >&2
    exit 1
}
# Step and losses of all nets, a step a line.
losses() {
    sed -n '/"kind":"step"/s/.*"step":\([0-9]*\),.*"losses":\(.*\),"accuracies".*/\1 \2/p' "$1" | tr -d '[]"' |
        sed 's/[a-z-]*,\([0-9.e+-]*\|null\)/\1/g' | tr ',' ' '
}
half=$(((steps + 1) / 2))
killed=$((half + steps / 20 + 1))
failed=0
for format in $formats; do
    begin "$format" first
    until grep -q "\"kind\":\"step\",\"step\":$killed," "$folder/first"; do
        kill -0 "$training" 2>/dev/null || failure "$format: the first start ended by itself"
        sleep 0.2
    done
    # The program is the child of timeout.
    kill -9 $(cat "/proc/$training/task/$training/children")
    wait "$training" 2>/dev/null || true
    begin "$format" second
    status=0
    wait "$training" || status=$?
    training=
    [ "$status" = 0 ] || failure "$format: the second start ended with $status (124 and 137: hung)"
    losses "$folder/first" >"$folder/before"
    losses "$folder/second" >"$folder/after"
    again=$(awk 'NR == FNR { for (net = 2; net <= NF; net++) first[$1, net] = $net; next }
        ($1, 2) in first {
            count++
            for (net = 2; net <= NF; net++) {
                apart = 100 * ($net / first[$1, net] - 1)
                apart = apart < 0 ? -apart : apart
                if (!(apart <= worst)) worst = apart
            }
        }
        END { printf "%d %.4f", count, worst }' "$folder/before" "$folder/after")
    right() { sed -n "/\"kind\":\"evaluated\"/s/.*\"role\":\"$1\".*\"accuracy\":\([0-9.e-]*\),.*/\1/p" "$folder/second" | tail -n 1; }
    # Images a second and the share of waits for data, without the first steps of a start, which compile kernels.
    rate=$(sed -n 's/.*"kind":"step".*"data":\([0-9.e-]*\),"forward":\([0-9.e-]*\),"backward":\([0-9.e-]*\),"optimiser":\([0-9.e-]*\)}.*/\1 \2 \3 \4/p' \
        "$folder/second" | awk -v images="$images" 'NR > 5 { data += $1; all += $1 + $2 + $3 + $4; count++ }
            END { printf "%.0f %.2f", all ? images * count / all : 0, all ? 100 * data / all : 0 }')
    resumed=$(sed -n 's/.*"resumed_from_step":\([0-9]*\).*/\1/p' "$folder/second")
    echo "$format ${resumed:-0} $again $(right largest) $(right smallest) $rate" |
        awk -v half="$half" -v least="$least" '{
            printf "%s: %s images a second with all nets, %s %% of the time in waits for data\n", $1, $7, $8
            printf "    resumed at step %d of %d; losses of %d steps done twice differ by %s %% at most\n", $2, half, $3, $4
            printf "    test objects right: largest %.1f %%, smallest %.1f %%\n", 100 * $5, 100 * $6
            exit !($2 == half && $3 > 0 && $4 <= 0.1 && 100 * $5 >= least)
        }' || failed=1
done
exit "$failed"
