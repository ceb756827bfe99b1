#!/usr/bin/env bash
# All the checks of the project on this machine; the closing line is "N passed, N failed".
source "$(dirname "$0")/environment.sh"
need_system
need_venv test bindings/python/requirements-test.txt

PASSED=0
FAILED=0
LOG=$ROOT/.build-test.log
count() { PASSED=$((PASSED + $1)); FAILED=$((FAILED + $2)); }

# step NAME COMMAND ...: one check that passes or fails as a whole.
step() {
  local name=$1
  shift
  if "$@" > "$LOG" 2>&1; then
    echo "ok: $name"
    count 1 0
  else
    tail -n 60 "$LOG"
    echo "FAILED: $name"
    count 0 1
  fi
}

# swift_tests NAME ARGUMENTS ...: Swift Testing, counted test by test.
swift_tests() {
  local name=$1 status=0 passed failed
  shift
  # One test at a time: the allocation hooks and the thread count belong to the whole process.
  swift test --no-parallel --scratch-path "$@" > "$LOG" 2>&1 || status=$?
  passed=$(grep -cE '^✔ Test .*(passed|with [0-9]+ test cases? passed) after' "$LOG" || true)
  failed=$(grep -cE '^✘ Test .* failed after' "$LOG" || true)
  passed=$((passed > 0 ? passed - $(grep -cE '^✔ Test run with' "$LOG" || true) : 0))
  failed=$((failed > 0 ? failed - $(grep -cE '^✘ Test run with' "$LOG" || true) : 0))
  if [[ $status -ne 0 || $passed -eq 0 ]]; then
    grep -E '^✘|error:|Fatal|ERROR: |SUMMARY' "$LOG" | head -n 60 || true
    [[ $failed -gt 0 ]] || { tail -n 30 "$LOG"; failed=1; }
  fi
  echo "$name: $passed passed, $failed failed"
  count "$passed" "$failed"
}

say "format, loaders, header"
step "swift format lint" swift format lint --strict -r Sources Tests Package.swift
step "loaders use no trapping arithmetic" Utilities/lint-loaders.sh
step "pointers have owners" Utilities/lint-lifetimes.sh
step "ctypes declarations equal the header" python3 Utilities/generate-ctypes.py --check

say "Swift tests"
swift_tests "Swift" .build-tests -c release -Xswiftc -enable-testing

build_library

say "C tests against the installed library"
if (cd .build-cmake && ctest --output-on-failure) > "$LOG" 2>&1; then status=0; else status=1; fi
[[ $status -eq 0 ]] || tail -n 60 "$LOG"
c_log=.build-cmake/ctests/Testing/Temporary/LastTest.log
c_passed=$(grep -cE '^Test Passed\.' "$c_log" || true)
c_failed=$(grep -cE '^Test (Failed|timeout)' "$c_log" || true)
[[ $status -eq 0 || $c_failed -gt 0 ]] || c_failed=1
echo "C: $c_passed passed, $c_failed failed"
count "$c_passed" "$c_failed"
step "exports equal the header, no other symbol leaves the library" \
  python3 Utilities/check-exports.py "$LIBRARY_FOLDER/libapus.so.0"
step "library under 20 MB" test "$(stat -Lc %s "$LIBRARY_FOLDER/libapus.so.0")" -lt 20000000

step "snippets, links and names of the pages" env APUS_LIBRARY=libapus.so.0 LD_LIBRARY_PATH="$LIBRARY_FOLDER" \
  PKG_CONFIG_PATH="$LIBRARY_FOLDER/pkgconfig" PYTHONPATH="$ROOT/bindings/python" \
  .venv-test/bin/python Utilities/check-docs.py

say "Python tests"
status=0
APUS_LIBRARY=libapus.so.0 LD_LIBRARY_PATH="$LIBRARY_FOLDER" \
  .venv-test/bin/python -m pytest -q -p no:cacheprovider bindings/python/tests > "$LOG" 2>&1 || status=$?
closing=$(tail -n 1 "$LOG")
py_passed=$(grep -oE '[0-9]+ passed' <<< "$closing" | grep -oE '[0-9]+' || echo 0)
py_failed=$(grep -oE '[0-9]+ (failed|errors?)' <<< "$closing" | grep -oE '[0-9]+' | paste -sd+ | bc 2> /dev/null || echo 0)
py_failed=${py_failed:-0}
if [[ $status -ne 0 ]]; then
  tail -n 60 "$LOG"
  [[ $py_failed -gt 0 ]] || py_failed=1
fi
echo "Python: $py_passed passed, $py_failed failed"
count "$py_passed" "$py_failed"

say "sanitizers and fuzzing, short runs"
# A refused allocation is part of the tests; leaks are counted by the allocator, exactly, in the tests themselves.
ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0 \
  swift_tests "AddressSanitizer" .build-asan --sanitize=address \
  --filter 'NDArrayTests|AllocatorTests|CSRMatrixTests|HostileSafetensorsTests'
swift_tests "ThreadSanitizer" .build-tsan --sanitize=thread --filter 'ThreadPoolTests'
step "loaders and parsers under libFuzzer" Tests/Fuzz/run.sh 20

rm -f "$LOG"
echo
echo "$PASSED passed, $FAILED failed"
[[ $FAILED -eq 0 ]]
