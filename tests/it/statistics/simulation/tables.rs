//! The page's tables, a test each.

use titer_core::{
    metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MCC, ROC_AUC},
    predictions::Predictions,
    statistics::{Resamples, Resampling},
    task::Kind,
};
use titer_report::view::{
    comparison::Comparison,
    pairs::{Needed, Pair, Pairs, Relation},
};

use super::{
    rates::{Figure, Rate, Table, repetitions},
    world::{Experiment, World, apart},
};
use crate::statistics::errors::Chance;

const POINTS: [f64; 3] = [0.0, 1.4, 3.3];

/// So many experiments in one world.
fn experiments(world: &World, seed: u32, count: u32, mut each: impl FnMut(&Experiment, &mut Chance, &mut Comparison)) {
    let mut chance = Chance::new(seed);
    let mut comparison = world.comparison();
    for _ in 0..count {
        let drawn = world.draw(&mut chance, &mut comparison);
        each(&drawn, &mut chance, &mut comparison);
    }
}

/// How often some pair of an experiment is called different.
fn called_different(world: &World, seed: u32, count: u32) -> Rate {
    let mut rate = Rate::default();
    experiments(world, seed, count, |drawn, _, _| {
        rate.count(drawn.pairs.pairs.iter().any(|pair| pair.relation() == Relation::Different));
    });
    rate
}

#[test]
fn equal_configurations_are_called_different_as_often_as_the_page_says() {
    let mut table = Table::new("How often equal configurations");
    for points in POINTS {
        for seeds in [1, 2, 3, 5, 10] {
            let of = |configurations: usize, count: u32| {
                let world = World::equal(715, configurations, seeds, points);
                Figure::Rate(called_different(&world, 1, repetitions(count)))
            };
            // More configurations take longer by their pairs.
            let figures = [of(2, 1000), of(6, 300), of(30, 60)];
            table.row(&format!("| {points:.1} | {seeds} |"), &figures);
        }
    }
    table.check();
}

#[test]
fn unequal_numbers_of_seeds_are_called_different_as_often_as_the_page_says() {
    let mut table = Table::new("One seed against several");
    for (few, many) in [(1, 2), (1, 3), (1, 5), (1, 10), (2, 3), (2, 10), (3, 5)] {
        let figures = POINTS.map(|points| {
            let world = World { configurations: vec![(0.84, many), (0.84, few)], ..World::equal(715, 2, 1, points) };
            Figure::Rate(called_different(&world, 2, repetitions(600)))
        });
        table.row(&format!("| {few} : {many} |"), &figures);
    }
    table.check();
}

#[test]
fn equal_configurations_are_called_different_by_other_metrics_as_often_as_the_page_says() {
    let mut table = Table::new("The metric that selects");
    let of_numbers = Kind::Regression.task().metrics();
    for metric in [ACCURACY, F1, MCC, ROC_AUC, AVERAGE_PRECISION, LOSS].into_iter().chain(of_numbers) {
        let figures = [1, 2, 3, 5, 10].map(|seeds| {
            let world = World { metric, ..World::equal(715, 2, seeds, 1.4) };
            Figure::Rate(called_different(&world, 10, repetitions(400)))
        });
        table.row(&format!("| {} |", metric.label), &figures);
    }
    table.check();
}

#[test]
fn equivalence_is_claimed_as_often_as_the_page_says() {
    let mut table = Table::new("Equivalence");
    for points in POINTS {
        for seeds in [1, 3, 10] {
            // Two points apart, which is where equivalence within two points ends; one point; and none.
            let figures = [0.02, 0.01, 0.0].map(|apart: f64| {
                let configurations = vec![(0.84 + apart / 2.0, seeds), (0.84 - apart / 2.0, seeds)];
                let world = World { configurations, equivalent: Some(0.02), ..World::equal(2000, 2, seeds, points) };
                let mut rate = Rate::default();
                experiments(&world, 11, repetitions(400), |drawn, _, _| {
                    rate.count(drawn.pairs.pairs[0].relation() == Relation::Equivalent);
                });
                Figure::Rate(rate)
            });
            table.row(&format!("| {points:.1} | {seeds} |"), &figures);
        }
    }
    table.check();
}

/// Whether an interval holds a value.
fn holds([low, high]: [f64; 2], value: f64) -> bool {
    low <= value && value <= high
}

#[test]
fn intervals_hold_what_they_are_of_as_often_as_the_page_says() {
    let mut table = Table::new("How often intervals");
    for points in POINTS {
        for seeds in [1, 2, 3, 5, 10] {
            let (mut difference, mut mean) = (Rate::default(), Rate::default());
            let world = World { configurations: vec![(0.86, seeds), (0.83, seeds)], ..World::equal(715, 2, seeds, points) };
            experiments(&world, 3, repetitions(600), |drawn, _, _| {
                let pair = &drawn.pairs.pairs[0];
                // Of one seed each the interval is of the two runs.
                let truth = |of: usize| if seeds == 1 { drawn.runs[of][0] } else { drawn.truth[of] };
                difference.count(holds(pair.interval, truth(0) - truth(1)));
                mean.count(holds(drawn.configurations[0].score.as_ref().unwrap().interval, truth(0)));
            });
            table.row(&format!("| {points:.1} | {seeds} |"), &[Figure::Rate(difference), Figure::Rate(mean)]);
        }
    }
    table.check();
}

#[test]
fn accuracies_near_all_are_covered_as_often_as_the_page_says() {
    let mut table = Table::new("Accuracies near 100");
    for points in POINTS {
        for seeds in [3, 5, 10] {
            let figures = [0.96, 0.985, 0.995].map(|accuracy| {
                let mut rate = Rate::default();
                let world = World { configurations: vec![(accuracy, seeds)], ..World::equal(715, 1, seeds, points) };
                experiments(&world, 4, repetitions(600), |drawn, _, _| {
                    rate.count(holds(drawn.configurations[0].score.as_ref().unwrap().interval, accuracy));
                });
                Figure::Rate(rate)
            });
            table.row(&format!("| {points:.1} | {seeds} |"), &figures);
        }
    }
    table.check();
}

#[test]
fn the_scores_of_one_run_are_covered_as_often_as_the_page_says() {
    let mut table = Table::new("Scores of one run");
    // The share of the second class. Of as many proteins as this the scores are the true ones.
    for (share, name) in [(0.5, "| 50 : 50 |"), (0.2, "| 80 : 20 |")] {
        let mut chance = Chance::new(4);
        let mut drawn = |proteins: usize| {
            let labels: Vec<usize> = (0..proteins).map(|_| usize::from(chance.unit() < share)).collect();
            let logits = labels.iter().flat_map(|&label| {
                let margin = 2.0 + chance.normal(2.05);
                let positive = if label == 1 { margin } else { -margin };
                [0.0, positive as f32]
            });
            let logits: Vec<f32> = logits.collect();
            Predictions::of_classes(&labels, &logits, 2)
        };
        let whole = drawn(200_000);
        // Neither of the two is resampled.
        let none = Resamples::draw(&[0, 1], &Resampling { resamples: 0, seed: 0 });
        let mut rates = [Rate::default(); 2];
        for _ in 0..repetitions(600) {
            let run = drawn(400);
            for (rate, measure) in rates.iter_mut().zip([AVERAGE_PRECISION, LOSS]) {
                rate.count(holds(measure.interval(&run, &none).unwrap().0, measure.score(&whole).unwrap()));
            }
        }
        table.row(name, &rates.map(Figure::Rate));
    }
    table.check();
}

/// Draws once more, two of the configurations `difference` apart, on so many proteins; whether that
/// pair is then called different. `comparison` is that of the world.
fn found(world: &World, difference: f64, proteins: usize, chance: &mut Chance, comparison: &mut Comparison) -> Option<bool> {
    let [high, low] = apart(difference)?;
    let mut next = World { proteins, ..world.clone() };
    next.configurations.iter_mut().for_each(|(accuracy, _)| *accuracy = f64::midpoint(high, low));
    (next.configurations[0].0, next.configurations[1].0) = (high, low);
    next.draw(chance, comparison).pairs.of(0, 1).map(|pair| pair.relation() == Relation::Different)
}

#[test]
fn detectable_differences_are_found_as_often_as_the_page_says() {
    let mut table = Table::new("Detectable differences");
    for (configurations, count) in [(2, 300), (3, 200), (6, 150), (12, 60), (30, 30)] {
        for (points, seeds) in [(0.0, 1), (0.0, 5), (1.4, 3), (1.4, 5), (3.3, 3), (3.3, 10)] {
            let world = World::equal(715, configurations, seeds, points);
            let (mut from, mut to) = (Rate::default(), Rate::default());
            experiments(&world, 5, repetitions(count), |drawn, chance, comparison| {
                let Some([low, high]) = drawn.pairs.pairs[0].detectable else { return };
                for (rate, difference) in [(&mut from, low), (&mut to, high)] {
                    if let Some(told) = found(&world, difference, 715, chance, comparison) {
                        rate.count(told);
                    }
                }
            });
            let name = format!("| {configurations} | {points:.1} | {seeds} |");
            table.row(&name, &[Figure::Rate(from), Figure::Rate(to)]);
        }
    }
    table.check();
}

/// More proteins than anybody would simulate.
const MOST: u64 = 20_000;

#[test]
fn needed_numbers_suffice_as_often_as_the_page_says() {
    let mut table = Table::new("Needed numbers");
    for (points, seeds) in [(0.0, 1), (0.0, 3), (1.4, 2), (1.4, 3), (1.4, 5), (1.4, 10), (3.3, 5)] {
        let world = World { configurations: vec![(0.86, seeds), (0.83, seeds)], ..World::equal(300, 2, seeds, points) };
        let mut rates = [Rate::default(); 3];
        experiments(&world, 6, repetitions(100), |drawn, chance, comparison| {
            let Pair { difference, needed, .. } = &drawn.pairs.pairs[0];
            let [told, proteins, of_seeds] = &mut rates;
            told.count(needed.proteins.is_some_and(|of| of <= MOST));
            if let Some(of) = needed.proteins.filter(|of| *of <= MOST)
                && let Some(told) = found(&world, difference.abs(), of as usize, chance, comparison)
            {
                proteins.count(told);
            }
            if let Some(of) = needed.seeds.filter(|of| *of <= 30) {
                let more = World { configurations: vec![(0.86, of as usize); 2], ..world.clone() };
                if let Some(told) = found(&more, difference.abs(), 300, chance, &mut more.comparison()) {
                    of_seeds.count(told);
                }
            }
        });
        table.row(&format!("| {points:.1} | {seeds} |"), &rates.map(Figure::Rate));
    }
    table.check();
}

#[test]
fn of_the_best_of_many_no_number_of_proteins_or_seeds_is_told() {
    let world = World::equal(300, 3, 3, 1.4);
    experiments(&world, 7, 5, |drawn, _, _| {
        let Pairs { pairs, .. } = &drawn.pairs;
        assert!(pairs.len() == 3 && pairs.iter().all(|pair| pair.needed == Needed::default()));
    });
}

#[test]
fn other_scores_of_equal_configurations_are_told_as_often_as_the_page_says() {
    let mut table = Table::new("Other scores");
    for points in POINTS {
        for seeds in [1, 2, 3, 5, 10] {
            let figures = [(2, 300), (6, 100)].map(|(configurations, count)| {
                let mut rate = Rate::default();
                let world = World::equal(400, configurations, seeds, points);
                experiments(&world, 8, repetitions(count), |drawn, _, _| {
                    rate.count(drawn.other_scores().is_some());
                });
                Figure::Rate(rate)
            });
            table.row(&format!("| {points:.1} | {seeds} |"), &figures);
        }
    }
    table.check();
}

#[test]
fn the_best_of_many_is_flattered_and_corrected_as_the_page_says() {
    let mut table = Table::new("The best of many");
    for points in POINTS {
        for configurations in [2, 6, 30] {
            let world = World::equal(400, configurations, 3, points);
            let (mut flattered, mut corrected) = (Vec::new(), Vec::new());
            let count = repetitions(if configurations == 30 { 100 } else { 400 });
            experiments(&world, 9, count, |drawn, _, _| {
                let chosen = drawn.choice.configuration;
                let mean = |of: usize| drawn.configurations[of].score.as_ref().unwrap().mean - drawn.truth[of];
                // What these proteins do to all configurations alike is luck of another kind.
                let all = (0..configurations).map(mean).sum::<f64>() / configurations as f64;
                let flattery = 100.0 * (mean(chosen) - all);
                flattered.push(flattery);
                corrected.push(flattery - 100.0 * drawn.choice.lucky_seeds.unwrap());
            });
            let name = format!("| {configurations} | {points:.1} |");
            table.row(&name, &[mean_of(&flattered), mean_of(&corrected)]);
        }
    }
    table.check();
}

fn mean_of(values: &[f64]) -> Figure {
    let spread = titer_core::statistics::spread(values).unwrap();
    let error = spread.deviation.map_or(10.0, |deviation| deviation / (values.len() as f64).sqrt());
    Figure::Points { mean: spread.mean, error }
}
