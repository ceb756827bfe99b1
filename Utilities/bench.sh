#!/usr/bin/env bash
# Side by side with the peers, in one run: prints the table and writes Benchmarks/RESULTS.md.
# `Utilities/bench.sh NAME ...` runs the rows whose name contains one of the words, `--short` leaves out those of minutes.
source "$(dirname "$0")/environment.sh"
need_system
need_venv bench Benchmarks/requirements.txt
build_library
export LD_LIBRARY_PATH=$LIBRARY_FOLDER PYTHONPATH=$ROOT/bindings/python APUS_LIBRARY=libapus.so.0
# Both sides get two threads.
export APUS_NUM_THREADS=2 OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 MKL_NUM_THREADS=2
exec .venv-bench/bin/python Benchmarks/run.py "$@"
