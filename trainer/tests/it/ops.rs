//! The CPU kernels against libtorch's own, forward and backward, for every instruction set that
//! this processor has.

use std::{env, process::Command};

use tch::{Device, Kind, Tensor};
use titer_trainer::{
    model::{
        Batch, attention,
        projection::Projection,
        rotary::{Frequencies, Rotary},
    },
    native::ops::{self, Projected},
};

use crate::{common::with_generator, skip::Skip};

/// What a function gives, and the gradients of its weighted sum with respect to its inputs; all in
/// fp32.
fn traced(inputs: &[&Tensor], function: impl Fn(&[Tensor]) -> Tensor) -> Vec<Tensor> {
    let inputs: Vec<Tensor> = inputs.iter().map(|tensor| tensor.detach().copy().set_requires_grad(true)).collect();
    let out = function(&inputs);
    let weights = Tensor::arange(out.numel() as i64, (Kind::Float, Device::Cpu)).view(out.size().as_slice()).sin();
    let objective = (out.to_kind(Kind::Float) * weights).sum(Kind::Float);
    let gradients = Tensor::run_backward(&[objective], &inputs, false, false);
    std::iter::once(out).chain(gradients).map(|tensor| tensor.detach().to_kind(Kind::Float)).collect()
}

/// The length of the difference, of the length of the result.
fn difference(ours: &Tensor, theirs: &Tensor) -> f64 {
    assert_eq!(ours.size(), theirs.size());
    let [ours, theirs] = [ours, theirs].map(|tensor| tensor.to_kind(Kind::Double));
    (&ours - &theirs).norm().double_value(&[]) / theirs.norm().double_value(&[]).max(1e-6)
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

fn pending(product: &Tensor, bias: &Tensor) -> Projection {
    Projection { product: product.shallow_clone(), bias: Some(bias.shallow_clone()) }
}

/// Product and bias in fp32, as the kernels add them.
fn exact(projection: &Projection) -> Tensor {
    projection.product.to_kind(Kind::Float) + projection.bias.as_ref().unwrap()
}

/// Half a unit of bf16's last place is 2e-3, of fp32's 6e-8. Several meet (in bf16 queries, keys,
/// weights and their gradients are rounded on their way), and a bias's gradient is a sum that
/// nearly cancels.
fn tolerance(kind: Kind) -> f64 {
    if kind == Kind::Float { 4e-6 } else { 2e-2 }
}

#[test]
fn attention_agrees_with_libtorch() {
    println!("kernels: {}", ops::kernels());
    let lengths = [1_usize, 2, 15, 16, 17, 33, 130, 31];
    let sequences: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![5; length]).collect();
    let slices: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let batch = Batch::pack(&slices, &[], 128, Device::Cpu);
    assert!(batch.tail > 0, "the batch has a tail");
    let tokens = batch.ids.size()[0];
    let heads = 3;
    for head in [16, 24, 32, 64] {
        assert!(ops::attends(head));
        let rotary = Rotary::new(&Frequencies::inverse(head), &batch);
        for kind in [Kind::Float, Kind::BFloat16] {
            let hidden = heads * head;
            let [all, bias, queries, query_bias, rest, rest_bias] = with_generator(|| {
                tch::manual_seed(head);
                let sequences = lengths.len() as i64;
                let shapes = [
                    &[tokens, 3 * hidden][..],
                    &[3 * hidden],
                    &[sequences, hidden],
                    &[hidden],
                    &[tokens, 2 * hidden],
                    &[2 * hidden],
                ];
                shapes.map(|shape| normal(shape, 1.2, if shape.len() == 1 { Kind::Float } else { kind }))
            });
            // Nothing reads the tail, and nothing comes back from it.
            let read = |out: &Tensor| out.narrow(0, 0, tokens - batch.tail);
            let both = |inputs: &[Tensor], ours: bool| {
                let projections: Vec<_> = inputs.chunks(2).map(|pair| pending(&pair[0], &pair[1])).collect();
                let (last, first) = projections.split_last().unwrap();
                if ours {
                    attention::attend(first.first(), last, &rotary, &batch, heads)
                } else {
                    attention::by_libtorch(first.first().map(exact).as_ref(), &exact(last), &rotary, &batch, heads).to_kind(kind)
                }
            };
            let [ours, theirs] = [true, false].map(|ours| traced(&[&all, &bias], |inputs| read(&both(inputs, ours))));
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, head {head}"));
            let inputs = [&queries, &query_bias, &rest, &rest_bias];
            let [ours, theirs] = [true, false].map(|ours| traced(&inputs, |inputs| both(inputs, ours)));
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, head {head}, first tokens"));
        }
    }
    assert!(!ops::attends(8), "other sizes go to libtorch");
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let lengths = [40_usize, 7, 90, 33];
    let sequences: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![5; length]).collect();
    let batch = Batch::pack(&sequences.iter().map(Vec::as_slice).collect::<Vec<_>>(), &[], 1, Device::Cpu);
    let rotary = Rotary::new(&Frequencies::inverse(16), &batch);
    let (rows, width) = (170, 32);
    for kind in [Kind::Float, Kind::BFloat16] {
        let [all, bias, x, weight] = with_generator(|| {
            tch::manual_seed(7);
            [&[rows, 3 * width][..], &[3 * width], &[rows, width], &[width]]
                .map(|shape| normal(shape, 1.0, if shape.len() == 1 { Kind::Float } else { kind }))
        });
        let [one, many] = [1, 3].map(|threads| {
            tch::set_num_threads(threads);
            let attended =
                traced(&[&all, &bias], |inputs| attention::attend(None, &pending(&inputs[0], &inputs[1]), &rotary, &batch, 2));
            let gelu = traced(&[&all, &bias], |inputs| ops::gelu(Projected { product: &inputs[0], bias: &inputs[1] }).unwrap());
            let base = Tensor::ones([rows, width], (Kind::Float, Device::Cpu));
            let normalised = traced(&[&base, &x, &weight, &weight, &weight], |inputs| {
                let branch = Projected { product: &inputs[1], bias: &inputs[2] };
                ops::add_norm(&inputs[0], branch, [&inputs[3], &inputs[4]], 1e-5, kind).unwrap().0
            });
            attended.into_iter().chain(gelu).chain(normalised).collect::<Vec<_>>()
        });
        for (one, many) in one.iter().zip(&many) {
            assert!(one.equal(many), "{kind:?}");
        }
    }
}

#[test]
fn scores_far_below_zero_and_nan_are_borne() {
    let batch = Batch::pack(&[&[5; 20]], &[], 1, Device::Cpu);
    let rotary = Rotary::new(&Frequencies::inverse(16), &batch);
    let none = Tensor::zeros([48], (Kind::Float, Device::Cpu));
    for kind in [Kind::Float, Kind::BFloat16] {
        // Every key is the opposite of every query: all scores are near -6400, those of no key are 0.
        let row =
            Tensor::cat(&[&Tensor::full([16], 40.0, (kind, Device::Cpu)), &Tensor::full([16], -40.0, (kind, Device::Cpu))], 0);
        let values = normal(&[20, 16], 1.0, kind);
        let qkv = Tensor::cat(&[row.unsqueeze(0).expand([20, 32], false), values], 1);
        for tensor in traced(&[&qkv], |inputs| attention::attend(None, &pending(&inputs[0], &none), &rotary, &batch, 1)) {
            assert!(tensor.isfinite().all().int64_value(&[]) == 1, "{kind:?}: not all is finite");
        }
        let _ = qkv.get(3).fill_(f64::NAN);
        let out = attention::attend(None, &pending(&qkv, &none), &rotary, &batch, 1);
        assert!(out.isnan().all().int64_value(&[]) == 1, "{kind:?}: a NaN was lost");
    }
}

#[test]
fn normalisation_agrees_with_libtorch() {
    for (rows, width) in [(1, 7), (300, 64), (131, 320), (20, 33)] {
        let [x, branch, branch_bias, weight, bias] = with_generator(|| {
            tch::manual_seed(width);
            [&[rows, width][..], &[rows, width], &[width], &[width], &[width]].map(|shape| normal(shape, 1.0, Kind::Float) + 0.5)
        });
        let libtorch = |x: &Tensor, weight: &Tensor, bias: &Tensor| x.layer_norm([width], Some(weight), Some(bias), 1e-5, true);
        let ours =
            traced(&[&x, &weight, &bias], |inputs| ops::norm(&inputs[0], [&inputs[1], &inputs[2]], 1e-5, Kind::Float).unwrap());
        let theirs = traced(&[&x, &weight, &bias], |inputs| libtorch(&inputs[0], &inputs[1], &inputs[2]));
        assert_agree(&ours, &theirs, tolerance(Kind::Float), "normalisation");

        for kind in [Kind::Float, Kind::BFloat16] {
            let branch = branch.to_kind(kind);
            // Both results are used, as the residual stream is.
            let inputs = [&x, &branch, &branch_bias, &weight, &bias];
            let ours = traced(&inputs, |inputs| {
                let branch = Projected { product: &inputs[1], bias: &inputs[2] };
                let (normalised, sum) = ops::add_norm(&inputs[0], branch, [&inputs[3], &inputs[4]], 1e-5, kind).unwrap();
                normalised.to_kind(Kind::Float) + sum * 0.3
            });
            let theirs = traced(&inputs, |inputs| {
                let sum = &inputs[0] + inputs[1].to_kind(Kind::Float) + &inputs[2];
                libtorch(&sum, &inputs[3], &inputs[4]).to_kind(kind).to_kind(Kind::Float) + sum * 0.3
            });
            assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}, a sum and its normalisation"));
        }
    }
}

#[test]
fn gelu_agrees_with_libtorch() {
    // Both tails, the middle, and a width that no vector divides.
    let x = Tensor::linspace(-12.0, 12.0, 1003 * 41, (Kind::Float, Device::Cpu)).view([1003, 41]);
    let bias = Tensor::linspace(-0.5, 0.5, 41, (Kind::Float, Device::Cpu));
    for kind in [Kind::Float, Kind::BFloat16] {
        let x = x.to_kind(kind);
        let ours = traced(&[&x, &bias], |inputs| ops::gelu(Projected { product: &inputs[0], bias: &inputs[1] }).unwrap());
        let theirs = traced(&[&x, &bias], |inputs| (inputs[0].to_kind(Kind::Float) + &inputs[1]).gelu("none").to_kind(kind));
        assert_agree(&ours, &theirs, tolerance(kind), &format!("{kind:?}"));
    }
    let unbiased = |x: &Tensor| {
        let bias = Tensor::zeros(x.size(), (Kind::Float, Device::Cpu));
        ops::gelu(Projected { product: &x.unsqueeze(0), bias: &bias }).unwrap().squeeze_dim(0)
    };
    // Relative to each value where the result is small: the tail is computed, not what is left of 1.
    let tail = Tensor::linspace(-6.0, -1.0, 1000, (Kind::Float, Device::Cpu));
    let exact = tail.to_kind(Kind::Double).gelu("none");
    let relative = ((unbiased(&tail).to_kind(Kind::Double) - &exact) / &exact).abs().max().double_value(&[]);
    // The rounding of x² alone, times 18, comes to 2e-6; libtorch loses all digits here.
    assert!(relative < 5e-6, "{relative:e}");
    let nan = unbiased(&Tensor::from_slice(&[f32::NAN, 1.0]));
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
            Skip::NoInstructions.because(&format!("this processor has no {kernels}"));
        }
    }
    assert_eq!(tried[0], "baseline");
    assert_eq!(*tried.last().unwrap(), ops::kernels());
}
