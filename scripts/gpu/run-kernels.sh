#!/usr/bin/env bash
# Runs on a GPU machine, in the folder of `npm run gpu:bundle`. Needs a driver and nothing else.
#   ./run.sh            parity, then bench; leaves parity.json and bench.json
#   ./run.sh sanitize   parity under the tools of compute-sanitizer, if that is installed
# QUORATE_EXPECT_GPU=1: fail if no GPU was used.
set -euo pipefail
cd "$(dirname "$0")"

sanitize() {
  local sanitizer tool passed=0 failed=0
  sanitizer="$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)"
  [[ -x "$sanitizer" ]] || { echo "compute-sanitizer is not installed: not run"; exit 2; }
  # Clean without a GPU would say nothing.
  export QUORATE_EXPECT_GPU="${QUORATE_EXPECT_GPU:-1}"
  for tool in memcheck racecheck initcheck synccheck; do
    local options=(--quick --vectors vectors.bin)
    # Memory that the test fills is initialised: nothing would be left to find.
    [[ "$tool" == initcheck ]] && options+=(--no-fill)
    if "$sanitizer" --tool "$tool" --error-exitcode 3 ./quorate-gpu parity "${options[@]}"; then
      echo "$tool: clean"
      passed=$((passed + 1))
    else
      echo "$tool: FAILED"
      failed=$((failed + 1))
    fi
  done
  echo "compute-sanitizer: $passed passed, $failed failed"
  [[ "$failed" == 0 ]]
}

case "${1:-}" in
  "")
    ./quorate-gpu parity --vectors vectors.bin --json parity.json
    ./quorate-gpu bench --json bench.json
    ;;
  sanitize) sanitize ;;
  *) echo "usage: ./run.sh [sanitize]"; exit 2 ;;
esac
