//! Starting checkpoints as other programs save them: every one that holds a whole ESM-2 encoder
//! loads, and computes what `transformers` computes from it.

use std::{collections::BTreeMap, path::Path, process::Command};

use safetensors::{
    Dtype, SafeTensors,
    tensor::{TensorView, serialize_to_file},
};
use serde::Deserialize;
use tch::Kind;
use titer_core::checkpoint::{self, Error};
use titer_trainer::model::{Batch, Classifier, Pass, weights};

use crate::{
    common::{assert_close, device, encode, small_model, with_generator},
    skip::Skip,
};

#[derive(Deserialize)]
struct Answers {
    sequences: Vec<String>,
    answers: BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
struct Answer {
    /// Of each sequence's `<cls>`.
    hidden: Vec<Vec<f64>>,
    /// Of checkpoints that keep their head.
    logits: Option<Vec<Vec<f64>>>,
}

#[test]
fn checkpoints_of_transformers_classes_give_its_hidden_states_and_logits() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let interpreter = root.join("../.reference/bin/python");
    if !interpreter.exists() {
        Skip::NoReference.because("no transformers in .reference (just reference)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = root.join("tests/reference/dialects.py");
    let output = Command::new(&interpreter).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs_err::read_to_string(folder.path().join("answers.json")).unwrap();
    let Answers { sequences, answers } = serde_json::from_str(&text).unwrap();
    assert_eq!(answers.len(), 12);
    let tokens = encode(&sequences);
    let rows: Vec<&[u8]> = tokens.iter().map(Vec::as_slice).collect();
    let batch = Batch::pack(&rows, &[], 1, device());
    for (name, answer) in answers {
        let folder = folder.path().join(&name);
        checkpoint::examine(&folder).unwrap();
        let model = with_generator(|| weights::pretrained(&folder, 2, 42)).unwrap().to_device(device());
        let hidden = Pass::new(&model, Kind::Float).hidden(&batch);
        let mut start = 0;
        for (length, expected) in batch.lengths.iter().zip(&answer.hidden) {
            for (column, value) in (0..).zip(expected) {
                assert_close(hidden.double_value(&[start, column]), *value, 1e-5, &format!("{name}: hidden state"));
            }
            start += length;
        }
        if let Some(expected) = answer.logits {
            let model = weights::fine_tuned(&folder, 3).unwrap().to_device(device());
            let logits = Pass::new(&model, Kind::Float).logits(&batch);
            for (index, row) in (0..).zip(&expected) {
                for (class, value) in (0..).zip(row) {
                    assert_close(logits.double_value(&[index, class]), *value, 1e-5, &format!("{name}: logit"));
                }
            }
        }
    }
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// The small model's file with other tensors.
fn with(change: impl FnOnce(&mut Tensors)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = small_model(2);
    weights::save(&model, &path).unwrap();
    fs_err::write(folder.path().join("config.json"), serde_json::to_string(&model.config).unwrap()).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors =
        file.tensors().into_iter().map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect();
    change(&mut tensors);
    save(&tensors, &path);
    folder
}

fn save<'a>(tensors: impl IntoIterator<Item = (&'a String, &'a (Vec<usize>, Vec<u8>))>, path: &Path) {
    let views: Vec<_> = tensors
        .into_iter()
        .map(|(name, (shape, data))| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
        .collect();
    serialize_to_file(views, None, path).unwrap();
}

fn started(folder: &Path) -> Classifier {
    with_generator(|| weights::pretrained(folder, 2, 42)).unwrap()
}

fn assert_equal(one: &Classifier, other: &Classifier, but: &str) {
    for ((name, ours), (_, theirs)) in one.named().into_iter().zip(other.named()) {
        assert!(name.starts_with(but) || ours.equal(theirs), "{name}");
    }
}

#[test]
fn prefixes_of_other_programs_change_nothing() {
    let plain = started(with(|_| ()).path());
    for prefix in ["_orig_mod.", "module.", "module._orig_mod."] {
        let folder = with(|tensors| {
            *tensors = std::mem::take(tensors).into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect();
        });
        assert_equal(&started(folder.path()), &plain, "none");
    }
    let bare = with(|tensors| {
        let bared = |name: String| name.strip_prefix("esm.").map_or_else(|| name.clone(), str::to_owned);
        *tensors = std::mem::take(tensors).into_iter().map(|(name, tensor)| (bared(name), tensor)).collect();
        tensors.insert("pooler.dense.bias".to_owned(), (vec![1], vec![0; 4]));
    });
    assert_equal(&started(bare.path()), &plain, "none");
}

#[test]
fn a_contact_head_that_is_missing_is_counted_and_is_zero() {
    let folder = with(|tensors| tensors.retain(|name, _| !name.starts_with("esm.contact_head.")));
    let (model, plain) = (started(folder.path()), started(with(|_| ()).path()));
    assert_eq!(model.count().total, plain.count().total);
    assert_equal(&model, &plain, "esm.contact_head.");
    assert_eq!(model.contact.weight.abs().sum(Kind::Float).double_value(&[]), 0.0);
    let remark = checkpoint::examine(folder.path()).unwrap().remark.unwrap();
    assert!(remark.contains("no contact head: zeros stand in"), "{remark}");
    // Half of one is no missing one.
    let half = with(|tensors| _ = tensors.remove("esm.contact_head.regression.bias"));
    let error = with_generator(|| weights::pretrained(half.path(), 2, 42)).unwrap_err().to_string();
    assert!(error.contains("missing: esm.contact_head.regression.bias"), "{error}");
}

#[test]
fn tensors_in_several_files_are_one_model_and_a_missing_file_is_named() {
    let folder = with(|_| ());
    let whole = started(folder.path());
    let single = folder.path().join("model.safetensors");
    let bytes = fs_err::read(&single).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors: Tensors =
        file.tensors().into_iter().map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect();
    let name = |part: usize| format!("model-{:05}-of-00002.safetensors", part + 1);
    for part in 0..2 {
        save(
            tensors.iter().enumerate().filter(|(at, _)| at % 2 == part).map(|(_, tensor)| tensor),
            &folder.path().join(name(part)),
        );
    }
    let map: BTreeMap<&String, String> = tensors.keys().enumerate().map(|(at, key)| (key, name(at % 2))).collect();
    let index = serde_json::json!({ "metadata": {}, "weight_map": map }).to_string();
    fs_err::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    let remark = checkpoint::examine(folder.path()).unwrap().remark.unwrap();
    assert!(remark.contains("model.safetensors.index.json is not read"), "{remark}");
    fs_err::remove_file(single).unwrap();
    assert_equal(&started(folder.path()), &whole, "none");
    assert_equal(&weights::fine_tuned(folder.path(), 2).unwrap().to_device(device()), &small_model(2), "none");
    fs_err::remove_file(folder.path().join(name(1))).unwrap();
    let error = checkpoint::examine(folder.path()).unwrap_err();
    assert!(error.to_string().contains("model-00002-of-00002.safetensors cannot be read"), "{error}");
}

#[test]
fn one_tensor_under_two_names_and_an_adapter_are_refused() {
    let twice = with(|tensors| {
        let bias = tensors["esm.encoder.emb_layer_norm_after.bias"].clone();
        tensors.insert("module.encoder.emb_layer_norm_after.bias".to_owned(), bias);
    });
    let error = checkpoint::examine(twice.path()).unwrap_err().to_string();
    assert!(error.contains("there more than once, under other prefixes: esm.encoder.emb_layer_norm_after.bias"), "{error}");
    let adapter = with(|tensors| {
        let name = "base_model.model.esm.encoder.layer.0.attention.self.query.lora_A.weight";
        tensors.insert(name.to_owned(), (vec![1], vec![0; 4]));
    });
    let error = checkpoint::examine(adapter.path()).unwrap_err();
    assert!(matches!(error, Error::Adapter { .. }) && error.hint().contains("merge_and_unload"), "{error}");
}
