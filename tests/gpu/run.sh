#!/usr/bin/env bash
# Everything that needs CUDA, on a machine that has it and no registry: run.sh [OUTPUT.json]
#
# Needs: titer, titer-worker beside it and the trainer's test program, built elsewhere and carried along (strip them); libtorch with its CUDA libraries
# (LD_LIBRARY_PATH, or .libtorch); a python3 with torch 2.11, transformers and scikit-learn; the data and a weights folder.
#   TITER_WORKER   default target/debug/titer-worker
#   TITER_IT       default the newest target/debug/deps/it-* that lists the parity tests
#   TITER_DATA     default data/uniprot_cytoplasm_nucleus.csv
#   TITER_WEIGHTS  default .weights/esm2-8m
# Writes one JSON: the parity tests on the GPU in fp32, for fp32, bf16 and fp16 the losses beside the
# reference's, seconds a step and an epoch beside it, with CUDA graphs and without, memory; in bf16, 1 to 16 runs one after the other and
# beside one another, and the share of the matrix rate that models from 8M to 650M reach.
set -euo pipefail
cd "$(dirname "$0")/../.."
output=${1:-gpu.json}
worker=${TITER_WORKER:-target/debug/titer-worker}
data=${TITER_DATA:-data/uniprot_cytoplasm_nucleus.csv}
weights=${TITER_WEIGHTS:-.weights/esm2-8m}
it=${TITER_IT:-}
if [ -z "$it" ]; then
  for candidate in $(ls -t target/debug/deps/it-* | grep -v '\.d$'); do
    if "$candidate" --list 2>/dev/null | grep '^trainer::two_epochs_equal' >/dev/null; then it=$candidate; break; fi
  done
fi
[ -n "$it" ] || { echo "no test program with the parity tests: name it in TITER_IT" >&2; exit 2; }
export CUBLAS_WORKSPACE_CONFIG=:4096:8 GOMP_SPINCOUNT=10000
"$worker" --devices

# The same parity tests as everywhere, their model and batches on the GPU.
parity=passed
TITER_TEST_DEVICE=cuda:0 "$it" --test-threads=1 model:: trainer:: || parity=failed

python3 tests/bench/bench.py --device cuda:0 --precisions fp32,bf16,fp16 --share 2 \
  --data "$data" --weights "$weights" --worker "$worker" --json "$output"
python3 tests/bench/jobs.py --device cuda:0 --weights "$weights" --precision bf16 --steps 300 --titer "$(dirname "$worker")/titer" \
  --json "$output.jobs"
python3 tests/bench/sizes.py --device cuda:0 --precision bf16 --worker "$worker" --json "$output.sizes"
python3 - "$output" "$parity" <<'PY'
import json, os, sys
path, parity = sys.argv[1:]
result = json.load(open(path))
result["parity_fp32"] = parity
for part in ("jobs", "sizes"):
    result[part] = json.load(open(f"{path}.{part}"))
    os.remove(f"{path}.{part}")
json.dump(result, open(path, "w"), indent=1)
PY
echo "parity in fp32: $parity; $output written"
[ "$parity" = passed ]
