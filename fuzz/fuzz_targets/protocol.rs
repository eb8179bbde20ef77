//! What a worker says, a line an event, told on as the sweep would; and the job that a worker
//! reads.

#![no_main]

use std::io;

use libfuzzer_sys::fuzz_target;
use titer::schedule::{Progress, progress::Style};
use titer_core::protocol::{Device, Job, Line};

fuzz_target!(
    init: {
        // Told on into nothing, but told: what formats a number must not panic.
        tracing_subscriber::fmt().with_writer(io::sink).init();
    },
    |text: &str| {
        let mut progress = Progress::new(Style::Plain, ["a run".to_owned()].into_iter(), 0);
        progress.started(0, Device::Cpu);
        for line in text.lines() {
            if let Ok(told) = serde_json::from_str::<Line>(line) {
                progress.told(0, &told.event);
            }
            if let Ok(job) = serde_json::from_str::<Job>(line) {
                let again = serde_json::to_string(&job).expect("a job can be written");
                assert_eq!(serde_json::from_str::<Job>(&again).expect("what was written can be read"), job);
            }
        }
    }
);
