//! The GPUs of this machine, from NVIDIA's driver itself: it is there wherever there is a GPU, and
//! libtorch's CUDA libraries, which take seconds to open, need not be.

use std::{
    ffi::{CStr, c_char, c_int, c_uint},
    sync::LazyLock,
};

use super::libraries;

/// An NVIDIA GPU, as its driver describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    pub name: String,
    /// In bytes.
    pub memory: u64,
    /// The compute capability: 8 for Ampere, 9 for Hopper.
    pub capability_major: i32,
    pub capability_minor: i32,
}

impl Gpu {
    /// Returns the compute capability, such as `9.0`.
    #[must_use]
    pub fn architecture(&self) -> String {
        format!("{}.{}", self.capability_major, self.capability_minor)
    }
}

/// `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `…_MINOR`.
const CAPABILITY: [c_int; 2] = [75, 76];

type Init = unsafe extern "C" fn(flags: c_uint) -> c_int;

/// The driver's functions, which return 0 where they succeed.
struct Driver {
    count: unsafe extern "C" fn(count: *mut c_int) -> c_int,
    name: unsafe extern "C" fn(name: *mut c_char, room: c_int, gpu: c_int) -> c_int,
    memory: unsafe extern "C" fn(bytes: *mut usize, gpu: c_int) -> c_int,
    attribute: unsafe extern "C" fn(value: *mut c_int, attribute: c_int, gpu: c_int) -> c_int,
}

/// `None` where there is no driver, or it has no GPU.
static DRIVER: LazyLock<Option<Driver>> = LazyLock::new(|| Driver::open().ok().flatten());

/// Returns the GPUs that the driver shows this process, `CUDA_VISIBLE_DEVICES` honoured; none where
/// there is no driver.
#[must_use]
pub fn gpus() -> Vec<Gpu> {
    DRIVER.as_ref().map(|driver| (0..driver.count()).map(|gpu| driver.gpu(gpu)).collect()).unwrap_or_default()
}

impl Driver {
    fn open() -> Result<Option<Self>, libloading::Error> {
        let library = libraries::driver()?;
        // SAFETY: these are the types of the driver's functions, and `init` comes before the others are called.
        let (driver, status) = unsafe {
            let init = library.get::<Init>("cuInit")?;
            let driver = Self {
                count: *library.get("cuDeviceGetCount")?,
                name: *library.get("cuDeviceGetName")?,
                memory: *library.get("cuDeviceTotalMem_v2")?,
                attribute: *library.get("cuDeviceGetAttribute")?,
            };
            (driver, init(0))
        };
        // Its functions are called for as long as the program runs.
        let _ = library.into_raw();
        Ok((status == 0).then_some(driver))
    }

    fn count(&self) -> c_int {
        let mut count = 0;
        // SAFETY: `count` outlives the call.
        let status = unsafe { (self.count)(&raw mut count) };
        if status == 0 { count } else { 0 }
    }

    fn gpu(&self, index: c_int) -> Gpu {
        let (mut name, mut memory, mut capability) = ([0_u8; 128], 0, [0; 2]);
        // SAFETY: what is written to outlives the calls; the driver writes at most as many bytes of a name as it is told.
        unsafe {
            (self.name)(name.as_mut_ptr().cast(), name.len() as c_int, index);
            (self.memory)(&raw mut memory, index);
            for (value, attribute) in capability.iter_mut().zip(CAPABILITY) {
                (self.attribute)(&raw mut *value, attribute, index);
            }
        }
        let name = CStr::from_bytes_until_nul(&name).map(|name| name.to_string_lossy().into_owned());
        let [capability_major, capability_minor] = capability;
        Gpu { name: name.unwrap_or_default(), memory: memory as u64, capability_major, capability_minor }
    }
}
