#!/usr/bin/env bash
# What Apus does, on real tables, from C, Python and Swift. Writes its pictures into demo-output/.
source "$(dirname "$0")/environment.sh"
need_system
need_venv demo bindings/python/requirements-demo.txt
build_library
OUTPUT=$ROOT/demo-output
DATA=$ROOT/Examples/data
PROGRAMS=$ROOT/.build-demo
mkdir -p "$OUTPUT" "$PROGRAMS"
export LD_LIBRARY_PATH=$LIBRARY_FOLDER PYTHONPATH=$ROOT/bindings/python APUS_LIBRARY=libapus.so.0
export PKG_CONFIG_PATH=$LIBRARY_FOLDER/pkgconfig

# from_c NAME ARGUMENTS ...: compiles bindings/c/examples/NAME.c against the installed library and runs it.
from_c() {
  local name=$1 flags
  shift
  flags=$(pkg-config --cflags --libs apus)
  # shellcheck disable=SC2086
  gcc -O2 "bindings/c/examples/$name.c" -o "$PROGRAMS/$name" $flags -lm
  (cd "$PROGRAMS" && "./$name" "$@")
}

# from_swift NAME ARGUMENTS ...: runs one of the programs of Examples/SwiftRegression.
from_swift() {
  local name=$1
  shift
  ".build-swift-example/release/$name" "$@"
}

# equal WHAT FILE ...: says so when all files have the same content, and fails otherwise.
equal() {
  local what=$1 first=$2 file
  shift 2
  for file in "$@"; do cmp "$OUTPUT/$first" "$OUTPUT/$file"; done
  echo "$what"
}

say "building the Swift examples"
# The same processor variant as glibc picks for C and Python, so that the arithmetic is the same.
variant=$(for v in x86-64-v4 x86-64-v3; do
  /lib64/ld-linux-x86-64.so.2 --help 2> /dev/null | grep -q "^  $v (supported" && echo "$v" && break; done || true)
swift build -c release --package-path Examples/SwiftRegression --scratch-path .build-swift-example \
  ${variant:+-Xcc -march=$variant} > "$PROGRAMS/swift-build.log" 2>&1 || { tail -n 40 "$PROGRAMS/swift-build.log"; exit 1; }

say "least squares, pseudo-inverse and ridge on Longley's table (16 years, 6 features), from C"
from_c linear_regression "$DATA/longley.csv" | tee "$OUTPUT/c.txt"
say "the same from Python and from Swift"
.venv-demo/bin/python bindings/python/examples/linear_regression.py "$DATA/longley.csv" > "$OUTPUT/python.txt"
from_swift SwiftRegression "$DATA/longley.csv" > "$OUTPUT/swift.txt"
equal "C, Python and Swift: equal to the last bit" c.txt python.txt swift.txt

say "regression tables with inference, from C"
from_c inference "$DATA/longley.csv" "$DATA/spector.csv" | tee "$OUTPUT/inference-c.txt"
from_swift SwiftInference "$DATA/longley.csv" "$DATA/spector.csv" > "$OUTPUT/inference-swift.txt"
equal "C and Swift: equal to the last digit" inference-c.txt inference-swift.txt

say "lasso chosen by cross-validation on the diabetes table (442 patients, 10 features), from C"
from_c lasso_path "$DATA/diabetes.csv"

say "groups of penguins compared, from C"
from_c statistics "$DATA/penguins.csv"
say "the same from Swift, with Tukey's intervals"
from_swift SwiftStatistics "$DATA/penguins.csv"

say "principal components of 178 wines (13 features), from C"
from_c pca "$DATA/wine.csv" | tee "$OUTPUT/pca-c.txt"
from_swift SwiftPCA "$DATA/wine.csv" > "$OUTPUT/pca-swift.txt"
equal "C and Swift: equal to the last digit" pca-c.txt pca-swift.txt

say "a random forest on the penguins, from C"
from_c random_forest "$DATA/penguins.csv"
say "the same from Swift"
from_swift SwiftForest "$DATA/penguins.csv"

say "gradient boosting with a loss of the program's own, from C"
from_c boosting

say "a network trained in the library, from C"
from_c training
say "a network trained step by step and in the library, from Swift"
from_swift SwiftNetwork

say "tables and pictures, from Python"
.venv-demo/bin/python Examples/demo.py "$OUTPUT"
