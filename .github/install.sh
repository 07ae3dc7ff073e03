#!/bin/sh
# Installs the latest release into ~/.local: program, completions, manual pages.
# Usage: install.sh ADDRESS-OF-THE-RELEASES, for instance https://HOST/OWNER/splitscope/releases/latest/download
set -eu
releases=${1:?address of the releases}
case "$(uname -s)-$(uname -m)" in
Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
Darwin-x86_64) target=x86_64-apple-darwin ;;
*) echo "no binary for this system; build it with: cargo install --path ." >&2 && exit 1 ;;
esac
name=splitscope-$target
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"
curl --fail --location --silent --show-error --remote-name "$releases/$name.tar.gz"
curl --fail --location --silent --show-error --remote-name "$releases/$name.tar.gz.sha256"
if command -v sha256sum >/dev/null; then sha256sum --check --quiet "$name.tar.gz.sha256"; else shasum -a 256 --check "$name.tar.gz.sha256"; fi
tar xzf "$name.tar.gz"
prefix=${PREFIX:-$HOME/.local}
mkdir -p "$prefix/bin" "$prefix/share"
# Removed first: a program that runs can't be written over.
rm -f "$prefix/bin/splitscope"
cp "$name/splitscope" "$prefix/bin/"
cp -R "$name/share/." "$prefix/share/"
echo "installed $("$prefix/bin/splitscope" --version) into $prefix"
