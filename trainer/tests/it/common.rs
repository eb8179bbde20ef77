//! The small model that `tests/reference/common.py` makes too, and the stored answers.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::Deserialize;
use tch::{Device, Kind, Tensor};
use titer_core::{data::tokens::Tokenizer, experiment::ModelSize, protocol};
use titer_trainer::{
    generator, machine,
    model::{
        Classifier, Config,
        esm2::{Draw, Source},
    },
};

pub fn stored<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name);
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

pub fn small_config() -> Config {
    Config {
        hidden_size: 32,
        num_hidden_layers: 3,
        num_attention_heads: 4,
        intermediate_size: 64,
        ..Config::of_size(ModelSize::Tiny)
    }
}

/// Parameter i, in checkpoint order, is `randn(shape) * 0.2` after `manual_seed(1000 + i)`;
/// LayerNorm weights have 1 added.
struct Numbered {
    by_name: BTreeMap<String, i64>,
}

impl Source for Numbered {
    type Error = Infallible;

    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Infallible> {
        let draw = || Tensor::randn(shape, (Kind::Float, Device::Cpu));
        let value = generator::seeded(1000 + self.by_name[name], draw) * 0.2;
        let scale = name.ends_with("LayerNorm.weight") || name.ends_with("layer_norm_after.weight");
        Ok(if scale { value + 1.0 } else { value })
    }
}

pub fn small_model(classes: i64) -> Classifier {
    let device = device();
    let Ok(model) = with_generator(|| {
        let blank = || Classifier::assemble(small_config(), classes, &mut Draw::new(&small_config()));
        let Ok(blank) = generator::seeded(0, blank);
        let by_name = (0..).zip(blank.named()).map(|(index, (name, _))| (name, index)).collect();
        Classifier::assemble(small_config(), classes, &mut Numbered { by_name })
    });
    model.to_device(device)
}

/// libtorch's generator belongs to the process: tests that seed it take turns.
pub fn with_generator<T>(draw: impl FnOnce() -> T) -> T {
    static GENERATOR: Mutex<()> = Mutex::new(());
    // Seeding looks for an accelerator once and for all: the device must be open by then.
    device();
    let _turn = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    draw()
}

/// The device under test: the CPU, or what `TITER_TEST_DEVICE` names (`cuda:0`; see
/// tests/gpu/run.sh).
pub fn device() -> Device {
    static OPENED: LazyLock<Device> = LazyLock::new(|| match std::env::var("TITER_TEST_DEVICE").ok().as_deref() {
        None | Some("cpu") => Device::Cpu,
        Some(name) => {
            let index = name.strip_prefix("cuda:").and_then(|index| index.parse().ok()).expect("cpu or cuda:<index>");
            machine::open(protocol::Device::Cuda(index)).expect("the GPU opens")
        }
    });
    *OPENED
}

pub fn encode(sequences: &[String]) -> Vec<Vec<u8>> {
    let tokenizer = Tokenizer::esm2();
    sequences.iter().map(|sequence| tokenizer.encode(sequence)).collect()
}

pub fn assert_close(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs().max(1.0), "{what}: {ours} against the reference's {theirs}");
}
