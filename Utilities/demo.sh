#!/usr/bin/env bash
# What Apus does, on real tables, from C, Python and Swift. Writes its pictures into demo-output/.
source "$(dirname "$0")/environment.sh"
need_system
need_venv demo bindings/python/requirements-demo.txt
build_library
OUTPUT=$ROOT/demo-output
mkdir -p "$OUTPUT"
export LD_LIBRARY_PATH=$LIBRARY_FOLDER PYTHONPATH=$ROOT/bindings/python APUS_LIBRARY=libapus.so.0
export PKG_CONFIG_PATH=$LIBRARY_FOLDER/pkgconfig
TABLE=$ROOT/Examples/data/longley.csv

say "least squares, pseudo-inverse and ridge on Longley's table (16 years, 6 features), from C"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/linear_regression.c -o "$OUTPUT/linear_regression" $(pkg-config --cflags --libs apus)
"$OUTPUT/linear_regression" "$TABLE" | tee "$OUTPUT/c.txt"

say "lasso chosen by cross-validation on the diabetes table (442 patients, 10 features), from C"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/lasso_path.c -o "$OUTPUT/lasso_path" $(pkg-config --cflags --libs apus)
"$OUTPUT/lasso_path" Examples/data/diabetes.csv

say "the same from Python"
.venv-demo/bin/python bindings/python/examples/linear_regression.py "$TABLE" > "$OUTPUT/python.txt"
cat "$OUTPUT/python.txt"

say "the same from Swift"
# The same processor variant as glibc picks for C and Python, so that the arithmetic is the same.
variant=$(for v in x86-64-v4 x86-64-v3; do
  /lib64/ld-linux-x86-64.so.2 --help 2> /dev/null | grep -q "^  $v (supported" && echo "$v" && break; done || true)
swift build -c release --package-path Examples/SwiftRegression --scratch-path .build-swift-example \
  ${variant:+-Xcc -march=$variant} > "$OUTPUT/swift-build.log" 2>&1 || { tail -n 40 "$OUTPUT/swift-build.log"; exit 1; }
rm -f "$OUTPUT/swift-build.log"
.build-swift-example/release/SwiftRegression "$TABLE" > "$OUTPUT/swift.txt"
cat "$OUTPUT/swift.txt"

say "a network trained in the library, from C and from Swift"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/training.c -o "$OUTPUT/training" $(pkg-config --cflags --libs apus)
(cd "$OUTPUT" && ./training)
.build-swift-example/release/SwiftNetwork

say "the three outputs, compared"
cmp "$OUTPUT/c.txt" "$OUTPUT/python.txt" && cmp "$OUTPUT/c.txt" "$OUTPUT/swift.txt" && echo "equal to the last bit"

say "groups of penguins compared, from C and from Swift"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/statistics.c -o "$OUTPUT/statistics" $(pkg-config --cflags --libs apus)
"$OUTPUT/statistics" Examples/data/penguins.csv
.build-swift-example/release/SwiftStatistics Examples/data/penguins.csv

say "a random forest on the penguins of Palmer, from C and from Swift"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/random_forest.c -o "$OUTPUT/random_forest" $(pkg-config --cflags --libs apus)
"$OUTPUT/random_forest" Examples/data/penguins.csv
.build-swift-example/release/SwiftForest Examples/data/penguins.csv

say "principal components of 178 wines (13 features), from C and from Swift"
WINE=$ROOT/Examples/data/wine.csv
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/pca.c -o "$OUTPUT/pca" $(pkg-config --cflags --libs apus)
"$OUTPUT/pca" "$WINE" | tee "$OUTPUT/pca-c.txt"
.build-swift-example/release/SwiftPCA "$WINE" > "$OUTPUT/pca-swift.txt"
cmp "$OUTPUT/pca-c.txt" "$OUTPUT/pca-swift.txt" && echo "equal to the last digit from Swift"

say "regression tables with inference, from C and from Swift"
# shellcheck disable=SC2046
gcc -O2 bindings/c/examples/inference.c -o "$OUTPUT/inference" $(pkg-config --cflags --libs apus)
"$OUTPUT/inference" "$TABLE" "$ROOT/Examples/data/spector.csv" | tee "$OUTPUT/inference-c.txt"
.build-swift-example/release/SwiftInference "$TABLE" "$ROOT/Examples/data/spector.csv" > "$OUTPUT/inference-swift.txt"
cmp "$OUTPUT/inference-c.txt" "$OUTPUT/inference-swift.txt" && echo "equal to the last digit from Swift"

say "tables and pictures"
.venv-demo/bin/python Examples/demo.py "$OUTPUT"
