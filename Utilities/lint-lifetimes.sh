#!/usr/bin/env bash
# A pointer into an array or buffer that has no name dangles: the compiler frees the object after its last use, which is
# taking the pointer. This finds `make().pointer`, `make().elements` and the views, also where the chain breaks its line;
# `elements()` and `elements(as:)` copy and do not count.
#
#   Utilities/lint-lifetimes.sh [FILE ...]     default: all of Sources
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

files=("$@")
[[ ${#files[@]} -gt 0 ]] || mapfile -t files < <(find Sources -name '*.swift' | sort)

awk '
  FNR == 1 { previous = "" }
  {
    line = $0
    gsub(/"[^"]*"/, "\"\"", line)
    sub(/\/\/.*/, "", line)
    sub(/[ \t]+$/, "", line)
    chain = line
    if (line ~ /^ *[?!]?\./) { sub(/^ */, "", chain); chain = previous chain }
    if (chain ~ /\)[?!]?\.(pointer|vectorView|matrixView|mutableMatrixView)([^A-Za-z0-9_]|$)/ ||
      chain ~ /\)[?!]?\.elements([^A-Za-z0-9_(]|$)/) {
      printf "%s:%d: a pointer into an object without a name: %s\n", FILENAME, FNR, $0
      found = 1
    }
    if (line != "") previous = line
  }
  END { exit found }
' "${files[@]}" && echo "${#files[@]} files: every pointer has an owner with a name"
