#!/usr/bin/env bash
# Fuzzes the model-file loader, and what loaded models then do, under libFuzzer and AddressSanitizer.
#
#   Tests/Fuzz/run.sh SECONDS [FILE ...]     with files: runs these inputs once each, such as a crash found before
#
# The corpus stays in .build-fuzz/corpus, inputs that crash, hang or take too much memory in .build-fuzz/findings.
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
swiftc -O -parse-as-library -sanitize=fuzzer,address -I $scratch/release/Modules \
  $(printf -- '-Xcc -fmodule-map-file=%s ' "${module_maps[@]}") \
  Tests/Fuzz/ModelFileFuzz.swift "${objects[@]}" -llapacke -lopenblas -lm -o $scratch/model-file-fuzz

mkdir -p $scratch/corpus $scratch/findings
if [[ $# -gt 0 ]]; then
  exec $scratch/model-file-fuzz -timeout=5 -rss_limit_mb=2048 "$@" < /dev/null
fi
APUS_FUZZ_SEEDS=$scratch/corpus $scratch/model-file-fuzz -runs=0 $scratch/corpus < /dev/null > /dev/null 2>&1
$scratch/model-file-fuzz -max_total_time="$seconds" -max_len=16384 -timeout=5 -rss_limit_mb=2048 \
  -malloc_limit_mb=1024 -dict=Tests/Fuzz/model-file.dict -artifact_prefix=$scratch/findings/ -print_final_stats=1 \
  -close_fd_mask=1 $scratch/corpus < /dev/null
