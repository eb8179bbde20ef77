# titer's front door. `just` alone lists the recipes; each makes what it needs and costs nothing when it is there.

set shell := ["bash", "-euo", "pipefail", "-c"]
# Arguments reach titer as they were given, quotes and spaces included.
set positional-arguments := true

profile := env("TITER_PROFILE", "dev")
folder := if profile == "dev" { "debug" } else { profile }
titer := "target" / folder / "titer"
torch := "2.11.0"

# List the recipes.
default:
    @{{ just_executable() }} --list

# Run an experiment: what is not done of its grid, then the report.
sweep FILE *ARGS: build
    {{ titer }} sweep "$@"

# Look at data files and write an experiment for them: `just init data/proteins.csv`.
init *ARGS: build
    {{ titer }} init "$@"

# Check experiment files: every mistake, with its line.
check *FILES: build
    {{ titer }} check "$@"

# Show the data as an experiment sees it.
describe FILE *ARGS: build
    {{ titer }} describe "$@"

# Show an experiment's runs and which of them are done.
plan FILE *ARGS: build
    {{ titer }} plan "$@"

# Write an experiment's lock beside it: digests of its inputs, keys and metrics of its runs.
lock FILE *ARGS: build
    {{ titer }} lock "$@"

# Compare results with an experiment's lock: which number moved, and by how much.
verify FILE *ARGS: build
    {{ titer }} verify "$@"

# Show which runs are active, done and failed: `just status FILE --watch` keeps refreshing.
status FILE *ARGS: build
    {{ titer }} status "$@"

# Redraw the report from the recorded tables.
report FILE *ARGS: build
    {{ titer }} report "$@"

# Print the answer and its tables: `just compare FILE --json` for a notebook.
compare FILE *ARGS: build
    {{ titer }} compare "$@"

# Predict new proteins with an experiment's models: `just predict FILE PROTEINS --out OUT.csv`.
predict FILE PROTEINS *ARGS: build
    {{ titer }} predict "$@"

# Write a run as a folder for the Hugging Face Hub, with a model card: `just export FILE DIR`.
export FILE DIR *ARGS: build
    {{ titer }} export "$@"

# Take the README's picture of a report: `just picture results/lr/report.html` (needs Chromium).
picture PAGE TO="docs/report.png":
    chromium --headless=new --no-sandbox --hide-scrollbars --user-data-dir="$(mktemp -d)" --window-size=1400,1240 \
      --virtual-time-budget=5000 --screenshot="{{ TO }}" "file://$(realpath {{ PAGE }})"

# Fetch an experiment's data from UniProt and its weights from the Hub.
fetch FILE *ARGS: build
    {{ titer }} fetch "$@"

# Build both programs.
build: setup
    @[ -e {{ titer }} ] || echo "building; the first time takes some minutes" >&2
    cargo build --quiet --workspace --profile {{ profile }}

# Bring libtorch to .libtorch: `auto` takes the CUDA libraries where there is an NVIDIA GPU; or say `cpu` or `cuda`.
setup KIND="auto":
    #!/usr/bin/env bash
    set -euo pipefail
    kind={{ KIND }}
    have=$(cat .libtorch/.kind 2>/dev/null || true)
    if [ "$kind" = auto ]; then
      # What is there is good: setting up again costs nothing.
      if [ "${have#* }" != "" ] && [ "${have%% *}" = {{ torch }} ]; then kind=${have#* }
      elif command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then kind=cuda; else kind=cpu; fi
    fi
    export PIP_ROOT_USER_ACTION=ignore
    # libtorch does not care which Python fetches it, but the wheel is of one: 3.12's, whatever runs pip.
    fetch() {
      python3 -m pip install --quiet --disable-pip-version-check --no-compile --python-version 3.12 --only-binary=:all: --target "$@"
    }
    if [ "$have" != "{{ torch }} $kind" ]; then
      rm -rf .libtorch.new
      case $kind in
        cpu) # A machine without a GPU needs none of CUDA but the two small libraries that libtorch_cpu is linked against.
          echo "fetching libtorch {{ torch }} (CPU, about 530 MB)" >&2
          fetch .libtorch.new --no-deps torch=={{ torch }} 'nvidia-cuda-runtime==13.0.*' 'nvidia-cuda-cupti==13.0.*' ;;
        cuda)
          echo "fetching libtorch {{ torch }} with CUDA 13 (about 3 GB)" >&2
          fetch .libtorch.new torch=={{ torch }} ;;
        *) echo "just setup: say auto, cpu or cuda, not $kind" >&2; exit 2 ;;
      esac
      # It takes the old one's place when it is whole.
      echo "{{ torch }} $kind" > .libtorch.new/.kind
      rm -rf .libtorch
      mv .libtorch.new .libtorch
    fi
    # What CUDA's headers include of its compiler's (0.1 MB): CUDA graphs are built with them, also where there is no GPU.
    if [ ! -d .libtorch/nvidia/cu13/include/crt ]; then
      fetch .libtorch.crt --no-deps 'nvidia-cuda-crt==13.0.*'
      mv .libtorch.crt/nvidia/cu13/include/crt .libtorch/nvidia/cu13/include/
      rm -rf .libtorch.crt
    fi

# Run all tests.
test: setup
    cargo test --workspace --profile {{ if profile == "dev" { "test" } else { profile } }}

# Measure how often the report is right about simulated results and compare with docs/statistics.md: `just simulate write` puts the tables there,
# `just simulate 10` runs ten times as many experiments.
simulate SHARE="page": setup
    TITER_SIMULATIONS="$1" cargo test --quiet --workspace --test it -- --nocapture statistics::simulation

# What CI runs: cheap checks first.
ci: setup
    cargo fmt --all --check
    # What macros declare, which `cargo fmt` does not find.
    rustfmt --check --edition 2024 core/src/{metric,task,experiment/split}/*.rs report/src/section/*.rs src/baseline/*.rs
    cargo clippy --quiet --workspace --all-targets -- --deny warnings
    # The fuzz targets, a package of their own, compile against the versions that titer is built of.
    cp Cargo.lock fuzz/Cargo.lock
    cargo check --quiet --manifest-path fuzz/Cargo.toml --target-dir target/fuzz
    {{ just_executable() }} test

# Fuzz a reader of untrusted files: `just fuzz parquet 600`; without a name every target in turn (docs/fuzzing.md).
fuzz TARGET="all" SECONDS="600":
    #!/usr/bin/env bash
    set -euo pipefail
    # Fuzzing needs the unstable flags of a stable compiler; cargo-fuzz brings them together.
    [ -x .tools/bin/cargo-fuzz ] || cargo install --quiet --locked --root .tools cargo-fuzz
    export PATH="$PWD/.tools/bin:$PATH" RUSTC_BOOTSTRAP=1 RAYON_NUM_THREADS=1
    # The versions that titer itself is built of.
    cp Cargo.lock fuzz/Cargo.lock
    targets="{{ TARGET }}"
    if [ "$targets" = all ]; then targets="experiment fasta table parquet manifest protocol"; fi
    for target in $targets; do
      mkdir -p "fuzz/corpus/$target"
      cargo fuzz run --sanitizer none --codegen-units 16 "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="{{ SECONDS }}" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1
    done

# Check the dependencies' licences (needs cargo-deny).
deny:
    cargo deny check licenses bans sources

# Write the JSON schema of experiment files.
schema: build
    {{ titer }} schema > schema/experiment.schema.json

# An environment of its own with `transformers.Trainer`, for the tests that compare with it and for `just bench`.
reference:
    #!/usr/bin/env bash
    set -euo pipefail
    wanted=$(sha256sum tests/bench/requirements.txt)
    if [ "$(cat .reference/.wanted 2>/dev/null || true)" = "$wanted" ]; then exit 0; fi
    echo "fetching the reference trainer into .reference (about 3 GB)" >&2
    rm -rf .reference
    export PIP_ROOT_USER_ACTION=ignore
    # Not every Debian ships venv's pip: virtualenv, in a folder of its own, brings one.
    python3 -m pip install --quiet --disable-pip-version-check --target .reference.tools virtualenv
    PYTHONPATH=.reference.tools python3 -m virtualenv --quiet .reference
    rm -rf .reference.tools
    .reference/bin/pip install --quiet --disable-pip-version-check --requirement tests/bench/requirements.txt
    echo "$wanted" > .reference/.wanted

# Kill workers and sweeps at random moments, and compare the results with those of undisturbed sweeps.
soak KILLS="60": setup
    TITER_KILLS="$1" cargo test --quiet --workspace --test it -- --nocapture kills::

# Time sweeps whose runs are done, and steps and epochs beside `transformers.Trainer`: `just bench DATA.csv WEIGHTS_FOLDER [more arguments of tests/bench/bench.py]`.
# Or how time and memory grow, with a plot an axis (docs/growth.md): `just bench growth [--quick] [--out FOLDER] [--only proteins,lengths,sizes,runs]`.
bench *ARGS:
    @if [ "${1:-}" = growth ]; then {{ just_executable() }} bench-growth "${@:2}"; else {{ just_executable() }} bench-reference "$@"; fi

[private]
bench-reference DATA="data/uniprot_cytoplasm_nucleus.csv" WEIGHTS=".weights/esm2-8m" *ARGS: build reference
    .reference/bin/python tests/bench/sweeps.py --titer {{ titer }}
    .reference/bin/python tests/bench/bench.py --data "$1" --weights "$2" --worker target/{{ folder }}/titer-worker "${@:3}"

[private]
bench-growth *ARGS: build
    [ -d .tools/plots ] || { rm -rf .tools/plots.new; PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target .tools/plots.new matplotlib; mv .tools/plots.new .tools/plots; }
    PYTHONPATH=.tools/plots python3 tests/bench/growth --titer {{ titer }} "$@"
