//! libtorch's generator, which belongs to the process: whoever seeds it and draws does so alone.

use std::sync::{Mutex, PoisonError};

/// Seeds the generator and draws from it, while no other run of this process does.
pub fn seeded<T>(seed: i64, draw: impl FnOnce() -> T) -> T {
    static GENERATOR: Mutex<()> = Mutex::new(());
    // It guards no data that a panic could leave half written: the next one seeds anew.
    let _turn = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    draw()
}
