//! Several runs, each in a thread of its own, whose passes are computed as one.
//!
//! A run asks for the loss and gradients of its batch, or for logits, and waits. When all runs of the stack wait, the server
//! computes what they ask for with [`crate::model::stack`] and answers each. All else of a run — its order, its optimiser, its
//! checkpoints, its files — is as in a run alone. A run that ends, fails or stops leaves, and the others go on without it.

use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    sync::mpsc::{self, Receiver, Sender},
};

use tch::{Kind, Reduction, Tensor};

use super::{
    Examples,
    lane::{self, Place, Slope},
};
use crate::{
    model::{
        Batch, Classifier, Pass,
        batch::{IGNORED, sent},
        stack::{Stack, StackedBatch},
    },
    native::{NativeError, profile},
};

/// What a run says to the server, with its place.
#[derive(Debug)]
pub(super) enum Said {
    /// Handles of its parameters.
    Enters(usize, Classifier),
    Asks(usize, Ask),
    Leaves(usize),
}

#[derive(Debug)]
pub(super) struct Ask {
    pub(super) examples: Examples,
    pub(super) compute: Kind,
    pub(super) wanted: Wanted,
}

#[derive(Debug)]
pub(super) enum Wanted {
    Logits(Sender<Result<Tensor, NativeError>>),
    Slope { scale: Option<Tensor>, answer: Sender<Result<(Tensor, Vec<Tensor>), NativeError>> },
}

impl Ask {
    fn sequences(&self) -> Vec<&[u8]> {
        self.examples.tokens.iter().map(Vec::as_slice).collect()
    }
}

impl Wanted {
    const fn is_slope(&self) -> bool {
        matches!(self, Self::Slope { .. })
    }

    fn fail(&self, message: &str) {
        let message = message.to_owned();
        let _ = match self {
            Self::Logits(answer) => answer.send(Err(NativeError { message })).is_ok(),
            Self::Slope { answer, .. } => answer.send(Err(NativeError { message })).is_ok(),
        };
    }
}

/// Computes for the runs of a stack.
#[derive(Debug)]
pub struct Server {
    heard: Receiver<Said>,
    /// Runs that have not left.
    present: usize,
    models: BTreeMap<usize, Classifier>,
    /// The parameters of those who asked last, and their places.
    stack: Option<(Vec<usize>, Stack)>,
}

impl Server {
    /// A stack of so many runs, and their places in it.
    #[must_use]
    pub fn new(runs: usize) -> (Self, Vec<Place>) {
        let (said, heard) = mpsc::channel();
        let places = (0..runs).map(|place| Place { place, said: said.clone() }).collect();
        (Self { heard, present: runs, models: BTreeMap::new(), stack: None }, places)
    }

    /// Answers until every run has left. What is computed together does not depend on which run is quicker: all wait for all.
    pub fn serve(mut self) {
        let mut asked = BTreeMap::new();
        while self.present > 0
            && let Ok(said) = self.heard.recv()
        {
            match said {
                Said::Enters(place, model) => {
                    self.models.insert(place, model);
                }
                Said::Asks(place, ask) => {
                    asked.insert(place, ask);
                }
                Said::Leaves(place) => {
                    self.present -= 1;
                    self.models.remove(&place);
                    // Its memory is free for the others, and for its own last evaluation.
                    self.stack = None;
                }
            }
            if asked.len() == self.present {
                self.answer(std::mem::take(&mut asked));
            }
        }
    }

    /// Runs that began at different steps may ask for different things: like is computed with like.
    fn answer(&mut self, asked: BTreeMap<usize, Ask>) {
        let mut alike: Vec<Vec<(usize, Ask)>> = Vec::new();
        for (place, ask) in asked {
            let is_like =
                |(_, other): &(usize, Ask)| other.compute == ask.compute && other.wanted.is_slope() == ask.wanted.is_slope();
            match alike.iter_mut().find(|group| group.first().is_some_and(is_like)) {
                Some(group) => group.push((place, ask)),
                None => alike.push(vec![(place, ask)]),
            }
        }
        for group in alike {
            // `tch` panics where libtorch refuses: every run of the group is told.
            if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| self.compute(&group))) {
                let message = crate::native::panic_message(payload.as_ref());
                for (_, ask) in &group {
                    ask.wanted.fail(&message);
                }
            }
        }
    }

    fn compute(&mut self, group: &[(usize, Ask)]) {
        if let [(place, ask)] = group {
            return alone(&self.models[place], ask);
        }
        let models: Vec<&Classifier> = group.iter().map(|(place, _)| &self.models[place]).collect();
        let places: Vec<usize> = group.iter().map(|(place, _)| *place).collect();
        let stack = match self.stack.take() {
            Some((of, stack)) if of == places => {
                stack.fill(&models);
                stack
            }
            _ => Stack::new(&models),
        };
        together(&stack, group);
        self.stack = Some((places, stack));
    }
}

/// Of the runs that ask only one asks for this.
fn alone(model: &Classifier, ask: &Ask) {
    let Ask { examples, compute, wanted } = ask;
    let all: Vec<usize> = (0..examples.len()).collect();
    match wanted {
        Wanted::Logits(answer) => {
            let logits = tch::no_grad(|| Pass::new(model, *compute).logits(&examples.pack(&all, *compute, model.device())));
            let _ = answer.send(Ok(logits));
        }
        Wanted::Slope { scale, answer } => {
            let Slope { loss, gradients, .. } = lane::slope(model, examples, &all, *compute, scale.as_ref());
            let _ = answer.send(Ok((loss, gradients)));
        }
    }
}

fn together(stack: &Stack, group: &[(usize, Ask)]) {
    let device = stack.device();
    let compute = group[0].1.compute;
    let batches: Vec<Vec<&[u8]>> = group.iter().map(|(_, ask)| ask.sequences()).collect();
    let batch = {
        let _phase = profile::phase(c"data");
        StackedBatch::pack(&batches, Batch::align(compute, device), device)
    };
    if !group[0].1.wanted.is_slope() {
        let _phase = profile::phase(c"evaluation");
        let logits = tch::no_grad(|| stack.logits(&batch, compute));
        for (index, (_, ask)) in group.iter().enumerate() {
            if let Wanted::Logits(answer) = &ask.wanted {
                let _ = answer.send(Ok(logits.get(index as i64).narrow(0, 0, ask.examples.len() as i64)));
            }
        }
        return;
    }

    let forward = profile::phase(c"forward");
    let logits = stack.logits(&batch, compute); // [models, sequences, classes]
    drop(forward);
    let loss = profile::phase(c"loss");
    let [models, most, classes] = logits.size3().map(|(models, most, classes)| [models, most, classes]).unwrap_or_default();
    let mut labels = Vec::new();
    for (_, ask) in group {
        labels.extend(ask.examples.labels.iter().map(|&label| label as i64));
        // A run with fewer sequences: the loss passes over what it does not have.
        labels.resize(labels.len() + most as usize - ask.examples.len(), IGNORED);
    }
    let labels = sent(&Tensor::from_slice(&labels), device);
    let counts: Vec<f32> = group.iter().map(|(_, ask)| ask.examples.len() as f32).collect();
    let losses = logits
        .view([-1, classes])
        .cross_entropy_loss::<Tensor>(&labels, None, Reduction::None, IGNORED, 0.0)
        .view([models, -1])
        .sum_dim_intlist(1, false, Kind::Float)
        / sent(&Tensor::from_slice(&counts), device);
    // The gradient of a sum is each summand's own: no run hears of another's loss, not even of one that is not finite.
    let scales: Vec<Tensor> = group
        .iter()
        .map(|(_, ask)| match &ask.wanted {
            Wanted::Slope { scale: Some(scale), .. } => scale.shallow_clone(),
            _ => Tensor::ones([], (Kind::Float, device)),
        })
        .collect();
    let objective = (&losses * Tensor::stack(&scales, 0)).sum(Kind::Float);
    drop(loss);
    let _phase = profile::phase(c"backward");
    let gradients = Tensor::run_backward(&[objective], &stack.trained(), false, false);
    // The optimiser wants a gradient to lie in memory as its parameter does; batched products leave some transposed.
    let gradients: Vec<Tensor> = gradients.into_iter().map(|gradient| gradient.contiguous()).collect();
    let losses = losses.detach();
    for (index, (_, ask)) in group.iter().enumerate() {
        if let Wanted::Slope { answer, .. } = &ask.wanted {
            let of_run = gradients.iter().map(|gradient| gradient.get(index as i64)).collect();
            let _ = answer.send(Ok((losses.get(index as i64), of_run)));
        }
    }
}
