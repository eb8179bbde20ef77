//! The steps of a small model on a GPU, recorded: it computes them quicker than a host can launch their hundreds of kernels one by one.
//!
//! Batches are filled up to one of a few shapes ([`Batch::fill`]). The first batch of a shape is computed as ever, which makes ready
//! what only has to be made ready once; the second is recorded, forward and backward pass, as a CUDA graph; from then on a batch is copied to
//! where the recording reads, and the graph replayed. Clipping and AdamW, a few fused launches, are not part of it. The numbers are
//! the same: the same kernels on the same shapes.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::{
    Examples,
    backward::{self, Gradients, differentiated},
};
use crate::{
    model::{Batch, Classifier, Frozen, batch::Shape},
    native::{
        NativeError,
        graph::{Graph, Recorder},
        profile,
    },
};

/// How the steps of a run are recorded, and those that were.
#[derive(Debug)]
pub struct Recorded {
    tape: Tape,
    /// Shapes that are recorded; batches of others are computed as ever.
    most: usize,
    /// `None`: seen once.
    shapes: BTreeMap<Shape, Option<Recording>>,
}

/// What records.
#[derive(Debug)]
enum Tape {
    Cuda(Recorder),
    /// Recording has failed: steps are computed as ever.
    Broken,
    /// Stands in for a GPU: a replay computes again from where a recording would read. Fails where it is told to.
    #[cfg(test)]
    Recomputing {
        fails: bool,
    },
}

/// One shape's step.
#[derive(Debug)]
struct Recording {
    /// Before the tensors: nothing is replayed any more when they go.
    replay: Replay,
    /// What it reads.
    batch: Batch,
    scale: Option<Tensor>,
    /// What it writes.
    loss: Tensor,
    gradients: Vec<Tensor>,
}

#[derive(Debug)]
enum Replay {
    Graph(Graph),
    #[cfg(test)]
    Recomputing,
}

impl Recorded {
    /// Of the models whose launches take longer than their kernels the largest, ESM-2 35M; with a little to spare.
    const LARGEST: usize = 40_000_000;
    /// Of the batches whose launches take longer than their kernels the largest, in tokens.
    const LONGEST: u64 = 16_384;
    /// Batches of 16 proteins need no more shapes.
    const MOST: usize = 32;
    /// Each recording holds a model's gradients: all of them together no more than this.
    const BYTES: usize = 1 << 30;

    /// For a model that gains by it: a small one on a GPU, which is trained whole and by itself. Not while operations are timed one by one,
    /// nor with `TITER_CUDA_GRAPHS=off`.
    #[must_use]
    pub fn of(model: &Classifier) -> Option<Self> {
        let Device::Cuda(device) = model.device() else { return None };
        let parameters: usize = model.named().iter().map(|(_, tensor)| tensor.numel()).sum();
        let is_off = std::env::var_os("TITER_CUDA_GRAPHS").is_some_and(|value| value == "off");
        if is_off || parameters > Self::LARGEST || model.frozen != Frozen::Nothing || profile::is_on() {
            return None;
        }
        match Recorder::open(device) {
            Ok(recorder) => {
                let most = (Self::BYTES / (parameters * Kind::Float.elt_size_in_bytes())).min(Self::MOST);
                Some(Self { tape: Tape::Cuda(recorder), most, shapes: BTreeMap::new() })
            }
            Err(error) => {
                tracing::warn!("without CUDA graphs, kernels are launched one by one: {error}");
                None
            }
        }
    }

    /// As [`backward::gradients`]; the gradients are to be used before the next are asked for.
    pub(super) fn gradients(
        &mut self,
        model: &Classifier,
        examples: &Examples,
        indices: &[usize],
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<Gradients, NativeError> {
        let (sequences, labels) = examples.at(indices);
        let tokens = sequences.iter().map(|sequence| sequence.len() as u64).sum();
        if tokens > Self::LONGEST || matches!(self.tape, Tape::Broken) {
            return Ok(backward::gradients(model, examples, indices, compute, scale));
        }
        let batch = Batch::fill(&sequences, &labels, model.device());
        let (loss, gradients) = self.step(model, batch, compute, scale)?;
        Ok(Gradients { loss, gradients, tokens })
    }

    fn step(
        &mut self,
        model: &Classifier,
        batch: Batch,
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<(Tensor, Vec<Tensor>), NativeError> {
        let (shape, has_room) = (batch.shape(), self.shapes.len() < self.most);
        // Of what a batch with masks reads some is not copied, and hardly any data has them.
        let is_plain = batch.mask_scale.is_none();
        match self.shapes.get_mut(&shape) {
            Some(Some(recording)) if is_plain => recording.play(model, &batch, compute, scale),
            Some(unrecorded) if is_plain => {
                let scale_read = scale.map(Tensor::copy);
                match self.tape.record(|| differentiated(model, &batch, compute, scale_read.as_ref())) {
                    Ok((replay, (loss, gradients))) => {
                        let recording = Recording { replay, batch, scale: scale_read, loss, gradients };
                        unrecorded.insert(recording).run(model, compute)
                    }
                    Err(error) => {
                        tracing::warn!("a step could not be recorded, from here on kernels are launched one by one: {error}");
                        // Maybe it was memory that was missing.
                        (self.tape, self.shapes) = (Tape::Broken, BTreeMap::new());
                        Ok(differentiated(model, &batch, compute, scale))
                    }
                }
            }
            seen => {
                if seen.is_none() && is_plain && has_room {
                    self.shapes.insert(shape, None);
                }
                Ok(differentiated(model, &batch, compute, scale))
            }
        }
    }
}

impl Tape {
    /// Records what `body` does, without doing it.
    fn record<T>(&self, body: impl FnOnce() -> T) -> Result<(Replay, T), NativeError> {
        match self {
            Self::Cuda(recorder) => recorder.record(body).map(|(graph, made)| (Replay::Graph(graph), made)),
            Self::Broken => unreachable!("nothing is recorded any more"),
            #[cfg(test)]
            Self::Recomputing { fails: true } => Err(NativeError { message: "as it was told to".to_owned() }),
            #[cfg(test)]
            Self::Recomputing { fails: false } => Ok((Replay::Recomputing, body())),
        }
    }
}

impl Recording {
    /// Takes the step with another batch of the same shape.
    fn play(
        &mut self,
        model: &Classifier,
        batch: &Batch,
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<(Tensor, Vec<Tensor>), NativeError> {
        self.batch.take_over(batch);
        if let (Some(ours), Some(theirs)) = (&self.scale, scale) {
            ours.shallow_clone().copy_(theirs);
        }
        self.run(model, compute)
    }

    /// The loss is a tensor of its own, for it is read steps later; the gradients are those of the recording, which the next replay
    /// writes anew.
    #[cfg_attr(not(test), expect(unused_variables, reason = "what stands in for a GPU computes"))]
    fn run(&self, model: &Classifier, compute: Kind) -> Result<(Tensor, Vec<Tensor>), NativeError> {
        match &self.replay {
            Replay::Graph(graph) => graph.replay()?,
            #[cfg(test)]
            Replay::Recomputing => {
                let (loss, gradients) = differentiated(model, &self.batch, compute, self.scale.as_ref());
                tch::no_grad(|| {
                    self.loss.shallow_clone().copy_(&loss);
                    self.gradients.iter().zip(&gradients).for_each(|(ours, new)| ours.shallow_clone().copy_(new));
                });
            }
        }
        Ok((self.loss.copy(), self.gradients.iter().map(Tensor::shallow_clone).collect()))
    }
}

#[cfg(test)]
mod tests {
    use titer::{data::tokens::PAD, experiment::ModelSize};

    use super::*;
    use crate::model::weights;

    impl Recorded {
        fn recomputing() -> Self {
            Self { tape: Tape::Recomputing { fails: false }, most: 2, shapes: BTreeMap::new() }
        }

        fn recordings(&self) -> usize {
            self.shapes.values().flatten().count()
        }
    }

    fn model() -> Classifier {
        let model = weights::random(ModelSize::Tiny, 3, 7);
        for (_, tensor) in model.trained() {
            let _ = tensor.set_requires_grad(true);
        }
        model
    }

    /// Proteins of these lengths, their residues and classes of all kinds.
    fn examples(lengths: &[usize]) -> Examples {
        let residue = |at: usize| 4 + (at * 7 % 20) as u8;
        Examples {
            tokens: lengths.iter().map(|&length| (0..length).map(|at| residue(at * at + length)).collect()).collect(),
            labels: (0..lengths.len()).map(|index| index % 3).collect(),
            features: None,
        }
    }

    fn difference(one: &Tensor, other: &Tensor) -> f64 {
        (one - other).abs().max().double_value(&[])
    }

    #[test]
    fn shapes_are_few_and_hardly_larger_than_their_batches() {
        let mut shapes = std::collections::BTreeSet::new();
        for seed in 0..1000_usize {
            let lengths: Vec<usize> = (0..16).map(|protein| 50 + (seed * 7919 + protein * protein * 104_729) % 463).collect();
            let (shape, total) = (Shape::of(&lengths), lengths.iter().sum::<usize>() as i64);
            let surplus = shape.tokens - total;
            assert!((1..=total / 16).contains(&surplus), "{lengths:?}: {shape:?}");
            assert!(surplus <= shape.longest && shape.longest >= 50 && shape.longest % 128 == 0);
            assert_eq!(shape.sequences, 17);
            shapes.insert(shape);
        }
        assert!(shapes.len() <= Recorded::MOST, "{}", shapes.len());
        // Peptides: a surplus longer than any of them fits too.
        assert_eq!(Shape::of(&[5, 7]), Shape { tokens: 64, sequences: 3, longest: 128 });
        assert_eq!(Shape::of(&[64]), Shape { tokens: 128, sequences: 2, longest: 128 });
    }

    #[test]
    fn a_surplus_changes_neither_loss_nor_gradients() {
        let (model, examples) = (model(), examples(&[30, 12, 41]));
        let (sequences, labels) = examples.at(&[0, 1, 2]);
        let filled = Batch::fill(&sequences, &labels, Device::Cpu);
        assert_eq!(filled.shape(), Shape { tokens: 128, sequences: 4, longest: 128 });
        assert_eq!(filled.ids.eq(i64::from(PAD)).sum(Kind::Int64).int64_value(&[]), 128 - 83);
        let (loss, gradients) = differentiated(&model, &filled, Kind::Float, None);
        let plain = backward::gradients(&model, &examples, &[0, 1, 2], Kind::Float, None);
        assert!(difference(&loss, &plain.loss) < 1e-6);
        for (ours, theirs) in gradients.iter().zip(&plain.gradients) {
            assert!(difference(ours, theirs) < 1e-6 + 1e-5 * theirs.abs().max().double_value(&[]));
        }
    }

    #[test]
    fn each_replay_reads_the_batch_the_scale_and_the_parameters_of_its_step() {
        let model = model();
        let examples = examples(&[30, 12, 41, 28, 15, 39, 33, 9, 40, 100, 90, 80]);
        let mut recorded = Recorded::recomputing();
        let mut losses = Vec::new();
        let batches: [&[usize]; 7] = [&[0, 1, 2], &[3, 4, 5], &[9, 10, 11], &[6, 7, 8], &[0, 1], &[9, 11, 10], &[3, 1, 8]];
        for (step, indices) in batches.into_iter().enumerate() {
            let scale = Tensor::from(2.0_f32 + step as f32);
            let ours = recorded.gradients(&model, &examples, indices, Kind::Float, Some(&scale)).unwrap();
            let plain = backward::gradients(&model, &examples, indices, Kind::Float, Some(&scale));
            assert_eq!(ours.tokens, plain.tokens);
            for (ours, theirs) in ours.gradients.iter().zip(&plain.gradients) {
                assert!(difference(ours, theirs) < 1e-5 + 1e-5 * theirs.abs().max().double_value(&[]), "step {step}");
            }
            // Losses are read later, when the recording has written others.
            losses.push((ours.loss, plain.loss));
            tch::no_grad(|| {
                for ((_, parameter), gradient) in model.trained().into_iter().zip(&plain.gradients) {
                    let _ = parameter.shallow_clone().g_sub_(&(gradient * 0.05));
                }
            });
        }
        for (step, (ours, plain)) in losses.iter().enumerate() {
            assert!(difference(ours, plain) < 1e-5, "step {step}");
        }
        assert!(difference(&losses[0].0, &losses[6].0) > 1e-3, "the steps differ");
        // The shape that came third found no room.
        assert_eq!((recorded.shapes.len(), recorded.recordings()), (2, 2));
    }

    #[test]
    fn where_recording_fails_steps_are_computed_as_ever() {
        let (model, examples) = (model(), examples(&[30, 12, 41]));
        let mut recorded = Recorded { tape: Tape::Recomputing { fails: true }, ..Recorded::recomputing() };
        let plain = backward::gradients(&model, &examples, &[0, 1, 2], Kind::Float, None);
        for _ in 0..3 {
            let ours = recorded.gradients(&model, &examples, &[0, 1, 2], Kind::Float, None).unwrap();
            assert!(difference(&ours.loss, &plain.loss) < 1e-6);
        }
        assert!(recorded.shapes.is_empty() && matches!(recorded.tape, Tape::Broken));
    }

    #[test]
    fn a_batch_with_masks_is_computed_as_ever() {
        let model = model();
        let mut examples = examples(&[30, 12, 41]);
        examples.tokens[1][3] = titer::data::tokens::MASK;
        let mut recorded = Recorded::recomputing();
        for _ in 0..3 {
            let ours = recorded.gradients(&model, &examples, &[0, 1, 2], Kind::Float, None).unwrap();
            let plain = backward::gradients(&model, &examples, &[0, 1, 2], Kind::Float, None);
            assert!(difference(&ours.loss, &plain.loss) < 1e-6);
        }
        assert!(recorded.shapes.is_empty());
    }

    #[test]
    fn the_worker_carries_the_library_that_records() {
        assert!(crate::native::graph::is_built(), "`just setup` fetches the headers it takes");
        // Without a GPU it says why it cannot be had, and nothing else comes of it.
        if crate::native::gpus().is_empty() {
            let _ = crate::native::open_cuda();
            println!("{}", Recorder::open(0).unwrap_err());
        }
    }
}
