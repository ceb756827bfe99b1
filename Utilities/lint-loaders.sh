#!/usr/bin/env bash
# Code that handles data from files must not trap: no `!` after a value, `try!`, `as!`, unchecked integer conversions, plain
# + - * on integers, preconditions. Text between quotes and comments do not count, nor does joining strings.
#
#   Utilities/lint-loaders.sh [FILE ...]     default: every loader (the model file's folder and files named *Loader.swift)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

files=("$@")
if [[ ${#files[@]} -eq 0 ]]; then
  mapfile -t files < <(find Sources -path '*/ModelFile/*.swift' -o -name '*Loader.swift' | sort)
fi

awk '
  # The line without comments; string literals become "", what they interpolate included.
  function code(line,   result) {
    gsub(/\\"/, "", line)
    gsub(/"[^"]*"/, "\"\"", line)
    sub(/\/\/.*/, "", line)
    return line
  }
  function report(what) {
    printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0
    found = 1
  }
  FNR == 1 { previous = "" }
  {
    line = code($0)
    if (line ~ /try!/) report("try!")
    if (line ~ /as!/) report("as!")
    if (line ~ /[A-Za-z0-9_)\]]!([^=]|$)/ && line !~ /(try|as)!/) report("forced unwrapping")
    if (line ~ /(^|[^A-Za-z0-9_.])(precondition|preconditionFailure|fatalError|assert|assertionFailure)\(/)
      report("a trap")
    # Conversions say by their label what happens to values that do not fit; reading text says its radix.
    rest = line
    while (match(rest, /(^|[^A-Za-z0-9_.])U?Int(8|16|32|64)?\([^)]/)) {
      tail = substr(rest, RSTART + RLENGTH - 1)
      if (tail !~ /^(exactly|truncatingIfNeeded|bitPattern|clamping|littleEndian|ascii):/ && tail !~ /^[a-z]+, radix:/)
        report("unchecked integer conversion")
      rest = substr(rest, RSTART + RLENGTH)
    }
    # Arithmetic between operands; "" on either side is joining of strings, and a product of a Float cannot trap.
    if (line ~ /[A-Za-z0-9_)\]] [-+*] [A-Za-z0-9_(]/ && line !~ /"" \+|\+ ""|Float\(/) report("unchecked arithmetic")
    if (line ~ /^ *[-+*] [A-Za-z0-9_(]/ && previous !~ /""\)?$/) report("unchecked arithmetic")
    if (line ~ /[^&][-+*]= /) report("unchecked arithmetic")
    previous = line
  }
  END { exit found }
' "${files[@]}" && echo "${#files[@]} loader files: no trapping operations"
