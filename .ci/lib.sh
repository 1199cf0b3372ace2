# What the scripts of this folder share; sourced by them. A step is a function; `run_steps` runs steps in order, prints
# each one's name and duration, and stops at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root="$PWD"

export CI=true DEBIAN_FRONTEND=noninteractive
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
started=$SECONDS
passed=0

packages() {
  local wanted=(g++ clang libclang-rt-dev clang-tidy cmake ninja-build ccache clang-format binutils python3 python3-venv libgtest-dev zlib1g-dev nlohmann-json3-dev)
  local missing=() name
  for name in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  command -v cargo >/dev/null || missing+=(cargo)
  if ((${#missing[@]})); then
    echo "installing: ${missing[*]}"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
  export_compilers  # ccache may have come just now.
}

# ccache in front of every compile: the front ends build the same sources again.
export_compilers() {
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_CUDA_COMPILER_LAUNCHER=ccache
  fi
}

setup() { node scripts/setup.mjs; }
# Optimised, without sanitizers: other timing, other bugs.
native() { npm run --silent test:native; }
asan() { npm run --silent test:native -- asan; }
e2e() { node scripts/gpu-bundle.mjs --e2e --architectures 90-real --test; }

step() {
  # Not local: the trap runs when they would be gone. Not `if "$1"`: that would switch `set -e` off
  # inside the step.
  current="$1"
  begin=$SECONDS
  echo "=== $current"
  trap 'echo "=== $current FAILED after $((SECONDS - begin)) s"; echo "$passed passed, 1 failed"' EXIT
  "$1"
  trap - EXIT
  echo "=== $current ok in $((SECONDS - begin)) s"
  passed=$((passed + 1))
}

# run_steps NAME...: these steps; the compilers are set up whether or not `packages` is among them.
run_steps() {
  local name
  export_compilers
  for name in "$@"; do step "$name"; done
  echo "all steps took $((SECONDS - started)) s"
  echo "$passed passed, 0 failed"
}
