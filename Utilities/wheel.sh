#!/usr/bin/env bash
# Builds the Python wheel into dist/: every processor variant with a private OpenBLAS, audited, tried in a new environment.
source "$(dirname "$0")/environment.sh"
need_system
need_packages gfortran=gfortran
need_venv wheel bindings/python/requirements-wheel.txt
PYTHON=$ROOT/.venv-wheel/bin/python

# The compiled objects are those of the other builds; only the linking differs.
say "building libapus with a private OpenBLAS"
cmake -S . -B .build-wheel -DCMAKE_BUILD_TYPE=Release -DAPUS_STATIC_BLAS=ON -DAPUS_SCRATCH="$ROOT/.build-variants" \
  > .build-wheel.log 2>&1 || { cat .build-wheel.log; exit 1; }
cmake --build .build-wheel > .build-wheel.log 2>&1 || { tail -n 60 .build-wheel.log; exit 1; }
rm -f .build-wheel.log

say "packing"
STAGE=$ROOT/.build-wheel/stage
rm -rf "$STAGE" "$ROOT/.build-wheel/wheels"
mkdir -p "$STAGE" dist
cp -r bindings/python/apus bindings/python/pyproject.toml README.md LICENSE "$STAGE/"
rm -rf "$STAGE"/apus/__pycache__ "$STAGE"/apus/*/__pycache__
# The one version is the header's.
sed -nE 's/^#define APUS_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' include/apus.h | paste -sd. > "$STAGE/VERSION"
for variant in "" x86-64-v3 x86-64-v4; do
  library=.build-wheel/lib/${variant:+glibc-hwcaps/$variant/}libapus.so.0
  [[ -e $library ]] || continue
  mkdir -p "$STAGE/apus/lib/$variant"
  cp -L "$library" "$STAGE/apus/lib/$variant/libapus.so.0"
done
(cd "$STAGE" && "$PYTHON" -m build --wheel --no-isolation --outdir "$ROOT/.build-wheel/wheels" . > "$ROOT/.build-wheel/pack.log" 2>&1) ||
  { tail -n 40 .build-wheel/pack.log; exit 1; }
"$PYTHON" -m wheel tags --remove --platform-tag "linux_$(uname -m)" .build-wheel/wheels/*.whl > /dev/null
"$PYTHON" -m auditwheel show .build-wheel/wheels/*.whl
platform=$("$PYTHON" -m auditwheel show .build-wheel/wheels/*.whl | grep -oE 'manylinux_[0-9]+_[0-9]+_[a-z0-9_]+' | head -n 1)
rm -f dist/*.whl
PATH="$ROOT/.venv-wheel/bin:$PATH" "$PYTHON" -m auditwheel repair --plat "$platform" --wheel-dir dist .build-wheel/wheels/*.whl > /dev/null 2>&1
ls -l dist

say "trying it in a new environment"
rm -rf .venv-wheel-try
python3 -m venv .venv-wheel-try
.venv-wheel-try/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
(
  cd /
  unset APUS_LIBRARY PYTHONPATH LD_LIBRARY_PATH
  "$ROOT/.venv-wheel-try/bin/python" "$ROOT/bindings/python/examples/linear_regression.py" "$ROOT/Examples/data/longley.csv"
)
rm -rf .venv-wheel-try
