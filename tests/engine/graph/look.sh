#!/usr/bin/env bash
# Pictures of the drawings, for eyes: needs chromium and graphviz, which no test does.
#
#   tests/engine/graph/look.sh FOLDER
set -euo pipefail
folder=$(mkdir -p "${1:?a folder for the pictures}" && cd "$1" && pwd)
cd "$(dirname "$0")/drawings"

profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
for drawing in *.svg; do
  read -r width height < <(sed -nE '1s/.* width="([0-9]+)" height="([0-9]+)".*/\1 \2/p' "$drawing")
  for scheme in 0:dark 1:light; do
    chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync \
      --user-data-dir="$profile" --hide-scrollbars --window-size="$width,$height" \
      --blink-settings="preferredColorScheme=${scheme%:*}" \
      --screenshot="$folder/${drawing%.svg}-${scheme#*:}.png" "file://$PWD/$drawing" 2>"$profile/log" ||
      { cat "$profile/log" >&2; exit 1; }
  done
done
for drawing in *.dot; do dot -Tpng -o "$folder/${drawing%.dot}-dot.png" "$drawing"; done
