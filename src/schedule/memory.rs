//! How many runs the machine's memory holds at once.

/// Of runs with so many parameters in the largest of them; 1 where the system does not say what memory there is.
#[must_use]
pub fn runs(parameters: f64) -> usize {
    let info = fs_err::read_to_string("/proc/meminfo").unwrap_or_default();
    total(&info).map_or(1, |bytes| fitting(bytes, parameters))
}

/// A run needs four numbers a parameter (itself, its gradient, AdamW's two), and what a batch leaves for the backward pass: 1.0 to
/// 1.4 GB were seen with ESM-2 8M at 16 proteins a batch (docs/performance.md). Half of the memory is left to others. Counted is all there is, not what is
/// free just now: a plan is given the same threads, and so the same last bits, whenever it is run.
fn fitting(bytes: f64, parameters: f64) -> usize {
    (bytes / 2.0 / (16.0 * parameters + 1.5e9)).max(1.0) as usize
}

/// In bytes, by `/proc/meminfo`.
fn total(info: &str) -> Option<f64> {
    let line = info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"))?;
    Some(line.trim().parse::<f64>().ok()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_models_are_not_put_beside_each_other() {
        assert_eq!(total("MemTotal:   16000000 kB\nMemFree: 9 kB\n"), Some(16_384_000_000.0));
        assert_eq!(total("MemFree: 9 kB\n"), None);
        assert_eq!([fitting(16e9, 8e6), fitting(16e9, 150e6), fitting(16e9, 650e6), fitting(0.0, 1.0)], [4, 2, 1, 1]);
    }
}
