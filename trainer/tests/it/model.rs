//! Forward and backward against `transformers.EsmForSequenceClassification`.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use tch::{Kind, Reduction, Tensor};
use titer_core::task::Target;
use titer_core::{data::tokens::VOCAB_TXT, experiment::ModelSize};
use titer_trainer::model::{Batch, Classifier, ModelError, Pass, weights};

use crate::{
    common::{assert_close, device, encode, small_model, stored, with_generator},
    skip::Skip,
};

#[derive(Deserialize)]
struct Answer {
    sequences: Vec<String>,
    labels: Vec<i64>,
    /// Of each sequence: the first four of its `<eos>` and of its `<cls>`.
    hidden: Vec<[[f64; 4]; 2]>,
    logits: Vec<Vec<f64>>,
    loss: f64,
    gradients: BTreeMap<String, Gradient>,
}

#[derive(Deserialize)]
struct Gradient {
    norm: f64,
    #[serde(default)]
    first: Vec<f64>,
}

#[derive(Deserialize)]
struct Known {
    known_answer: [[f64; 3]; 3],
}

fn pack(tokens: &[Vec<u8>], labels: &[i64]) -> Batch {
    Batch::pack(&tokens.iter().map(Vec::as_slice).collect::<Vec<_>>(), &classes(labels), 1, device())
}

fn assert_matches(model: &Classifier, answer: &Answer) {
    let tokens = encode(&answer.sequences);
    let batch = pack(&tokens, &answer.labels);
    for (_, parameter) in model.trained() {
        let _ = parameter.shallow_clone().set_requires_grad(true);
    }

    let pass = Pass::new(model, Kind::Float);
    let logits = pass.logits(&batch);
    for (index, row) in (0..).zip(&answer.logits) {
        for (class, &logit) in (0..).zip(row) {
            assert_close(logits.double_value(&[index, class]), logit, 1e-5, "logit");
        }
    }

    let hidden = pass.hidden(&batch);
    let mut end = 0;
    for (index, [eos, cls]) in answer.hidden.iter().enumerate() {
        let start = end;
        end += batch.lengths[index];
        for column in 0..4 {
            assert_close(hidden.double_value(&[start, column]), cls[column as usize], 1e-5, "hidden state of <cls>");
            assert_close(hidden.double_value(&[end - 1, column]), eos[column as usize], 1e-5, "hidden state of <eos>");
        }
    }

    let loss = logits.cross_entropy_loss::<Tensor>(&batch.targets, None, Reduction::Mean, -100, 0.0);
    assert_close(loss.double_value(&[]), answer.loss, 1e-5, "loss");
    loss.backward();
    assert_eq!(model.trained().len(), answer.gradients.len());
    for (name, parameter) in model.trained() {
        let (gradient, expected) = (parameter.grad(), &answer.gradients[&name]);
        assert_close(gradient.norm().double_value(&[]), expected.norm, 1e-5, &format!("gradient norm of {name}"));
        for (index, &value) in (0..).zip(&expected.first) {
            assert_close(gradient.flatten(0, -1).double_value(&[index]), value, 1e-5, &format!("gradient of {name}"));
        }
    }
}

#[test]
fn forward_and_gradients_equal_the_reference() {
    assert_matches(&small_model(3), &stored("model.json"));
}

#[test]
fn a_protein_alone_gets_the_logits_it_gets_in_a_batch() {
    let answer: Answer = stored("model.json");
    let model = small_model(3);
    let pass = Pass::new(&model, Kind::Float);
    for (protein, row) in answer.sequences.iter().zip(&answer.logits) {
        let logits = pass.logits(&pack(&encode(std::slice::from_ref(protein)), &[]));
        for (class, &logit) in (0..).zip(row) {
            assert_close(logits.double_value(&[0, class]), logit, 1e-5, "logit");
        }
    }
}

#[test]
fn a_tail_changes_neither_logits_nor_gradients() {
    if device().is_cuda() {
        Skip::OnGpu.because("batches have no tail on a GPU");
        return;
    }
    let answer: Answer = stored("model.json");
    let tokens = encode(&answer.sequences);
    let model = small_model(3);
    let slices: Vec<&[u8]> = tokens.iter().map(Vec::as_slice).collect();
    let parameters: Vec<Tensor> =
        model.trained().into_iter().map(|(_, tensor)| tensor.shallow_clone().set_requires_grad(true)).collect();
    let results = [1, 128].map(|align| {
        let batch = Batch::pack(&slices, &classes(&answer.labels), align, device());
        assert_eq!(batch.ids.size1().unwrap() % align, 0);
        let logits = Pass::new(&model, Kind::Float).logits(&batch);
        let loss = logits.cross_entropy_loss::<Tensor>(&batch.targets, None, Reduction::Mean, -100, 0.0);
        (logits, Tensor::run_backward(&[loss], &parameters, false, false))
    });
    let [(logits, gradients), (tailed_logits, tailed_gradients)] = results;
    assert!(logits.allclose(&tailed_logits, 1e-6, 1e-6, false));
    for (one, other) in gradients.iter().zip(&tailed_gradients) {
        assert!(one.allclose(other, 1e-5, 1e-6, false));
    }
}

#[test]
fn real_weights_give_the_reference_logits_and_gradients() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.weights/esm2-8m");
    if !folder.exists() {
        Skip::NoWeights.because("no weights in .weights/esm2-8m");
        return;
    }
    let model = with_generator(|| weights::pretrained(&folder, 2, 42)).unwrap().to_device(device());
    assert_eq!(model.count().total, 7_512_443);
    assert_matches(&model, &stored("esm2_8m.json"));

    // The protein of `transformers`' own integration test.
    let batch = pack(&[vec![0, 6, 4, 13, 5, 4, 16, 12, 11, 7, 2]], &[]);
    let hidden = Pass::new(&model, Kind::Float).hidden(&batch);
    for (token, row) in (0..).zip(stored::<Known>("esm2_8m.json").known_answer) {
        for (column, value) in (0..).zip(row) {
            assert_close(hidden.double_value(&[token, column]), value, 1e-5, "known hidden state");
        }
    }
}

#[test]
fn the_seed_model_has_7_512_443_parameters() {
    let counts = with_generator(|| weights::random(ModelSize::M8, 2, 42)).count();
    assert_eq!(counts.total, 7_512_443);
    let blocks: Vec<u64> = counts.blocks.iter().map(|block| block.parameters).collect();
    assert_eq!(blocks, [10_560, 7_397_760, 640, 121, 102_720, 642]);
}

#[test]
fn masked_tokens_are_zeroed_and_the_rest_scaled_up() {
    let batch = pack(&[vec![0, 5, 32, 2], vec![0, 5, 6, 2]], &[]);
    let scale = Vec::<f32>::try_from(batch.mask_scale.unwrap().flatten(0, -1)).unwrap();
    let raised = 0.88 / 0.75;
    for (found, expected) in scale.iter().zip([raised, raised, 0.0, raised, 0.88, 0.88, 0.88, 0.88]) {
        assert!((found - expected).abs() < 1e-6, "{scale:?}");
    }
}

/// Saves the small model, lets `change` edit the file's tensors, and reads it back.
fn read_changed(change: impl FnOnce(&mut BTreeMap<String, (Vec<usize>, Vec<u8>)>)) -> Result<Classifier, ModelError> {
    use safetensors::{Dtype, SafeTensors, tensor::TensorView};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = small_model(2);
    weights::save(&model, &path).unwrap();
    let config = serde_json::to_string(&model.config).unwrap();
    fs_err::write(folder.path().join("config.json"), config).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors =
        file.tensors().into_iter().map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect();
    change(&mut tensors);
    let views: Vec<_> =
        tensors.iter().map(|(name, (shape, data))| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap())).collect();
    safetensors::serialize_to_file(views, None, &path).unwrap();
    weights::fine_tuned(folder.path(), 2)
}

#[test]
fn a_saved_model_reads_back_bit_for_bit() {
    // Read back where it is used: a file's tensors come to the host.
    let (saved, model) = (read_changed(|_| ()).unwrap().to_device(device()), small_model(2));
    for ((name, ours), (_, theirs)) in saved.named().into_iter().zip(model.named()) {
        assert!(ours.equal(theirs), "{name}");
    }
}

#[test]
fn a_missing_an_extra_and_a_misshapen_tensor_are_all_named() {
    let error = read_changed(|tensors| {
        tensors.remove("esm.encoder.layer.1.output.dense.bias").unwrap();
        tensors.insert("esm.surplus".to_owned(), (vec![1], vec![0; 4]));
        tensors.insert("esm.encoder.layer.0.LayerNorm.weight".to_owned(), (vec![1], vec![0; 4]));
        tensors.insert("lm_head.bias".to_owned(), (vec![1], vec![0; 4]));
    })
    .unwrap_err()
    .to_string();
    assert!(error.contains("missing: esm.encoder.layer.1.output.dense.bias [32]"), "{error}");
    assert!(error.contains("not part of the model: esm.surplus"), "{error}");
    assert!(error.contains("esm.encoder.layer.0.LayerNorm.weight: the shape is [1], not [32]"), "{error}");
    assert!(!error.contains("lm_head"), "{error}");
}

/// Sets one value of a tensor.
fn set(tensor: &mut (Vec<usize>, Vec<u8>), at: usize, value: f32) {
    tensor.1[4 * at..][..4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn tensors_that_hold_nan_or_infinity_are_named() {
    let error = read_changed(|tensors| {
        let query = tensors.get_mut("esm.encoder.layer.1.attention.self.query.weight").unwrap();
        for (at, value) in [(0, f32::NAN), (7, f32::INFINITY), (1023, f32::NAN)] {
            set(query, at, value);
        }
        set(tensors.get_mut("classifier.out_proj.bias").unwrap(), 1, f32::NEG_INFINITY);
        set(tensors.get_mut("esm.embeddings.word_embeddings.weight").unwrap(), 3, f32::MAX);
    })
    .unwrap_err();
    let told = error.to_string();
    assert!(told.contains("model.safetensors holds values that are NaN or infinite:"), "{told}");
    assert!(told.contains("esm.encoder.layer.1.attention.self.query.weight: 3 of 1024 values"), "{told}");
    assert!(told.contains("classifier.out_proj.bias: 1 of 2 values") && !told.contains("word_embeddings"), "{told}");
    assert!(error.hint().contains("every run would diverge"), "{}", error.hint());
}

#[test]
fn a_checkpoint_of_another_vocabulary_is_refused_and_one_without_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let model = small_model(2);
    weights::save(&model, &folder.path().join("model.safetensors")).unwrap();
    fs_err::write(folder.path().join("config.json"), serde_json::to_string(&model.config).unwrap()).unwrap();
    let load = |vocabulary: Option<String>| {
        let path = folder.path().join("vocab.txt");
        vocabulary.inspect(|text| fs_err::write(&path, text).unwrap());
        weights::fine_tuned(folder.path(), 2).map(drop)
    };
    load(None).unwrap();
    load(Some(VOCAB_TXT.to_owned())).unwrap();
    let error = load(Some(VOCAB_TXT.replace("L\nA\n", "A\nL\n"))).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("vocab.txt is of another vocabulary: line 5 is \"A\", where ESM-2's vocabulary has \"L\""), "{told}");
    assert!(error.hint().contains("33 tokens"), "{}", error.hint());
}

#[test]
fn a_file_cut_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = small_model(2);
    weights::save(&model, &path).unwrap();
    fs_err::write(folder.path().join("config.json"), serde_json::to_string(&model.config).unwrap()).unwrap();
    let whole = fs_err::read(&path).unwrap();
    fs_err::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(weights::fine_tuned(folder.path(), 2), Err(ModelError::Safetensors { .. })));
}

#[test]
fn a_configuration_this_model_does_not_compute_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = serde_json::to_value(&small_model(2).config).unwrap();
    config["position_embedding_type"] = "absolute".into();
    fs_err::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let error = with_generator(|| weights::pretrained(folder.path(), 2, 42)).unwrap_err().to_string();
    assert!(error.contains("position_embedding_type = absolute is not supported (supported: rotary)"), "{error}");
}

#[test]
fn the_runner_knows_the_tensors_of_a_checkpoint_by_name_and_shape() {
    let model = small_model(2);
    let ours: Vec<(String, Vec<i64>)> = model.named().into_iter().map(|(name, tensor)| (name, tensor.size())).collect();
    let encoder = ours.into_iter().filter(|(name, _)| !name.starts_with("classifier."));
    assert_eq!(encoder.collect::<Vec<_>>(), titer_core::checkpoint::encoder(&model.config));
}

#[test]
fn what_a_run_saves_the_runner_finds_right() {
    let folder = tempfile::tempdir().unwrap();
    let model = small_model(2);
    weights::save(&model, &folder.path().join("model.safetensors")).unwrap();
    fs_err::write(folder.path().join("config.json"), serde_json::to_string(&model.config).unwrap()).unwrap();
    let examined = titer_core::checkpoint::examine(folder.path()).unwrap();
    assert_eq!(examined.config, model.config);
    let head = "left out: the classification head (each run draws its own)";
    assert_eq!(examined.remark.as_deref(), Some(head));
}

fn classes(labels: &[i64]) -> Vec<Target> {
    labels.iter().map(|label| Target::Class(*label as usize)).collect()
}
