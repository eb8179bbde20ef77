//! The shapes that batches of the notebook's data are filled up to.

use std::path::Path;

use titer_core::experiment::split::Stratified;
use titer_core::task::Target;
use titer_core::{
    data::{self, Split, Tokenizer},
    experiment::{
        Class, Cleaning, Conflicts, DataSettings, MaxLength, Source, SplitSettings, TokenSettings, TrainSettings, Truncate,
    },
};
use titer_trainer::train::{Examples, order, shapes::Shapes};

use crate::{common::with_generator, skip::Skip, worker};

/// The training split of the notebook's data; `None` with a message where the file is missing.
fn notebook() -> Option<Examples> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/uniprot_cytoplasm_nucleus.csv");
    if !path.exists() {
        Skip::NoShared.because(&format!("{} is not here", path.display()));
        return None;
    }
    let [id, sequence, label] = ["Entry", "Sequence", "label"].map(str::to_owned);
    let class = |label: &str, name: &str| Class { label: label.to_owned(), name: name.to_owned() };
    let settings = DataSettings {
        source: Source::Table { path: path.into(), id: Some(id), sequence, label, separator: None },
        classes: vec![class("0", "Cytoplasm"), class("1", "Nucleus")],
        cleaning: Cleaning { conflicts: Conflicts::KeepFirst, ..Cleaning::default() },
    };
    let split = SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed: 42 });
    let tokens = TokenSettings { max_length: MaxLength::Fixed { tokens: 482 }, truncate: Truncate::End };
    let dataset =
        data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &split, &tokens, Path::new(".")).unwrap();
    let indices = dataset.split(Split::Train);
    let targets = indices.iter().map(|&index| dataset.proteins[index].target.unwrap()).collect();
    Some(Examples {
        tokens: data::encode(&dataset, &Tokenizer::esm2(), Truncate::End, indices),
        targets,
        scaling: None,
        features: None,
    })
}

#[test]
fn four_shapes_fit_the_notebook_s_batches_with_less_than_six_percent_of_surplus() {
    let Some(examples) = notebook() else { return };
    let mut recipe = worker::settings().train;
    for (batch_size, share) in [(16, 0.06), (8, 0.09), (32, 0.045)] {
        (recipe.epochs, recipe.batch_size) = (5, batch_size);
        let shapes = with_generator(|| Shapes::plan(&recipe, &examples));
        assert!((1..=Shapes::MOST).contains(&shapes.all().count()));
        let (mut tokens, mut filled, mut last) = (0, 0, 0);
        for epoch in 0..recipe.epochs {
            let order = with_generator(|| order::shuffled(recipe.seed, epoch, examples.len()));
            for indices in order.chunks(batch_size) {
                let sequences: Vec<&[u8]> = indices.iter().map(|&index| examples.tokens[index].as_slice()).collect();
                match shapes.of(&sequences) {
                    Some(shape) => {
                        tokens += sequences.iter().map(|sequence| sequence.len()).sum::<usize>();
                        filled += shape.tokens as usize;
                        assert!(shape.longest <= 482 && shape.longest <= shape.tokens, "{shape:?}");
                    }
                    None => last += 1,
                }
            }
        }
        assert_eq!(last, 5, "the last batch of an epoch alone is computed as it is");
        let surplus = (filled - tokens) as f64 / tokens as f64;
        println!("{batch_size} proteins: {:.2} % of surplus, {:?}", 100.0 * surplus, shapes.all().collect::<Vec<_>>());
        assert!(surplus < share, "{batch_size}: {surplus}");
    }
}

#[test]
fn the_shapes_are_those_of_the_whole_plan_and_of_no_more() {
    let tokens: Vec<Vec<u8>> = (0..64).map(|protein: usize| vec![5; 20 + protein * protein % 97]).collect();
    let examples = Examples { targets: vec![Target::Class(0); tokens.len()], tokens, scaling: None, features: None };
    let mut recipe = worker::settings().train;
    (recipe.epochs, recipe.batch_size) = (3, 8);
    let plan = |recipe: &TrainSettings| with_generator(|| Shapes::plan(recipe, &examples));
    let shapes = plan(&recipe);
    assert_eq!(shapes, plan(&recipe));
    assert_eq!(recipe.steps(examples.len()).total, 24);
    // A run that stops early has the shapes of its whole schedule.
    assert_eq!(plan(&TrainSettings { stop_after: Some(1), ..recipe.clone() }), shapes);
    // A batch that will never come takes no part.
    recipe.max_steps = Some(1);
    let first = plan(&recipe);
    assert_eq!(first.all().count(), 1);
    assert_ne!(first, shapes);
    recipe.seed += 1;
    assert_ne!(plan(&recipe), first);
}
