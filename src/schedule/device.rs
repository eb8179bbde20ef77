//! Which devices a sweep may use: what was asked for, what the worker sees, and the slots that
//! follow.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use titer_core::{experiment::Precision, protocol::Device};

use super::Error;

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
        let unknown = || format!("{text:?} is not a device: use auto, cpu, cuda, cuda:0 or cuda:0,1");
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

/// A device as `titer-worker --devices` tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "device", rename_all = "kebab-case")]
pub enum SeenDevice {
    Cpu {
        name: String,
    },
    Cuda {
        index: u32,
        name: String,
        memory: Option<u64>,
        /// What `train.precision = "auto"` is on it.
        precision: Precision,
    },
}

/// The devices of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Devices {
    Cpu,
    /// GPUs, at least one.
    Gpus(Vec<Gpu>),
}

/// A GPU that runs may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gpu {
    pub index: u32,
    /// Bytes, where the worker could tell.
    pub memory: Option<u64>,
    /// What `train.precision = "auto"` is on it.
    pub precision: Precision,
}

impl Devices {
    /// Chooses the devices. `see` asks the worker, and is asked only where the answer matters.
    pub fn choose(choice: &DeviceChoice, see: impl FnOnce() -> Result<Vec<SeenDevice>, Error>) -> Result<Self, Error> {
        let seen = if *choice == DeviceChoice::Cpu { Vec::new() } else { see()? };
        let gpus: Vec<Gpu> = seen
            .iter()
            .filter_map(|device| match device {
                SeenDevice::Cuda { index, memory, precision, .. } => {
                    Some(Gpu { index: *index, memory: *memory, precision: *precision })
                }
                SeenDevice::Cpu { .. } => None,
            })
            .collect();
        let chosen = match choice {
            DeviceChoice::Cpu => Vec::new(),
            DeviceChoice::Cuda | DeviceChoice::CudaOf(_) if gpus.is_empty() => {
                return Err(Error::NoGpu { asked: choice.clone() });
            }
            DeviceChoice::Auto | DeviceChoice::Cuda => gpus,
            DeviceChoice::CudaOf(asked) => {
                let find = |&index: &u32| {
                    let seen = || Gpus(gpus.iter().map(|gpu| gpu.index).collect());
                    let found = gpus.iter().find(|gpu| gpu.index == index).copied();
                    found.ok_or_else(|| Error::NoSuchGpu { missing: index, seen: seen() })
                };
                asked.iter().map(find).collect::<Result<_, _>>()?
            }
        };
        Ok(if chosen.is_empty() { Self::Cpu } else { Self::Gpus(chosen) })
    }

    /// What `train.precision = "auto"` stands for on them.
    pub fn precision(&self) -> Result<Precision, Error> {
        let Self::Gpus(gpus) = self else { return Ok(Precision::of_this_processor()) };
        let first = gpus.first().map_or_else(Precision::of_this_processor, |gpu| gpu.precision);
        match gpus.iter().find(|gpu| gpu.precision != first) {
            None => Ok(first),
            Some(other) => Err(Error::SeveralPrecisions { one: gpus[0].index, other: other.index }),
        }
    }
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

    /// The first two GPUs are newer than the others.
    const fn of(index: u32) -> Precision {
        if index < 2 { Precision::Bf16 } else { Precision::Fp16 }
    }

    fn choose(choice: &str, seen: &[u32]) -> Result<Devices, Error> {
        let gpu = |&index: &u32| SeenDevice::Cuda { index, name: "NVIDIA H200".into(), memory: None, precision: of(index) };
        Devices::choose(&choice.parse().unwrap(), || Ok(seen.iter().map(gpu).collect()))
    }

    #[test]
    fn devices_follow_from_what_is_asked_and_what_is_there() {
        for (choice, seen, expected) in [
            ("auto", &[][..], &[][..]),
            ("auto", &[0, 1], &[0, 1]),
            ("cpu", &[0, 1], &[]),
            ("cuda", &[0, 1], &[0, 1]),
            ("cuda:1", &[0, 1], &[1]),
            ("cuda:1,0,1", &[0, 1, 2], &[0, 1]),
        ] {
            let gpus = expected.iter().map(|&index| Gpu { index, memory: None, precision: of(index) }).collect();
            let expected = if expected.is_empty() { Devices::Cpu } else { Devices::Gpus(gpus) };
            assert_eq!(choose(choice, seen).unwrap(), expected, "{choice} {seen:?}");
        }
    }

    #[test]
    fn the_worker_is_not_asked_for_the_cpu() {
        assert_eq!(Devices::choose(&DeviceChoice::Cpu, || panic!("asked")).unwrap(), Devices::Cpu);
    }

    #[test]
    fn a_gpu_that_is_not_there_is_refused() {
        assert!(matches!(choose("cuda", &[]), Err(Error::NoGpu { .. })));
        assert!(matches!(choose("cuda:0", &[]), Err(Error::NoGpu { .. })));
        let error = choose("cuda:0,2", &[0, 1]).unwrap_err();
        assert_eq!(error.to_string(), "there is no GPU cuda:2");
        assert_eq!(error.exit(), titer_core::exit::Exit::Usage);
    }

    #[test]
    fn auto_is_one_precision_for_all_gpus_or_none() {
        assert_eq!(choose("auto", &[0, 1]).unwrap().precision().unwrap(), Precision::Bf16);
        assert_eq!(choose("cuda:3", &[0, 3]).unwrap().precision().unwrap(), Precision::Fp16);
        assert_eq!(choose("cpu", &[0]).unwrap().precision().unwrap(), Precision::of_this_processor());
        let error = choose("auto", &[0, 1, 2]).unwrap().precision().unwrap_err();
        assert_eq!(error.to_string(), "train.precision is auto, and cuda:0 and cuda:2 compute fastest in different ones");
        assert_eq!(error.exit(), titer_core::exit::Exit::Usage);
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
        let text = r#"[{"device":"cpu","name":"some"},{"device":"cuda","index":0,"name":"NVIDIA H200","memory":150120038400,"precision":"bf16"}]"#;
        let seen: Vec<SeenDevice> = serde_json::from_str(text).unwrap();
        let memory = Some(150_120_038_400);
        assert_eq!(seen[1], SeenDevice::Cuda { index: 0, name: "NVIDIA H200".into(), memory, precision: Precision::Bf16 });
    }
}
