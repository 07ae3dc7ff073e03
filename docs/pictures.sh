#!/bin/sh
# Draws all pictures of the guide anew, with the program named by SPLITSCOPE or that of the last release build.
set -eu
cd "$(dirname "$0")/.."
picture() {
    name=$1
    shift
    "${SPLITSCOPE:-target/release/splitscope}" picture -o "docs/$name.svg" "$@"
}
picture explore
picture screen-why --keys 'jjjjj<enter>6 ms<enter>tGx' --size 120x30
picture screen-inspect --keys 't<enter>' --size 120x30
picture screen-curve --keys 'jC' --size 120x36
picture screen-tornado --keys 'o' --size 120x30
picture screen-train --run shipped --screen train
picture screen-search --run shipped --keys '<enter>2<enter>3'
picture screen-compare --keys 't<space>jj<space>jjjj<space>4'
picture screen-paradigms --keys '4p'
picture screen-pictures --run shipped --design largest@S2.1/pool:r4b8 --object 7
networks=$(mktemp -d)
trap 'rm -r "$networks"' EXIT
for name in mobilenet_v2 resnet18; do
    gzip -dc "tests/golden/zoo/${name}_dyn18.onnx.gz" > "$networks/$name.onnx"
done
picture own-network --network "$networks/mobilenet_v2.onnx" --network "$networks/resnet18.onnx" --profile siracusa
