#!/usr/bin/env bash
# Runs on a GPU machine, in the folder of `npm run gpu:bundle -- --e2e`. Needs x86-64 Linux with glibc 2.34 or newer,
# bash, tar and xz; no npm, no compiler, no network.
#   ./run.sh                  what was found, the tests, the benches
#   ./run.sh doctor           what was found of driver, provider and libraries; leaves doctor.json
#   ./run.sh test [NAME...]   the tests, or some files of them, as soak; "N passed, N failed"; leaves tests.json
#   ./run.sh bench [OPTION...]  the benches with options of bench/run.ts, as --smoke; leaves bench/results/*.json
# QUORATE_TEST_DEVICE: the device, by default cuda. QUORATE_EXPECT_GPU=1: fail if no GPU was used.
# Taken from variables, else from this folder where the bundle has them, else from the machine:
#   QUORATE_NODE             node, version 20.19 or newer
#   QUORATE_ONNXRUNTIME_PATH libonnxruntime.so.1*; with the CUDA provider beside it, or in QUORATE_CUDA_PROVIDER
#   QUORATE_CUDA_LIBRARIES   folders with CUDA's libraries; else what Python's packages brought and the usual places
set -euo pipefail
cd "$(dirname "$0")"

# Under another name until it is complete.
unpack() {
  mkdir -p unpacked
  if [[ -e node.xz && ! -e unpacked/node ]]; then
    xz -dc node.xz >unpacked/node.part
    chmod +x unpacked/node.part
    mv unpacked/node.part unpacked/node
  fi
  if [[ -e runtime.tar.xz && ! -e unpacked/runtime ]]; then
    rm -rf unpacked/runtime.part
    mkdir unpacked/runtime.part
    tar -xf runtime.tar.xz -C unpacked/runtime.part
    mv unpacked/runtime.part unpacked/runtime
  fi
}

find_node() {
  node="${QUORATE_NODE:-}"
  [[ -n "$node" ]] || { [[ -x unpacked/node ]] && node="$PWD/unpacked/node"; } || node="$(command -v node)" ||
    { echo "node was not found: set QUORATE_NODE"; exit 2; }
}

find_runtime() {
  [[ -z "${QUORATE_ONNXRUNTIME_PATH:-}" && -d unpacked/runtime ]] || return 0
  QUORATE_ONNXRUNTIME_PATH="$(find "$PWD/unpacked/runtime" -type f -name 'libonnxruntime.so*' | head -n 1)"
  export QUORATE_ONNXRUNTIME_PATH
}

# Python knows folders of packages that quorate does not look in: of any environment it runs in.
find_cuda_libraries() {
  [[ -z "${QUORATE_CUDA_LIBRARIES:-}" ]] && command -v python3 >/dev/null || return 0
  local packages
  packages="$(python3 -c 'import os, sys
print(":".join(p for p in sys.path if os.path.isdir(os.path.join(p, "nvidia"))))')"
  [[ -n "$packages" ]] || return 0
  export QUORATE_CUDA_LIBRARIES="$packages:${LD_LIBRARY_PATH:-}:/usr/local/cuda/lib64"
}

doctor() {
  "$node" dist/cli/main.js doctor --json >doctor.json || true
  "$node" dist/cli/main.js doctor || true
}

tests() { "$node" js/test/gpu/main.js --json tests.json "$@"; }

# Three trials: on a machine of many cores `cores` alone takes minutes.
bench() {
  [[ " $* " == *" --suite "* ]] || set -- --suite cores device device-time device-loop-delay "$@"
  "$node" js/bench/run.js --name gpu --trials 3 "$@"
}

everything() {
  local failed=0
  doctor
  tests || failed=1
  bench || failed=1
  return "$failed"
}

unpack
find_node
find_runtime
find_cuda_libraries
command="${1:-everything}"
case "$command" in
  doctor | bench | everything) "$command" "${@:2}" ;;
  test) tests "${@:2}" ;;
  *) echo "usage: ./run.sh [doctor | test [NAME...] | bench [OPTION...]]"; exit 2 ;;
esac
