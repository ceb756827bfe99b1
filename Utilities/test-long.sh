#!/usr/bin/env bash
# The checks that are slow by nature: everything of test.sh, then long fuzzing and the tests marked long.
source "$(dirname "$0")/environment.sh"
Utilities/test.sh
say "long fuzzing"
Tests/Fuzz/run.sh 600
say "long Swift tests"
APUS_LONG_TESTS=1 swift test --scratch-path .build-tests -c release -Xswiftc -enable-testing
say "long Python tests"
APUS_LONG_TESTS=1 APUS_LIBRARY=libapus.so.0 LD_LIBRARY_PATH="$LIBRARY_FOLDER" \
  .venv-test/bin/python -m pytest -q -p no:cacheprovider bindings/python/tests
