#!/usr/bin/env bash
# Runs on a GPU machine, beside the files of scripts/gpu-bundle.mjs. Needs a driver and nothing else.
#   ./run.sh            parity, then bench
#   ./run.sh sanitize   parity under compute-sanitizer, if that is installed
# QUORATE_EXPECT_GPU=1: fail if no GPU was used.
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = sanitize ]; then
  command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer is not installed: not run"; exit 2; }
  for tool in memcheck racecheck initcheck; do
    compute-sanitizer --tool "$tool" --error-exitcode 1 ./cuda_parity_test --quick --vectors vectors.txt
  done
  exit 0
fi
./cuda_parity_test --vectors vectors.txt --json parity.json
./cuda_kernels_bench --json bench.json
