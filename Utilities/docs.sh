#!/usr/bin/env bash
# Writes docs/reference/: one page for every kind of estimator, from the library's own introspection.
source "$(dirname "$0")/environment.sh"
need_system
need_venv demo bindings/python/requirements-demo.txt
build_library
APUS_LIBRARY=libapus.so.0 LD_LIBRARY_PATH=$LIBRARY_FOLDER PYTHONPATH=$ROOT/bindings/python \
  .venv-demo/bin/python Utilities/generate-reference.py docs/reference "$@"
