//! Which devices a sweep may use: what was asked for, what the worker sees, and the slots that follow.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use super::{Error, protocol::Device};

/// What `--device` asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// Every GPU there is; the CPU where there is none.
    #[default]
    Auto,
    Cpu,
    /// Every GPU there is.
    Cuda,
    /// These GPUs.
    CudaOf(Vec<u32>),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("{text:?} is none of auto, cpu, cuda, cuda:0, cuda:0,1");
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            _ => {
                let indices = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                let mut gpus = indices.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>().map_err(|_| unknown())?;
                gpus.sort_unstable();
                gpus.dedup();
                Ok(Self::CudaOf(gpus))
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda => f.write_str("cuda"),
            Self::CudaOf(gpus) => {
                let gpus: Vec<String> = gpus.iter().map(u32::to_string).collect();
                write!(f, "cuda:{}", gpus.join(","))
            }
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// A device as `titer-worker --devices` tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "device", rename_all = "kebab-case")]
pub enum SeenDevice {
    Cpu { name: String },
    Cuda { index: u32, name: String, memory: Option<u64> },
}

/// Where runs may go on at the same time: a device each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    devices: Vec<Device>,
    /// CPU threads of all together.
    threads: usize,
}

impl Slots {
    /// Chooses the slots. `see` asks the worker, and is asked only where the answer matters.
    ///
    /// One run a GPU, or one on the CPU; `jobs` sets another number, spread over the GPUs.
    pub fn choose(
        choice: &DeviceChoice,
        jobs: Option<usize>,
        threads: usize,
        see: impl FnOnce() -> Result<Vec<SeenDevice>, Error>,
    ) -> Result<Self, Error> {
        let seen = if *choice == DeviceChoice::Cpu { Vec::new() } else { see()? };
        let gpus: Vec<u32> = seen
            .iter()
            .filter_map(|device| match device {
                SeenDevice::Cuda { index, .. } => Some(*index),
                SeenDevice::Cpu { .. } => None,
            })
            .collect();
        let chosen = match choice {
            DeviceChoice::Cpu => Vec::new(),
            DeviceChoice::Cuda | DeviceChoice::CudaOf(_) if gpus.is_empty() => {
                return Err(Error::NoGpu { asked: choice.clone() });
            }
            DeviceChoice::Auto | DeviceChoice::Cuda => gpus,
            DeviceChoice::CudaOf(asked) => match asked.iter().find(|index| !gpus.contains(index)) {
                Some(&missing) => return Err(Error::NoSuchGpu { missing, seen: Gpus(gpus) }),
                None => asked.clone(),
            },
        };
        let places = if chosen.is_empty() { vec![Device::Cpu] } else { chosen.into_iter().map(Device::Cuda).collect() };
        let count = jobs.unwrap_or(places.len()).max(1);
        let devices: Vec<Device> = places.into_iter().cycle().take(count).collect();
        Ok(Self { devices, threads })
    }

    /// As many runs of a plan at once on the CPU as end it soonest, where nobody said how many; a machine's memory lets on `most`.
    #[must_use]
    pub fn soonest(mut self, runs: usize, most: usize) -> Self {
        if self.devices == [Device::Cpu] {
            self.devices = vec![Device::Cpu; at_once(runs, self.threads, most)];
        }
        self
    }

    /// No more slots than there are runs: the others' threads are then theirs.
    #[must_use]
    pub fn for_runs(mut self, runs: usize) -> Self {
        self.devices.truncate(runs.max(1));
        self
    }

    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// CPU threads of each slot: an even share.
    #[must_use]
    pub fn threads(&self) -> usize {
        (self.threads / self.devices.len()).max(1)
    }
}

/// How many runs at once end a plan soonest on so many threads: rounds of runs, times how long one takes with its share of the
/// threads. A thread more is worth less than a run more, for a quarter of a step is not shared out (ESM-2 8M in bf16, two cores:
/// docs/performance.md); but a last round of few runs leaves threads idle.
fn at_once(runs: usize, threads: usize, most: usize) -> usize {
    const ALONE: f64 = 0.25;
    let time = |jobs: usize| runs.div_ceil(jobs) as f64 * (ALONE + (1.0 - ALONE) / (threads / jobs).max(1) as f64);
    (1..=runs.min(threads).min(most)).min_by(|&one, &two| time(one).total_cmp(&time(two))).unwrap_or(1)
}

/// GPUs for reading: `cuda:0, cuda:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpus(pub Vec<u32>);

impl fmt::Display for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|&index| Device::Cuda(index).to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpus(indices: &[u32]) -> Vec<SeenDevice> {
        indices.iter().map(|&index| SeenDevice::Cuda { index, name: "NVIDIA H200".into(), memory: None }).collect()
    }

    fn choose(choice: &str, jobs: Option<usize>, seen: &[u32]) -> Result<Slots, Error> {
        Slots::choose(&choice.parse().unwrap(), jobs, 8, || Ok(gpus(seen)))
    }

    fn names(slots: &Slots) -> String {
        let names: Vec<String> = slots.devices.iter().map(Device::to_string).collect();
        format!("{} x{}", names.join(" "), slots.threads())
    }

    #[test]
    fn slots_follow_from_what_is_asked_and_what_is_there() {
        for (choice, jobs, seen, expected) in [
            ("auto", None, &[][..], "cpu x8"),
            ("auto", Some(2), &[], "cpu cpu x4"),
            ("auto", Some(100), &[], &format!("{} x1", vec!["cpu"; 100].join(" "))),
            ("auto", None, &[0, 1], "cuda:0 cuda:1 x4"),
            ("auto", Some(1), &[0, 1], "cuda:0 x8"),
            ("auto", Some(3), &[0, 1], "cuda:0 cuda:1 cuda:0 x2"),
            ("cpu", None, &[0, 1], "cpu x8"),
            ("cuda", None, &[0, 1], "cuda:0 cuda:1 x4"),
            ("cuda:1", None, &[0, 1], "cuda:1 x8"),
            ("cuda:1,0,1", None, &[0, 1, 2], "cuda:0 cuda:1 x4"),
        ] {
            assert_eq!(names(&choose(choice, jobs, seen).unwrap()), expected, "{choice} {jobs:?} {seen:?}");
        }
    }

    #[test]
    fn runs_share_the_cpu_where_that_ends_the_plan_sooner() {
        let chosen = |runs, threads| at_once(runs, threads, 8);
        // Two cores: pairs of runs, but no run that is left over by itself.
        assert_eq!([chosen(1, 2), chosen(2, 2), chosen(3, 2), chosen(4, 2), chosen(6, 2)], [1, 2, 1, 2, 2]);
        assert_eq!([chosen(2, 8), chosen(6, 8), chosen(100, 8), chosen(3, 1), chosen(0, 4)], [2, 6, 8, 1, 1]);
        assert_eq!(at_once(6, 8, 2), 2, "memory");
        let slots = |jobs| names(&choose("auto", jobs, &[]).unwrap().soonest(2, 8));
        assert_eq!([slots(None), slots(Some(4))], ["cpu cpu x4", "cpu cpu cpu cpu x2"]);
        assert_eq!(names(&choose("auto", None, &[0]).unwrap().soonest(2, 8)), "cuda:0 x8");
    }

    #[test]
    fn the_worker_is_not_asked_for_the_cpu() {
        let slots = Slots::choose(&DeviceChoice::Cpu, None, 2, || panic!("asked")).unwrap();
        assert_eq!(slots.devices, [Device::Cpu]);
    }

    #[test]
    fn slots_without_a_run_leave_their_threads_to_the_others() {
        let slots = |runs| names(&choose("auto", Some(4), &[0, 1, 2, 3]).unwrap().for_runs(runs));
        assert_eq!([slots(9), slots(2), slots(0)], ["cuda:0 cuda:1 cuda:2 cuda:3 x2", "cuda:0 cuda:1 x4", "cuda:0 x8"]);
    }

    #[test]
    fn a_gpu_that_is_not_there_is_refused() {
        assert!(matches!(choose("cuda", None, &[]), Err(Error::NoGpu { .. })));
        assert!(matches!(choose("cuda:0", None, &[]), Err(Error::NoGpu { .. })));
        let error = choose("cuda:0,2", None, &[0, 1]).unwrap_err();
        assert_eq!(error.to_string(), "there is no GPU cuda:2");
        assert_eq!(error.exit(), crate::exit::Exit::Usage);
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for text in ["gpu", "cuda:", "cuda:x", "cuda:0,", "cuda:-1", "CPU", ""] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text:?}");
        }
        for text in ["auto", "cpu", "cuda", "cuda:0", "cuda:0,3"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_workers_list_is_understood() {
        let text = r#"[{"device":"cpu","name":"some"},{"device":"cuda","index":0,"name":"NVIDIA H200","memory":150120038400}]"#;
        let seen: Vec<SeenDevice> = serde_json::from_str(text).unwrap();
        assert_eq!(seen[1], SeenDevice::Cuda { index: 0, name: "NVIDIA H200".into(), memory: Some(150_120_038_400) });
    }
}
