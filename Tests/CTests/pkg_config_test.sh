#!/bin/sh
# Builds and runs one test program through pkg-config alone.
set -e
pkg_config=$1 folder=$2 compiler=$3 source=$4 program=$5
export PKG_CONFIG_PATH="$folder"
test "$($pkg_config --modversion apus)" = "0.1.0"
# shellcheck disable=SC2046
"$compiler" "$source" -o "$program" $($pkg_config --cflags --libs apus) -Wl,-rpath,"$($pkg_config --variable=libdir apus)" -lm
"$program"
