#!/usr/bin/env bash
# Fuzzes everything that reads what others wrote, under libFuzzer and AddressSanitizer: model files, models of other libraries
# and what the loaded models then do; tables, arrays, checkpoints and states.
#
#   Tests/Fuzz/run.sh SECONDS                  every fuzzer for so long, side by side
#   Tests/Fuzz/run.sh SECONDS FUZZER FILE ...  these inputs once each, such as a crash found before
#
# The corpora stay in .build-fuzz/corpus, inputs that crash, hang or take too much memory in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-20}
shift || true

scratch=.build-fuzz
# Without the runtime's own crash handler, which would ask a terminal.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1

swift build -c release --product Apus --scratch-path $scratch -Xswiftc -enable-testing \
  -Xswiftc -sanitize=fuzzer,address > $scratch.log 2>&1 < /dev/null || { tail -n 40 $scratch.log; exit 1; }
rm -f $scratch.log

# Objects of sources that were renamed or removed since an earlier build are left out.
mapfile -t objects < <(find $scratch/release/*.build -name '*.o' | sort | while read -r object; do
  module=$(sed 's|.*/\([^/]*\)\.build/.*|\1|' <<< "$object")
  name=$(basename "$object" .o)
  found=$(find Sources/"$module" $scratch/checkouts/*/Sources/"$module" -name "$name" 2> /dev/null || true)
  if [[ -n $found ]]; then echo "$object"; fi
done)
# The modules in C that the rooms import.
mapfile -t module_maps < <(find Sources $scratch/checkouts/*/Sources -name module.modulemap | sort)
fuzzers=(model-file data)
sources=(ModelFileFuzz.swift DataFuzz.swift)
for index in "${!fuzzers[@]}"; do
  swiftc -O -parse-as-library -sanitize=fuzzer,address -I $scratch/release/Modules \
    $(printf -- '-Xcc -fmodule-map-file=%s ' "${module_maps[@]}") \
    Tests/Fuzz/"${sources[$index]}" Tests/Fuzz/FuzzFile.swift "${objects[@]}" -llapacke -lopenblas -lm \
    -o $scratch/"${fuzzers[$index]}"-fuzz
done

limits=(-timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=1024)
if [[ $# -gt 0 ]]; then
  fuzzer=$1
  shift
  exec $scratch/"$fuzzer"-fuzz "${limits[@]}" "$@" < /dev/null
fi

# fuzz NAME: one fuzzer on its corpus, from seeds that it writes itself.
fuzz() {
  local corpus=$scratch/corpus/$1
  mkdir -p "$corpus" $scratch/findings
  # Models of other libraries, as they are.
  if [[ $1 == model-file ]]; then cp Tests/Golden/boosting/{lightgbm-*.txt,xgboost-*.json} "$corpus"; fi
  APUS_FUZZ_SEEDS=$corpus $scratch/"$1"-fuzz -runs=0 "$corpus" < /dev/null > /dev/null 2>&1
  $scratch/"$1"-fuzz -max_total_time="$seconds" -max_len=16384 "${limits[@]}" -dict=Tests/Fuzz/"$1".dict \
    -artifact_prefix=$scratch/findings/"$1"- -print_final_stats=1 -close_fd_mask=1 "$corpus" < /dev/null
}

pids=()
for fuzzer in "${fuzzers[@]}"; do
  fuzz "$fuzzer" > $scratch/"$fuzzer".log 2>&1 &
  pids+=($!)
done
status=0
for index in "${!fuzzers[@]}"; do
  wait "${pids[$index]}" || { status=1; echo "${fuzzers[$index]}: failed"; }
  tail -n 40 $scratch/"${fuzzers[$index]}".log
done
exit $status
