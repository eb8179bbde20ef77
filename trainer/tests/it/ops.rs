//! The CPU kernels against libtorch's own, forward and backward, for every instruction set that this processor has.

use std::{env, process::Command};

use tch::{Device, Kind, Tensor};
use titer_trainer::{
    model::{
        Batch,
        attention::{self, Rotary},
        esm2::inverse_frequencies,
    },
    native::ops,
};

use crate::common::with_generator;

/// What a function gives, and the gradients of its weighted sum with respect to its inputs; all in fp32.
fn traced(inputs: &[&Tensor], function: impl Fn(&[Tensor]) -> Tensor) -> Vec<Tensor> {
    let inputs: Vec<Tensor> = inputs.iter().map(|tensor| tensor.detach().copy().set_requires_grad(true)).collect();
    let out = function(&inputs);
    let weights = Tensor::arange(out.numel() as i64, (Kind::Float, Device::Cpu)).view(out.size().as_slice()).sin();
    let objective = (out.to_kind(Kind::Float) * weights).sum(Kind::Float);
    let gradients = Tensor::run_backward(&[objective], &inputs, false, false);
    std::iter::once(out).chain(gradients).map(|tensor| tensor.detach().to_kind(Kind::Float)).collect()
}

/// The largest difference, of the largest value.
fn difference(ours: &Tensor, theirs: &Tensor) -> f64 {
    assert_eq!(ours.size(), theirs.size());
    let largest = theirs.abs().max().double_value(&[]);
    (ours - theirs).abs().max().double_value(&[]) / largest.max(1e-6)
}

fn assert_agree(ours: &[Tensor], theirs: &[Tensor], tolerance: f64, what: &str) {
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let difference = difference(ours, theirs);
        // A NaN is no agreement either.
        assert!(
            difference <= tolerance,
            "{what}, {}: they differ by {difference:e}",
            if index == 0 { "result" } else { "gradient" }
        );
    }
}

fn normal(shape: &[i64], scale: f64, kind: Kind) -> Tensor {
    (Tensor::randn(shape, (Kind::Float, Device::Cpu)) * scale).to_kind(kind)
}

/// What is true of bf16's eight bits after a sum, and of fp32.
fn tolerance(kind: Kind) -> f64 {
    if kind == Kind::Float { 2e-6 } else { 1.5e-2 }
}

#[test]
fn attention_agrees_with_libtorch() {
    println!("kernels: {}", ops::kernels());
    let lengths = [1_usize, 2, 15, 16, 17, 33, 130, 31];
    let sequences: Vec<Vec<i64>> = lengths.iter().map(|&length| vec![5; length]).collect();
    let slices: Vec<&[i64]> = sequences.iter().map(Vec::as_slice).collect();
    let batch = Batch::pack(&slices, &[], 128, Device::Cpu);
    assert!(batch.tail > 0, "the batch has a tail");
    let tokens = batch.ids.size()[0];
    let heads = 3;
    for head in [16, 24, 32, 64] {
        assert!(ops::attends(head));
        let rotary = Rotary::new(&inverse_frequencies(head), &batch);
        for kind in [Kind::Float, Kind::BFloat16] {
            let (all, queries, rest) = with_generator(|| {
                tch::manual_seed(head);
                let queries = normal(&[lengths.len() as i64, heads * head], 1.5, kind);
                (normal(&[tokens, 3 * heads * head], 1.5, kind), queries, normal(&[tokens, 2 * heads * head], 1.5, kind))
            });
            // Nothing reads the tail, and nothing comes back from it.
            let read = |out: &Tensor| out.narrow(0, 0, tokens - batch.tail);
            let ours = traced(&[&all], |inputs| read(&attention::attend(None, &inputs[0], &rotary, &batch, heads)));
            let theirs = traced(&[&all], |inputs| read(&attention::by_libtorch(None, &inputs[0], &rotary, &batch, heads)));
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, head {head}"));
            let ours =
                traced(&[&queries, &rest], |inputs| attention::attend(Some(&inputs[0]), &inputs[1], &rotary, &batch, heads));
            let theirs =
                traced(&[&queries, &rest], |inputs| attention::by_libtorch(Some(&inputs[0]), &inputs[1], &rotary, &batch, heads));
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, head {head}, first tokens"));
        }
    }
    assert!(!ops::attends(8), "other sizes go to libtorch");
}

#[test]
fn scores_far_below_zero_and_nan_are_borne() {
    let batch = Batch::pack(&[&[5; 20]], &[], 1, Device::Cpu);
    let rotary = Rotary::new(&inverse_frequencies(16), &batch);
    for kind in [Kind::Float, Kind::BFloat16] {
        // Every key is the opposite of every query: all scores are near -6400, those of no key are 0.
        let row =
            Tensor::cat(&[&Tensor::full([16], 40.0, (kind, Device::Cpu)), &Tensor::full([16], -40.0, (kind, Device::Cpu))], 0);
        let values = normal(&[20, 16], 1.0, kind);
        let qkv = Tensor::cat(&[row.unsqueeze(0).expand([20, 32], false), values], 1);
        for tensor in traced(&[&qkv], |inputs| attention::attend(None, &inputs[0], &rotary, &batch, 1)) {
            assert!(tensor.isfinite().all().int64_value(&[]) == 1, "{kind:?}: not all is finite");
        }
        let _ = qkv.get(3).fill_(f64::NAN);
        let out = attention::attend(None, &qkv, &rotary, &batch, 1);
        assert!(out.isnan().all().int64_value(&[]) == 1, "{kind:?}: a NaN was lost");
    }
}

#[test]
fn normalisation_agrees_with_libtorch() {
    for (rows, width) in [(1, 7), (300, 64), (131, 320), (20, 33)] {
        let [x, branch, weight, bias] = with_generator(|| {
            tch::manual_seed(width);
            [&[rows, width][..], &[rows, width], &[width], &[width]].map(|shape| normal(shape, 1.0, Kind::Float) + 0.5)
        });
        let libtorch = |x: &Tensor, weight: &Tensor, bias: &Tensor| x.layer_norm([width], Some(weight), Some(bias), 1e-5, true);
        let ours =
            traced(&[&x, &weight, &bias], |inputs| ops::norm(&inputs[0], [&inputs[1], &inputs[2]], 1e-5, Kind::Float).unwrap());
        let theirs = traced(&[&x, &weight, &bias], |inputs| libtorch(&inputs[0], &inputs[1], &inputs[2]));
        assert_agree(&ours, &theirs, 2e-6, "normalisation");

        for kind in [Kind::Float, Kind::BFloat16] {
            let branch = branch.to_kind(kind);
            // Both results are used, as the residual stream is.
            let ours = traced(&[&x, &branch, &weight, &bias], |inputs| {
                let (normalised, sum) = ops::add_norm(&inputs[0], &inputs[1], [&inputs[2], &inputs[3]], 1e-5, kind).unwrap();
                normalised.to_kind(Kind::Float) + sum * 0.3
            });
            let theirs = traced(&[&x, &branch, &weight, &bias], |inputs| {
                let sum = &inputs[0] + inputs[1].to_kind(Kind::Float);
                libtorch(&sum, &inputs[2], &inputs[3]).to_kind(kind).to_kind(Kind::Float) + sum * 0.3
            });
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, a sum and its normalisation"));
        }
    }
}

#[test]
fn gelu_agrees_with_libtorch() {
    // Both tails, the middle, and a number that no vector divides.
    let x = Tensor::linspace(-12.0, 12.0, 40_003, (Kind::Float, Device::Cpu));
    for kind in [Kind::Float, Kind::BFloat16] {
        let x = x.to_kind(kind);
        let ours = traced(&[&x], |inputs| ops::gelu(&inputs[0]).unwrap());
        let theirs = traced(&[&x], |inputs| inputs[0].gelu("none"));
        assert_agree(&ours, &theirs, if kind == Kind::Float { 3e-7 } else { 8e-3 }, &format!("{kind:?}"));
    }
    // Relative to each value where the result is small: the tail is computed, not what is left of 1.
    let tail = Tensor::linspace(-6.0, -1.0, 1000, (Kind::Float, Device::Cpu));
    let exact = tail.to_kind(Kind::Double).gelu("none");
    let relative = ((ops::gelu(&tail).unwrap().to_kind(Kind::Double) - &exact) / &exact).abs().max().double_value(&[]);
    // The rounding of x² alone, times 18, comes to 2e-6; libtorch loses all digits here.
    assert!(relative < 5e-6, "{relative:e}");
    let nan = ops::gelu(&Tensor::from_slice(&[f32::NAN, 1.0])).unwrap();
    assert!(nan.double_value(&[0]).is_nan() && !nan.double_value(&[1]).is_nan());
}

/// The kernels are chosen once a process: each set has one of its own.
#[test]
fn every_instruction_set_agrees() {
    let mut tried = Vec::new();
    for kernels in ["baseline", "avx2", "avx512", "amx"] {
        let mut test = Command::new(env::current_exe().unwrap());
        test.args(["--nocapture", "--test-threads=1", "ops::", "--skip", "every_instruction_set"]).env("TITER_KERNELS", kernels);
        let done = test.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{kernels}:\n{said}{}", String::from_utf8_lossy(&done.stderr));
        if said.contains(&format!("kernels: {kernels}\n")) {
            tried.push(kernels);
        } else {
            println!("skipped: this processor has no {kernels}");
        }
    }
    assert_eq!(tried[0], "baseline");
    assert_eq!(*tried.last().unwrap(), ops::kernels());
}
