//! The computer: its devices, what precision pays on them, what a manifest says of it.

use titer::{experiment::Precision, schedule::protocol::Device};

use crate::native;

/// A device that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no GPU {index} here: this machine has {count}")]
    NoGpu { index: u32, count: usize },
    #[error("the GPU cannot be used: {source}")]
    NoCuda { source: native::NativeError },
    #[error("fp16 needs a GPU: its loss scaling has no place on a CPU")]
    Fp16OnCpu,
}

impl DeviceError {
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoGpu { .. } => "run on the CPU with --device cpu, or name one of `titer-worker --devices`",
            Self::NoCuda { .. } => "`just setup cuda` fetches libtorch's CUDA libraries",
            Self::Fp16OnCpu => "use precision = \"bf16\" or \"fp32\", or --device cuda",
        }
    }
}

/// Makes the device ready and returns libtorch's name for it.
pub fn open(device: Device) -> Result<tch::Device, DeviceError> {
    native::exact();
    match device {
        Device::Cpu => Ok(tch::Device::Cpu),
        Device::Cuda(index) => {
            let count = native::gpus().len();
            if index as usize >= count {
                return Err(DeviceError::NoGpu { index, count });
            }
            native::open_cuda().map_err(|source| DeviceError::NoCuda { source })?;
            Ok(tch::Device::Cuda(index as usize))
        }
    }
}

/// The precision a run computes in: [`Precision::Auto`] becomes what is fastest and safe on the device.
pub fn precision(wanted: Precision, device: Device) -> Result<Precision, DeviceError> {
    match (wanted, device) {
        (Precision::Fp16, Device::Cpu) => Err(DeviceError::Fp16OnCpu),
        (Precision::Auto, Device::Cpu) => Ok(if cpu_computes_bf16() { Precision::Bf16 } else { Precision::Fp32 }),
        (Precision::Auto, Device::Cuda(index)) => {
            // bf16 came with compute capability 8 (Ampere); before it, fp16 is the fast one.
            let ampere = native::gpus().get(index as usize).is_some_and(|gpu| gpu.capability_major >= 8);
            Ok(if ampere { Precision::Bf16 } else { Precision::Fp16 })
        }
        (chosen, _) => Ok(chosen),
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_computes_bf16() -> bool {
    std::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_computes_bf16() -> bool {
    false
}

/// The processor's model name, `unknown` where the system does not say.
#[must_use]
pub fn cpu_name() -> String {
    let info = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

/// The most memory the run has held, in bytes: of the GPU where it used one, else resident. 0 where the system does not say.
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
