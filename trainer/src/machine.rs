//! The computer: its devices, what precision pays on them, what a manifest says of it.

use std::{cell::Cell, sync::LazyLock};

use tch::{Kind, Tensor};
use titer_core::{experiment::Precision, protocol::Device};

use crate::native::{self, NativeError};

/// A device that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no GPU {index} here: this machine has {count}")]
    NoGpu { index: u32, count: usize },
    #[error("the GPU cannot be used: {source}")]
    NoCuda { source: native::NativeError },
    #[error("bf16 needs a GPU of compute capability 8 (Ampere) or newer")]
    Bf16BeforeAmpere,
    #[error("fp16 needs a GPU: there is no loss scaling on a CPU")]
    Fp16OnCpu,
}

impl DeviceError {
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoGpu { .. } => "run on the CPU with --device cpu, or name one of `titer-worker --devices`",
            Self::NoCuda { .. } => {
                "`just setup cuda` fetches libtorch's CUDA libraries; they need a driver for CUDA 13 and a GPU it supports"
            }
            Self::Bf16BeforeAmpere => "use precision = \"fp16\" or \"fp32\"",
            Self::Fp16OnCpu => "use precision = \"bf16\" or \"fp32\", or --device cuda",
        }
    }
}

/// Makes the device ready and returns libtorch's name for it.
pub fn open(device: Device) -> Result<tch::Device, DeviceError> {
    match device {
        Device::Cpu => {
            native::exact();
            Ok(tch::Device::Cpu)
        }
        Device::Cuda(index) => {
            let count = native::gpus().len();
            if index as usize >= count {
                return Err(DeviceError::NoGpu { index, count });
            }
            native::open_cuda().map_err(|source| DeviceError::NoCuda { source })?;
            native::exact();
            // A driver too old or a GPU too old shows at the first tensor.
            let device = tch::Device::Cuda(index as usize);
            match Tensor::f_zeros([1], (Kind::Float, device)) {
                Ok(_) => Ok(device),
                Err(error) => Err(DeviceError::NoCuda { source: NativeError { message: error.to_string() } }),
            }
        }
    }
}

/// From here on what this thread puts on a GPU has a stream of its own, beside those of other
/// threads. On a CPU threads are beside one another anyway.
///
/// A thread keeps its stream from job to job: libtorch has 32 of them, and hands them out again and
/// again.
pub fn enter_lane(device: tch::Device) -> Result<(), DeviceError> {
    thread_local! {
        static ENTERED: Cell<bool> = const { Cell::new(false) };
    }
    let tch::Device::Cuda(index) = device else { return Ok(()) };
    if !ENTERED.get() {
        native::own_stream(index).map_err(|source| DeviceError::NoCuda { source })?;
        ENTERED.set(true);
    }
    Ok(())
}

/// What [`Precision::Auto`] stands for on a device: what is fastest and safe there.
#[must_use]
pub fn automatic(device: Device) -> Precision {
    match device {
        Device::Cpu => Precision::of_this_processor(),
        // Before Ampere, fp16 is the fast one.
        Device::Cuda(index) if is_ampere(tch::Device::Cuda(index as usize)) => Precision::Bf16,
        Device::Cuda(_) => Precision::Fp16,
    }
}

/// The precision a run computes in. titer names it before it gives a run its key; where a job says
/// [`Precision::Auto`] all the same, it is the device's.
pub fn precision(wanted: Precision, device: Device) -> Result<Precision, DeviceError> {
    match (wanted, device) {
        (Precision::Fp16, Device::Cpu) => Err(DeviceError::Fp16OnCpu),
        (Precision::Auto, device) => Ok(automatic(device)),
        (Precision::Bf16, Device::Cuda(index)) if !is_ampere(tch::Device::Cuda(index as usize)) => {
            Err(DeviceError::Bf16BeforeAmpere)
        }
        (chosen, _) => Ok(chosen),
    }
}

/// A GPU of compute capability 8 or newer: it computes bf16, and flash attention runs on it.
#[must_use]
pub fn is_ampere(device: tch::Device) -> bool {
    static GPUS: LazyLock<Vec<native::Gpu>> = LazyLock::new(native::gpus);
    matches!(device, tch::Device::Cuda(index) if GPUS.get(index).is_some_and(|gpu| gpu.capability_major >= 8))
}

/// The processor's model name, `unknown` where the system does not say.
#[must_use]
pub fn cpu_name() -> String {
    let info = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

/// The most memory the run has held, in bytes: of the GPU where it used one, else resident. 0 where
/// the system does not say.
#[must_use]
pub fn peak_memory(device: Device) -> u64 {
    match device {
        Device::Cuda(index) => native::peak_memory(index).unwrap_or(0),
        Device::Cpu => {
            let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
            peak.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
        }
    }
}
