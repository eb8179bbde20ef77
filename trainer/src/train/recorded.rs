//! The steps of a run on a GPU, recorded: it computes them quicker than a host can launch their
//! hundreds of kernels one by one.
//!
//! Batches are filled up to one of a few shapes, which are chosen before the first step
//! ([`Shapes`]). One pass is computed and thrown away, which makes ready what only has to be made
//! ready once; then the forward and backward pass of each shape is recorded as a CUDA graph. From
//! then on a batch is copied to where its recording reads, and the graph replayed.
//!
//! All recordings write one loss and one set of gradients, which are used up before the next
//! replay, and what they compute on the way lies in memory that they share. So memory is that of
//! the largest shape, however many there are. Clipping and AdamW, a few fused launches, are not
//! part of a recording. The numbers are those of the same kernels launched one by one.

use std::{collections::BTreeMap, time::Instant};

use tch::{Device, Kind, Tensor};
use titer_core::experiment::TrainSettings;

use super::{
    Examples,
    backward::{self, Gradients, differentiated},
    shapes::Shapes,
};
use crate::{
    model::{Batch, Classifier, Frozen, batch::Shape},
    native::{
        self, NativeError,
        graph::{Graph, Recorder},
        profile,
    },
};

/// How the steps of a run are computed whose batches are filled up.
#[derive(Debug)]
pub struct Recorded {
    shapes: Shapes,
    steps: Steps,
}

#[derive(Debug)]
enum Steps {
    /// Before the first one.
    Unrecorded(Tape),
    Recorded(Recordings),
    /// Kernels are launched one by one, on batches of the same shapes: the numbers are the same.
    Launched,
}

/// What records.
#[derive(Debug)]
enum Tape {
    Cuda(Recorder),
    /// Stands in for a GPU: a replay computes again from where a recording would read. Fails at the
    /// recording that it is told to.
    #[cfg(test)]
    Recomputing {
        fails_at: Option<usize>,
    },
}

/// A recording of each shape, and what they share.
#[derive(Debug)]
struct Recordings {
    of: BTreeMap<Shape, Recording>,
    shared: Shared,
}

/// One shape's step.
#[derive(Debug)]
struct Recording {
    /// Before the tensors: nothing is replayed any more when they go.
    replay: Replay,
    /// What it reads.
    batch: Batch,
}

#[derive(Debug)]
enum Replay {
    Graph(Graph),
    #[cfg(test)]
    Recomputing,
}

/// The tensors that all recordings read and write. They are made before the first recording,
/// outside of the memory that recordings share.
#[derive(Debug)]
struct Shared {
    /// Read.
    scale: Option<Tensor>,
    /// Written.
    loss: Tensor,
    gradients: Vec<Tensor>,
}

impl Recorded {
    /// For a model on a GPU that is trained whole; `None` where no batch of the recipe has few
    /// enough tokens to gain by it. Kernels are launched one by one while operations are timed, and
    /// with `TITER_CUDA_GRAPHS=off`.
    #[must_use]
    pub fn of(model: &Classifier, recipe: &TrainSettings, train: &Examples) -> Option<Self> {
        let Device::Cuda(device) = model.device() else { return None };
        if model.frozen != Frozen::Nothing {
            return None;
        }
        let shapes = Some(Shapes::plan(recipe, train)).filter(|shapes| !shapes.is_empty())?;
        let is_off = std::env::var_os("TITER_CUDA_GRAPHS").is_some_and(|value| value == "off");
        if is_off || profile::is_on() {
            return Some(Self { shapes, steps: Steps::Launched });
        }
        let steps = match Recorder::open(device) {
            Ok(recorder) => Steps::Unrecorded(Tape::Cuda(recorder)),
            Err(error) => {
                tracing::warn!("without CUDA graphs, kernels are launched one by one: {error}");
                Steps::Launched
            }
        };
        Some(Self { shapes, steps })
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
        let (sequences, targets) = examples.at(indices);
        let Some(shape) = self.shapes.of(&sequences) else {
            return Ok(backward::gradients(model, examples, indices, compute, scale));
        };
        if let Steps::Unrecorded(tape) = &self.steps {
            self.steps = match Recordings::make(tape, &self.shapes, model, compute, scale) {
                Ok(recordings) => Steps::Recorded(recordings),
                Err(error) => {
                    tracing::warn!("steps could not be recorded, kernels are launched one by one: {error}");
                    Steps::Launched
                }
            };
        }
        let tokens = sequences.iter().map(|sequence| sequence.len() as u64).sum();
        let fill = |device| {
            let _phase = profile::phase(c"data");
            Batch::fill(&sequences, &targets, shape, device)
        };
        let (loss, gradients) = match &mut self.steps {
            Steps::Recorded(recordings) => recordings.replay(model, &fill(Device::Cpu), compute, scale)?,
            Steps::Launched | Steps::Unrecorded(_) => differentiated(model, &fill(model.device()), compute, scale),
        };
        Ok(Gradients { loss, gradients, tokens })
    }
}

impl Recordings {
    /// Records a step of each shape. The first one has most tokens: the others find room in the
    /// memory that it took.
    fn make(
        tape: &Tape,
        shapes: &Shapes,
        model: &Classifier,
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<Self, NativeError> {
        let began = Instant::now();
        let shared = Shared::new(model, scale);
        let mut of = BTreeMap::new();
        for shape in shapes.all() {
            let batch = Batch::blank(shape, model.objective.blank(), model.device());
            let step = || shared.take(model, &batch, compute);
            if of.is_empty() {
                native::caught(step)?;
                tape.tidy()?;
            }
            let replay = tape.record(of.len(), step)?;
            of.insert(shape, Recording { replay, batch });
        }
        let tokens: Vec<i64> = of.keys().map(|shape| shape.tokens).collect();
        tracing::info!("steps of {tokens:?} tokens recorded in {:.2} s", began.elapsed().as_secs_f64());
        Ok(Self { of, shared })
    }

    /// Takes the step of a batch on the host. The loss is a tensor of its own, for it is read steps
    /// later; the gradients are those that the next replay writes anew.
    #[cfg_attr(not(test), expect(unused_variables, reason = "what stands in for a GPU computes"))]
    fn replay(
        &mut self,
        model: &Classifier,
        batch: &Batch,
        compute: Kind,
        scale: Option<&Tensor>,
    ) -> Result<(Tensor, Vec<Tensor>), NativeError> {
        let Self { of, shared } = self;
        let message = || format!("no step was recorded of {:?}", batch.shape());
        let recording = of.get_mut(&batch.shape()).ok_or_else(|| NativeError { message: message() })?;
        recording.batch.take_over(batch);
        if let (Some(ours), Some(theirs)) = (&shared.scale, scale) {
            ours.shallow_clone().copy_(theirs);
        }
        match &recording.replay {
            Replay::Graph(graph) => graph.replay()?,
            #[cfg(test)]
            Replay::Recomputing => shared.take(model, &recording.batch, compute),
        }
        Ok((shared.loss.copy(), shared.gradients.iter().map(Tensor::shallow_clone).collect()))
    }
}

impl Shared {
    fn new(model: &Classifier, scale: Option<&Tensor>) -> Self {
        tch::no_grad(|| Self {
            scale: scale.map(Tensor::copy),
            loss: Tensor::zeros([], (Kind::Float, model.device())),
            gradients: model.trained().into_iter().map(|(_, parameter)| parameter.detach().zeros_like()).collect(),
        })
    }

    /// Takes a step; nothing of what it makes on the way is left afterwards.
    fn take(&self, model: &Classifier, batch: &Batch, compute: Kind) {
        let (loss, gradients) = differentiated(model, batch, compute, self.scale.as_ref());
        native::copy_all(&gradients, &self.gradients);
        native::copy_all(&[loss], std::slice::from_ref(&self.loss));
    }
}

impl Tape {
    /// Records what `body` does, without doing it.
    #[cfg_attr(not(test), expect(unused_variables, reason = "what stands in for a GPU may fail"))]
    fn record(&self, number: usize, body: impl FnOnce()) -> Result<Replay, NativeError> {
        match self {
            Self::Cuda(recorder) => recorder.record(body).map(Replay::Graph),
            #[cfg(test)]
            Self::Recomputing { fails_at } if *fails_at == Some(number) => {
                Err(NativeError { message: "as it was told to".to_owned() })
            }
            #[cfg(test)]
            Self::Recomputing { .. } => Ok(Replay::Recomputing),
        }
    }

    fn tidy(&self) -> Result<(), NativeError> {
        match self {
            Self::Cuda(recorder) => recorder.tidy(),
            #[cfg(test)]
            Self::Recomputing { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use titer_core::{data::tokens::PAD, experiment::ModelSize, task::Target};

    use super::{super::shapes::Size, *};
    use crate::model::weights;

    impl Recorded {
        /// For batches like these.
        fn recomputing(examples: &Examples, batches: &[&[usize]], fails_at: Option<usize>) -> Self {
            let shapes = Shapes::choose(batches.iter().map(|indices| Size::of(&examples.at(indices).0)));
            Self { shapes, steps: Steps::Unrecorded(Tape::Recomputing { fails_at }) }
        }

        fn recordings(&self) -> &Recordings {
            match &self.steps {
                Steps::Recorded(recordings) => recordings,
                other => panic!("{other:?}"),
            }
        }
    }

    impl Recordings {
        /// What is held as long as the run lasts; what recordings compute on the way is the largest
        /// one's.
        fn bytes(&self) -> usize {
            let of = |tensor: &Tensor| tensor.numel() * tensor.kind().elt_size_in_bytes();
            let batch = |Recording { batch, .. }: &Recording| {
                let Batch { ids, positions, starts, offsets, single_offsets, targets, .. } = batch;
                [ids, positions, starts, offsets, single_offsets, targets].map(of).iter().sum::<usize>()
            };
            let Shared { scale, loss, gradients } = &self.shared;
            let shared = scale.iter().chain([loss]).chain(gradients).map(of).sum::<usize>();
            shared + self.of.values().map(batch).sum::<usize>()
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
            targets: (0..lengths.len()).map(|index| Target::Class(index % 3)).collect(),
            scaling: None,
            features: None,
        }
    }

    fn difference(one: &Tensor, other: &Tensor) -> f64 {
        (one - other).abs().max().double_value(&[])
    }

    #[test]
    fn a_surplus_changes_neither_loss_nor_gradients() {
        let (model, examples) = (model(), examples(&[30, 12, 41]));
        let (sequences, targets) = examples.at(&[0, 1, 2]);
        let plain = backward::gradients(&model, &examples, &[0, 1, 2], Kind::Float, None);
        // As one sequence, as three, and none.
        for (tokens, surplus, longest) in [(128, 1, 128), (128, 3, 41), (83, 0, 41)] {
            let shape = Shape { tokens, sequences: 3 + surplus, longest };
            let filled = Batch::fill(&sequences, &targets, shape, Device::Cpu);
            assert_eq!(filled.shape(), shape);
            assert_eq!(filled.ids.eq(i64::from(PAD)).sum(Kind::Int64).int64_value(&[]), tokens - 83);
            let (loss, gradients) = differentiated(&model, &filled, Kind::Float, None);
            assert!(difference(&loss, &plain.loss) < 1e-6);
            for (ours, theirs) in gradients.iter().zip(&plain.gradients) {
                assert!(difference(ours, theirs) < 1e-6 + 1e-5 * theirs.abs().max().double_value(&[]));
            }
        }
    }

    #[test]
    fn each_replay_reads_the_batch_the_scale_and_the_parameters_of_its_step() {
        let model = model();
        let examples = examples(&[30, 12, 41, 28, 15, 39, 33, 9, 40, 100, 90, 80]);
        let batches: [&[usize]; 7] = [&[0, 1, 2], &[3, 4, 5], &[9, 10, 11], &[6, 7, 8], &[0, 1], &[9, 11, 10], &[3, 1, 8]];
        let mut recorded = Recorded::recomputing(&examples, &batches, None);
        let mut losses = Vec::new();
        let mut buffers = std::collections::BTreeSet::new();
        for (step, indices) in batches.into_iter().enumerate() {
            let scale = Tensor::from(2.0_f32 + step as f32);
            let ours = recorded.gradients(&model, &examples, indices, Kind::Float, Some(&scale)).unwrap();
            let plain = backward::gradients(&model, &examples, indices, Kind::Float, Some(&scale));
            assert_eq!(ours.tokens, plain.tokens);
            for (ours, theirs) in ours.gradients.iter().zip(&plain.gradients) {
                assert!(difference(ours, theirs) < 1e-5 + 1e-5 * theirs.abs().max().double_value(&[]), "step {step}");
            }
            // The one of two proteins is computed as it is.
            if indices.len() == 3 {
                buffers.insert(ours.gradients.iter().map(|gradient| gradient.data_ptr() as usize).collect::<Vec<_>>());
            }
            // Losses are read later, when the recordings have written others.
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
        // Batches of 80 and of 82 tokens are filled up to one shape, those of 83 and 270 to others.
        assert_eq!(recorded.recordings().of.len(), 3);
        assert_eq!(buffers.len(), 1, "all recordings write the same gradients");
    }

    #[test]
    fn memory_does_not_grow_with_the_shapes() {
        let (model, examples) = (model(), examples(&[30, 60, 90, 120]));
        let bytes = |batches: &[&[usize]]| {
            let mut recorded = Recorded::recomputing(&examples, batches, None);
            for indices in batches {
                recorded.gradients(&model, &examples, indices, Kind::Float, None).unwrap();
            }
            assert_eq!(recorded.recordings().of.len(), batches.len());
            recorded.recordings().bytes()
        };
        let gradients: usize = model.trained().iter().map(|(_, tensor)| 4 * tensor.numel()).sum();
        let (one, four) = (bytes(&[&[3]]), bytes(&[&[0], &[1], &[2], &[3]]));
        assert!(one > gradients && four - one < gradients / 20, "{gradients} of gradients: {one} for one shape, {four} for four");
    }

    #[test]
    fn where_a_recording_fails_steps_are_computed_on_the_same_shapes() {
        let (model, examples) = (model(), examples(&[30, 12, 41, 50, 60, 70]));
        let batches: [&[usize]; 2] = [&[0, 1, 2], &[3, 4, 5]];
        for fails_at in [0, 1] {
            let mut recorded = Recorded::recomputing(&examples, &batches, None);
            let mut launched = Recorded::recomputing(&examples, &batches, Some(fails_at));
            for indices in batches {
                let [ours, theirs] = [&mut launched, &mut recorded]
                    .map(|how| how.gradients(&model, &examples, indices, Kind::Float, None).unwrap());
                assert!(ours.loss.equal(&theirs.loss));
                assert!(ours.gradients.iter().zip(&theirs.gradients).all(|(ours, theirs)| ours.equal(theirs)));
            }
            assert!(matches!(launched.steps, Steps::Launched));
        }
    }

    #[test]
    fn a_batch_with_masks_is_computed_as_ever() {
        let model = model();
        let mut examples = examples(&[30, 12, 41]);
        let mut recorded = Recorded::recomputing(&examples, &[&[0, 1, 2]], None);
        examples.tokens[1][3] = titer_core::data::tokens::MASK;
        let ours = recorded.gradients(&model, &examples, &[0, 1, 2], Kind::Float, None).unwrap();
        let plain = backward::gradients(&model, &examples, &[0, 1, 2], Kind::Float, None);
        assert!(ours.loss.equal(&plain.loss) && matches!(recorded.steps, Steps::Unrecorded(_)));
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
