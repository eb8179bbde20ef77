#!/usr/bin/env bash
# Everything that needs CUDA, on a machine that has it and no registry: run.sh [OUTPUT.json]
#
# Needs: titer, titer-worker beside it and the trainer's test program, built elsewhere and carried along (strip
# them); libtorch with its CUDA libraries (LD_LIBRARY_PATH, or .libtorch); a python3 with torch 2.11,
# transformers and scikit-learn; the data and a weights folder.
#   TITER_TEST_DEVICE  default cuda:0; cpu goes through everything quickly on a CPU, to try this script
#   TITER_WORKER       default target/debug/titer-worker
#   TITER_IT           default the newest target/debug/deps/it-* that lists the parity tests
#   TITER_DATA         default data/uniprot_cytoplasm_nucleus.csv
#   TITER_WEIGHTS      default .weights/esm2-8m
#   PYTHON             default python3
# Writes one JSON:
#   parity_fp32  the parity tests on the GPU
#   checks       runs killed and taken up again bit for bit, in bf16 and fp16; fp32 with a last batch of one
#                protein; no line of a log twice (checks.py)
#   precisions   in fp32, bf16 and fp16 the losses beside the reference's, seconds a step and an epoch beside
#                it, with CUDA graphs and without, memory (bench.py)
#   jobs         in bf16, 1, 4, 8 and 16 runs one after the other and beside one another (jobs.py)
#   sizes        the share of the matrix rate that models from 8M to 650M reach (sizes.py)
set -euo pipefail
cd "$(dirname "$0")/../.."
output=${1:-gpu.json}
device=${TITER_TEST_DEVICE:-cuda:0}
worker=${TITER_WORKER:-target/debug/titer-worker}
titer=$(dirname "$worker")/titer
data=${TITER_DATA:-data/uniprot_cytoplasm_nucleus.csv}
weights=${TITER_WEIGHTS:-.weights/esm2-8m}
python=${PYTHON:-python3}
it=${TITER_IT:-}
if [ -z "$it" ]; then
  for candidate in $(ls -t target/debug/deps/it-* | grep -v '\.d$'); do
    if "$candidate" --list 2>/dev/null | grep '^trainer::two_epochs_equal' >/dev/null; then it=$candidate; break; fi
  done
fi
[ -n "$it" ] || { echo "no test program with the parity tests: name it in TITER_IT" >&2; exit 2; }
export CUBLAS_WORKSPACE_CONFIG=:4096:8 GOMP_SPINCOUNT=10000
"$worker" --devices

if [ "$device" = cpu ]; then
  precisions=fp32 precision=fp32 share=100 checks=() jobs=(--runs 1,2 --steps 20) sizes=(--sizes esm2-8m --batch 2 --steps 8)
else
  precisions=fp32,bf16,fp16 precision=bf16 share=2 checks=(--weights "$weights") jobs=(--weights "$weights" --steps 300) sizes=()
fi

# The same parity tests as everywhere, their model and batches on the GPU.
parity=passed checked=passed
TITER_TEST_DEVICE=$device "$it" --test-threads=1 model:: trainer:: || parity=failed
"$python" tests/gpu/checks.py --device "$device" --titer "$titer" "${checks[@]}" --json "$output.checks" || checked=failed

"$python" tests/bench/bench.py --device "$device" --precisions "$precisions" --share "$share" \
  --data "$data" --weights "$weights" --worker "$worker" --json "$output"
"$python" tests/bench/jobs.py --device "$device" --precision "$precision" --titer "$titer" "${jobs[@]}" --json "$output.jobs"
"$python" tests/bench/sizes.py --device "$device" --precision "$precision" --worker "$worker" "${sizes[@]}" --json "$output.sizes"
"$python" - "$output" "$parity" "$checked" <<'PY'
import json, os, sys
path, parity, checked = sys.argv[1:]
result = json.load(open(path))
result |= {"parity_fp32": parity, "checks": checked}
for part in ("checks", "jobs", "sizes"):
    if os.path.exists(f"{path}.{part}"):
        result[part] = json.load(open(f"{path}.{part}"))
        os.remove(f"{path}.{part}")
json.dump(result, open(path, "w"), indent=1)
PY
echo "parity in fp32: $parity; checks: $checked; $output written"
[ "$parity" = passed ] && [ "$checked" = passed ]
