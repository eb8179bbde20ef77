//! Where the runs of a sweep go: places that take one each on a CPU, and places that runs share,
//! one for each GPU.

use super::{
    Error,
    device::{Devices, Gpu},
    memory,
};
use titer_core::protocol::Device;

/// libtorch has 32 streams for a GPU, and each run needs its own.
const MOST_ON_A_GPU: usize = 32;

/// The room of a GPU where nobody said how many runs it takes: a run of the smallest models takes
/// an eighth of it, larger ones more.
const WHOLE: u32 = 1 << 20;

/// The share of a GPU's memory that runs are given: the rest is for the worker itself, and for what
/// the estimate does not know of.
const USABLE: f64 = 0.9;

/// What a run asks of the device that it shares with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    pub parameters: f64,
    /// Tokens of a batch, on average.
    pub tokens: f64,
}

/// The places of a sweep, and what each run has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub devices: Vec<Device>,
    /// Of each place, in the unit of [`Places::takes`].
    pub rooms: Vec<u32>,
    /// The runs at a place share a worker.
    pub are_shared: bool,
    /// CPU threads of each run: an even share.
    pub threads: usize,
    measure: Measure,
}

/// What the room at a place is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Runs,
    /// Parts of a GPU with so much memory.
    Parts {
        memory: Option<u64>,
    },
}

impl Places {
    /// Places for all runs of a plan, those that are done included: a run's share of the threads,
    /// and so its last bits, does not depend on what is done already. `jobs` says how many runs go
    /// on at a time.
    ///
    /// `share` lets runs share a worker on a CPU too, where a GPU is not at hand.
    #[must_use]
    pub fn new(devices: &Devices, jobs: Option<usize>, threads: usize, needs: &[Need], share: bool) -> Self {
        let wanted = jobs.map(|jobs| jobs.min(needs.len()).max(1));
        match devices {
            Devices::Cpu => {
                let soonest = || {
                    let largest = needs.iter().map(|need| need.parameters).fold(0.0, f64::max);
                    at_once(needs.len(), threads, memory::runs(largest))
                };
                let count = wanted.unwrap_or_else(soonest);
                let rooms = if share && cfg!(unix) { vec![count as u32] } else { vec![1; count] };
                Self::counted(vec![Device::Cpu; rooms.len()], rooms, share && cfg!(unix), threads)
            }
            // Claims cannot be handed to a worker that goes on already: each has one run.
            Devices::Gpus(gpus) if cfg!(not(unix)) => {
                let count = wanted.unwrap_or(gpus.len()).min(needs.len()).max(1);
                let devices = gpus.iter().map(|gpu| Device::Cuda(gpu.index)).cycle().take(count).collect();
                Self::counted(devices, vec![1; count], false, threads)
            }
            Devices::Gpus(gpus) => match wanted {
                Some(jobs) => {
                    let used = gpus.len().min(jobs);
                    let rooms = (0..used).map(|gpu| (jobs / used + usize::from(gpu < jobs % used)) as u32).collect();
                    Self::counted(gpus[..used].iter().map(|gpu| Device::Cuda(gpu.index)).collect(), rooms, true, threads)
                }
                None => Self::parted(gpus, threads, needs),
            },
        }
    }

    /// Refuses more runs at a time than the devices take.
    pub fn check(devices: &Devices, jobs: Option<usize>) -> Result<(), Error> {
        let Devices::Gpus(gpus) = devices else { return Ok(()) };
        let most = MOST_ON_A_GPU * gpus.len();
        jobs.filter(|&jobs| jobs > most).map_or(Ok(()), |asked| Err(Error::TooManyJobs { asked, most }))
    }

    fn counted(devices: Vec<Device>, rooms: Vec<u32>, are_shared: bool, threads: usize) -> Self {
        let runs: u32 = rooms.iter().sum();
        Self { devices, rooms, are_shared, threads: (threads / runs as usize).max(1), measure: Measure::Runs }
    }

    /// GPUs that take as many runs as they gain by and have the memory for: that of the smallest of
    /// them.
    fn parted(gpus: &[Gpu], threads: usize, needs: &[Need]) -> Self {
        let memory = gpus.iter().filter_map(|gpu| gpu.memory).min();
        let most = needs.iter().map(|need| need.at_once(memory)).max().unwrap_or(1);
        let runs = (most * gpus.len()).min(needs.len()).max(1);
        Self {
            devices: gpus.iter().map(|gpu| Device::Cuda(gpu.index)).collect(),
            rooms: vec![WHOLE; gpus.len()],
            are_shared: true,
            threads: (threads / runs).max(1),
            measure: Measure::Parts { memory },
        }
    }

    /// The room that a run takes.
    #[must_use]
    pub fn takes(&self, need: Need) -> u32 {
        match self.measure {
            Measure::Runs => 1,
            Measure::Parts { memory } => WHOLE / need.at_once(memory) as u32,
        }
    }
}

impl Need {
    /// Runs like this one that a GPU takes at a time: as many as it still gains by (one NVIDIA
    /// H100, bf16, CUDA graphs: eight runs of ESM-2 8M took 2.3 times as long as one, four of 35M
    /// 1.5 times, four of 150M 2.1 times), and no more than fit.
    fn at_once(self, memory: Option<u64>) -> usize {
        let gains = match self.parameters {
            parameters if parameters <= 10e6 => 8,
            parameters if parameters <= 150e6 => 4,
            _ => 1,
        };
        let fit = memory.map_or(gains, |memory| (memory as f64 * USABLE / self.memory()) as usize);
        gains.min(fit).max(1)
    }

    /// Bytes of a GPU that a run takes. Measured on an NVIDIA H100 in bf16 with CUDA graphs, 16
    /// proteins of 175 residues a batch: 0.65 GB with 8M parameters, 1.7 GB with 35M, 6.6 GB with
    /// 150M. These lie on one line, 0.34 GB and 42 bytes a parameter, of which 16 are the parameter
    /// itself, its gradient and AdamW's two means; the rest is taken to grow with the batch.
    fn memory(self) -> f64 {
        const MEASURED: f64 = 16.0 * 177.0;
        0.34e9 + self.parameters * (16.0 + 26.0 * self.tokens / MEASURED)
    }
}

/// How many runs at once end a plan soonest on so many threads: rounds of runs, times how long one
/// takes with its share of the threads. A thread more is worth less than a run more, for a quarter
/// of a step is not shared out (ESM-2 8M in bf16, two cores: docs/performance.md); but a last round
/// of few runs leaves threads idle.
fn at_once(runs: usize, threads: usize, most: usize) -> usize {
    const ALONE: f64 = 0.25;
    let time = |jobs: usize| runs.div_ceil(jobs) as f64 * (ALONE + (1.0 - ALONE) / (threads / jobs).max(1) as f64);
    (1..=runs.min(threads).min(most)).min_by(|&one, &two| time(one).total_cmp(&time(two))).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use titer_core::experiment::Precision;

    use super::*;

    /// A run of 16 proteins of 175 residues a batch.
    fn need(parameters: f64) -> Need {
        Need { parameters, tokens: 16.0 * 177.0 }
    }

    fn gpus(count: u32, gigabytes: Option<u64>) -> Devices {
        Devices::Gpus(
            (0..count)
                .map(|index| Gpu {
                    index,
                    memory: gigabytes.map(|gigabytes| gigabytes * 1_000_000_000),
                    precision: Precision::Bf16,
                })
                .collect(),
        )
    }

    /// `cuda:0 x2 cuda:1 x1, 4 threads`: runs of a kind at each place.
    fn described(devices: &Devices, jobs: Option<usize>, runs: &[Need]) -> String {
        let places = Places::new(devices, jobs, 8, runs, false);
        let takes = places.takes(runs[0]);
        let place = |(device, room): (&Device, &u32)| format!("{device} x{}", room / takes);
        let list: Vec<String> = places.devices.iter().zip(&places.rooms).map(place).collect();
        format!("{}, {} threads", list.join(" "), places.threads)
    }

    #[test]
    fn on_a_cpu_each_run_has_a_place_and_jobs_says_how_many() {
        let runs = [need(8e6); 9];
        let cpu = |jobs| described(&Devices::Cpu, jobs, &runs);
        assert_eq!(cpu(Some(1)), "cpu x1, 8 threads");
        assert_eq!(cpu(Some(3)), "cpu x1 cpu x1 cpu x1, 2 threads");
        assert!(cpu(Some(100)).ends_with(", 1 threads"), "no more than there are runs");
        assert_eq!(described(&Devices::Cpu, Some(4), &runs[..2]), "cpu x1 cpu x1, 4 threads");
    }

    #[cfg(unix)]
    #[test]
    fn on_gpus_jobs_are_spread_over_all_and_share_a_place_each() {
        let runs = [need(650e6); 40];
        let spread = |count, jobs| described(&gpus(count, Some(80)), Some(jobs), &runs);
        assert_eq!(spread(2, 1), "cuda:0 x1, 8 threads");
        assert_eq!(spread(2, 3), "cuda:0 x2 cuda:1 x1, 2 threads");
        assert_eq!(spread(3, 8), "cuda:0 x3 cuda:1 x3 cuda:2 x2, 1 threads");
        let wanted = described(&gpus(3, None), Some(8), &runs[..2]);
        assert_eq!(wanted, "cuda:0 x1 cuda:1 x1, 4 threads", "no more than there are runs");
        let error = Places::check(&gpus(2, None), Some(65)).unwrap_err();
        assert!(Places::check(&gpus(2, None), Some(64)).is_ok() && Places::check(&Devices::Cpu, Some(65)).is_ok());
        assert_eq!((error.to_string().as_str(), error.exit()), ("--jobs 65 are too many", titer_core::exit::Exit::Usage));
    }

    #[cfg(unix)]
    #[test]
    fn unasked_a_gpu_takes_what_it_gains_by_and_has_memory_for() {
        let default = |parameters, gigabytes| described(&gpus(1, gigabytes), None, &[need(parameters); 40]);
        let each = [8e6, 35e6, 150e6, 650e6, 3e9].map(|parameters| default(parameters, Some(80)));
        assert_eq!(each.map(|text| text[..9].to_owned()), ["cuda:0 x8", "cuda:0 x4", "cuda:0 x4", "cuda:0 x1", "cuda:0 x1"]);
        assert_eq!(default(150e6, Some(16)), "cuda:0 x2, 4 threads");
        assert_eq!(default(150e6, Some(4)), "cuda:0 x1, 8 threads", "it may fit all the same");
        assert_eq!(default(8e6, None), "cuda:0 x8, 1 threads");
        assert_eq!(described(&gpus(2, None), None, &[need(8e6); 2]), "cuda:0 x8 cuda:1 x8, 4 threads");
    }

    #[test]
    fn memory_is_what_was_measured_and_grows_with_the_batch() {
        let gigabytes = |parameters| need(parameters).memory() / 1e9;
        for (parameters, measured) in [(7.5e6, 0.65), (33.5e6, 1.7), (148e6, 6.6)] {
            assert!((gigabytes(parameters) / measured - 1.0).abs() < 0.05, "{parameters}: {}", gigabytes(parameters));
        }
        let double = Need { tokens: 32.0 * 177.0, ..need(150e6) };
        assert!(double.memory() > 1.5 * need(150e6).memory() && double.at_once(Some(32_000_000_000)) == 2);
    }

    #[test]
    fn runs_share_the_cpu_where_that_ends_the_plan_sooner() {
        let chosen = |runs, threads| at_once(runs, threads, 8);
        // Two cores: pairs of runs, but no run that is left over by itself.
        assert_eq!([chosen(1, 2), chosen(2, 2), chosen(3, 2), chosen(4, 2), chosen(6, 2)], [1, 2, 1, 2, 2]);
        assert_eq!([chosen(2, 8), chosen(6, 8), chosen(100, 8), chosen(3, 1), chosen(0, 4)], [2, 6, 8, 1, 1]);
        assert_eq!(at_once(6, 8, 2), 2, "memory");
    }
}
