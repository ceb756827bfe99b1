# Sourced by the other scripts: the project's folder, messages, missing system packages, virtual environments.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

say() { printf '\n== %s\n' "$*"; }

# need_packages COMMAND-OR-FILE=PACKAGE ...: installs the Debian packages whose command or file is missing.
need_packages() {
  local missing=() pair what package
  for pair in "$@"; do
    what=${pair%%=*} package=${pair#*=}
    if [[ $what == /* ]]; then [[ -e $what ]] || missing+=("$package")
    else command -v "$what" > /dev/null || missing+=("$package"); fi
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  command -v apt-get > /dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
  local as_root=()
  [[ $(id -u) -eq 0 ]] || as_root=(sudo)
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" > /dev/null
}

need_system() {
  command -v swift > /dev/null || { echo "Swift 6.3 or newer is needed on PATH (swift.org/install)" >&2; exit 1; }
  local arch
  arch=$(gcc -print-multiarch 2> /dev/null || echo x86_64-linux-gnu)
  need_packages gcc=gcc g++=g++ cmake=cmake make=make pkg-config=pkg-config git=git python3=python3 \
    "/usr/include/$arch/cblas.h=libopenblas-dev" /usr/include/lapacke.h=liblapacke-dev
  python3 -c 'import venv, ensurepip' 2> /dev/null || need_packages /nonexistent=python3-venv
}

# need_venv NAME REQUIREMENTS: the virtual environment .venv-NAME with these packages, made when missing or outdated.
need_venv() {
  local folder=.venv-$1 requirements=$2
  if ! cmp -s "$requirements" "$folder/requirements.txt"; then
    say "preparing $folder"
    python3 -m venv --clear "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$folder/requirements.txt"
  fi
}

# The installed copy of the library that demo, tests and benchmarks use.
INSTALLED=$ROOT/.build-install
LIBRARY_FOLDER=$INSTALLED/lib

build_library() {
  say "building libapus ($(swift --version 2> /dev/null | head -n 1))"
  cmake -S . -B .build-cmake -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_LIBDIR=lib \
    -DAPUS_SCRATCH="$ROOT/.build-variants" > .build-cmake.log 2>&1 || { cat .build-cmake.log; exit 1; }
  cmake --build .build-cmake > .build-cmake.log 2>&1 || { tail -n 60 .build-cmake.log; exit 1; }
  cmake --install .build-cmake --prefix "$INSTALLED" > /dev/null
  rm -f .build-cmake.log
}
