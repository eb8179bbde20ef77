//! `run.json`: what the run ran on, whether it can be repeated bit for bit, and the digests of what
//! it left.

use std::collections::BTreeMap;

use titer_core::{
    identity::SEMANTICS,
    protocol::{Device, Job},
    results::{
        self, FORMAT, Manifest, RunFolder,
        manifest::{self as written, Attempt, Determinism, Machine, Outcome, Status, Versions},
    },
};

use super::best;
use crate::{machine, native};

/// The manifest of a run that has come to its end. Its other files must be in place.
pub(super) fn of(job: &Job, folder: &RunFolder, diverged: bool, outcome: Outcome) -> Result<Manifest, results::Error> {
    Ok(Manifest {
        format: FORMAT,
        semantics: SEMANTICS,
        key: job.key.clone(),
        experiment: job.experiment.clone(),
        status: if diverged { Status::Diverged } else { Status::Finished },
        point: job.point.clone(),
        settings: job.settings.without_absolute_paths(),
        inputs: job.inputs.clone(),
        versions: versions(job.device),
        machine: machine_of(job.device, outcome.attempts.last().map_or(job.threads, |attempt| attempt.machine.threads)),
        outcome,
        files: digests(folder)?,
    })
}

/// This process's attempt at the run.
pub(super) fn attempt(job: &Job, started: String, from_step: u64, threads: usize) -> Attempt {
    let lanes = job.sharing.lanes();
    Attempt { started, from_step, lanes, machine: machine_of(job.device, threads), versions: versions(job.device) }
}

fn machine_of(device: Device, threads: usize) -> Machine {
    let gpu = match device {
        Device::Cuda(index) => native::gpus().into_iter().nth(index as usize),
        Device::Cpu => None,
    };
    Machine {
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cpu: machine::cpu_name(),
        threads,
        device: device.to_string(),
        architecture: gpu.as_ref().map(native::Gpu::architecture),
        gpu: gpu.map(|gpu| gpu.name),
        kernels: (device == Device::Cpu).then(|| native::ops::kernels().to_owned()),
    }
}

fn versions(device: Device) -> Versions {
    Versions {
        titer: env!("CARGO_PKG_VERSION").to_owned(),
        commit: titer_commit::COMMIT.map(str::to_owned),
        libtorch: native::libtorch_version(),
        cuda: if device == Device::Cpu { None } else { native::cuda_version() },
    }
}

/// Whether the same run on the same machine gives the same bits: libtorch was asked for
/// deterministic kernels, and refuses where it has none; what is left is where the run computed.
pub(super) fn determinism(attempts: &[Attempt]) -> Determinism {
    let mut why_not = Vec::new();
    // https://docs.nvidia.com/cuda/cublas/#results-reproducibility
    let workspace = std::env::var("CUBLAS_WORKSPACE_CONFIG").unwrap_or_default();
    let on_gpu = attempts.iter().any(|attempt| attempt.machine.gpu.is_some());
    if on_gpu && !matches!(workspace.as_str(), ":4096:8" | ":16:8") {
        why_not.push("cuBLAS had no workspace of fixed size (CUBLAS_WORKSPACE_CONFIG is not :4096:8)".to_owned());
    }
    for pair in attempts.windows(2) {
        let [before, after] = pair else { continue };
        let on = |attempt: &Attempt| attempt.machine.gpu.clone().unwrap_or_else(|| attempt.machine.cpu.clone());
        let built = |attempt: &Attempt| {
            let Versions { titer, commit, libtorch, cuda } = &attempt.versions;
            let cuda = cuda.as_ref().map(|cuda| format!(", CUDA {cuda}")).unwrap_or_default();
            format!("titer {titer} ({}), libtorch {libtorch}{cuda}", commit.as_deref().unwrap_or("no commit"))
        };
        let mut moved = |what: &str, from: String, to: String| {
            if from != to {
                why_not.push(format!("after step {} it went on with another {what}: {from}, then {to}", after.from_step));
            }
        };
        moved("processor", on(before), on(after));
        if let (Some(from), Some(to)) = (&before.machine.kernels, &after.machine.kernels) {
            moved("instruction set", from.clone(), to.clone());
        }
        if !on_gpu {
            moved("number of threads", before.machine.threads.to_string(), after.machine.threads.to_string());
        }
        moved("version", built(before), built(after));
    }
    Determinism { deterministic: why_not.is_empty(), why_not }
}

/// The digests of a run's files, by their paths within its folder.
fn digests(folder: &RunFolder) -> Result<BTreeMap<String, String>, results::Error> {
    let tables = ["steps.parquet", "epochs.parquet", "metrics.parquet", "predictions.parquet"].map(str::to_owned);
    let best = best::FILES.map(|name| format!("best/{name}"));
    let mut digests = BTreeMap::new();
    for name in tables.into_iter().chain(best) {
        let path = folder.path().join(&name);
        // A run that diverged in its first epoch kept nothing.
        if path.exists() {
            digests.insert(name, written::digest(&path)?);
        }
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(threads: usize, cpu: &str) -> Attempt {
        with_kernels(threads, cpu, "avx2")
    }

    fn with_kernels(threads: usize, cpu: &str, kernels: &str) -> Attempt {
        let machine = Machine { cpu: cpu.to_owned(), kernels: Some(kernels.to_owned()), ..machine_of(Device::Cpu, threads) };
        Attempt { started: String::new(), from_step: 7, lanes: None, machine, versions: versions(Device::Cpu) }
    }

    #[test]
    fn a_run_on_one_cpu_repeats_bit_for_bit_and_one_that_moved_says_how() {
        assert!(determinism(&[attempt(2, "a"), attempt(2, "a")]).deterministic);
        let moved = determinism(&[attempt(2, "a"), attempt(2, "b"), attempt(1, "b"), with_kernels(1, "b", "amx")]);
        let expected = [
            "after step 7 it went on with another processor: a, then b",
            "after step 7 it went on with another number of threads: 2, then 1",
            "after step 7 it went on with another instruction set: avx2, then amx",
        ];
        assert!(!moved.deterministic);
        assert_eq!(moved.why_not, expected);
    }
}
