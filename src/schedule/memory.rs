//! How many runs the memory that this process may use holds at once.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Of runs with so many parameters in the largest of them; 1 where the system does not say what
/// memory there is.
#[must_use]
pub fn runs(parameters: f64) -> usize {
    available().map_or(1, |bytes| fitting(bytes, parameters))
}

/// A run needs four numbers a parameter (itself, its gradient, AdamW's two), and what a batch
/// leaves for the backward pass: 1.0 to 1.4 GB were seen with ESM-2 8M at 16 proteins a batch
/// (docs/performance.md). Half of the memory is left to others. Counted is all there is, not what
/// is free just now: a plan is given the same threads, and so the same last bits, whenever it is
/// run.
fn fitting(bytes: u64, parameters: f64) -> usize {
    (bytes as f64 / 2.0 / (16.0 * parameters + 1.5e9)).max(1.0) as usize
}

/// Bytes that this process may use: those of the machine, or fewer where its control group has a
/// limit, or one that it lies in, as containers, SLURM and systemd set it.
fn available() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let this = sysinfo::get_current_pid().ok();
    if let Some(this) = this {
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[this]), false, ProcessRefreshKind::nothing());
    }
    // Of this process's group and those above it; of the topmost, which in a container is the container's, and which a process may
    // not find under the name it has outside.
    let own = this.and_then(|this| system.process(this)?.cgroup_limits());
    let limits = [own, system.cgroup_limits()].into_iter().flatten().map(|limits| limits.total_memory);
    least(system.total_memory(), limits)
}

/// The least of a machine's memory and the limits on it, 0 being none.
fn least(machine: u64, limits: impl IntoIterator<Item = u64>) -> Option<u64> {
    limits.into_iter().chain([machine]).filter(|&bytes| bytes > 0).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_models_are_not_put_beside_each_other() {
        let sixteen = 16_000_000_000;
        let fit = [fitting(sixteen, 8e6), fitting(sixteen, 150e6), fitting(sixteen, 650e6), fitting(0, 1.0)];
        assert_eq!(fit, [4, 2, 1, 1]);
    }

    #[test]
    fn the_least_limit_counts() {
        assert_eq!([least(16, [8, 4]), least(16, [u64::MAX, 0]), least(16, [])], [Some(4), Some(16), Some(16)]);
        assert_eq!([least(0, [4]), least(0, [])], [Some(4), None]);
        assert!(cfg!(not(target_os = "linux")) || available().is_some());
    }
}
