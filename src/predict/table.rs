//! Predictions → columns: docs/predicting.md describes each.

use super::{
    Ensemble,
    nearest::Relative,
    predicted::{Mean, Outputs, Predicted},
    proteins::Protein,
};
use titer_core::{
    predictions::Output,
    results::tables::{Cells, Part},
};

/// What parts the classes of a set.
const BETWEEN: &str = "; ";

/// A part of the table: a row a protein, in the order of the file. `outputs` and `relatives` are of
/// the proteins that could be read.
pub fn part(ensemble: &Ensemble, proteins: &[Protein], outputs: &Outputs, relatives: &[Relative<'_>]) -> Part {
    let mut read = outputs.0.iter().zip(relatives);
    let rows: Vec<Row<'_>> = proteins
        .iter()
        .map(|protein| {
            let (predicted, relative) = protein.readable().and_then(|_| read.next()).unzip();
            Row { protein, predicted: predicted.and_then(Option::as_ref), relative }
        })
        .collect();
    let mut part = Part::default();
    part.push("row", Cells::Count(rows.iter().map(|row| Some(row.protein.row)).collect()));
    part.push("id", Cells::Text(rows.iter().map(|row| Some(row.protein.id.clone())).collect()));
    match ensemble.output() {
        Output::Classes => classes(&mut part, ensemble.classes(), &rows),
        Output::Values => values(&mut part, &rows),
    }
    let label = |row: &Row<'_>| (!row.protein.label.is_empty()).then(|| row.protein.label.clone());
    part.push("label", Cells::Text(rows.iter().map(label).collect()));
    let cut = |row: &Row<'_>| row.protein.readable().map(|_| row.protein.cut);
    part.push("truncated", Cells::Count(rows.iter().map(cut).collect()));
    let found = |row: &Row<'_>| match row.relative {
        Some(Relative::Found { id, identity }) => Some(((*id).to_owned(), *identity)),
        _ => None,
    };
    let (ids, identities): (Vec<_>, Vec<_>) = rows.iter().map(found).map(Option::unzip).unzip();
    part.push("nearest", Cells::Text(ids));
    part.push("identity", Cells::Number(identities));
    part.push("note", Cells::Text(rows.iter().map(note).collect()));
    part
}

struct Row<'a> {
    protein: &'a Protein,
    predicted: Option<&'a Predicted>,
    relative: Option<&'a Relative<'a>>,
}

fn classes(part: &mut Part, names: &[String], rows: &[Row<'_>]) {
    let found: Vec<Option<OfClass<'_>>> = rows.iter().map(OfClass::of).collect();
    let text = |value: &dyn Fn(&OfClass<'_>) -> String| Cells::Text(found.iter().map(|of| of.as_ref().map(value)).collect());
    let number =
        |value: &dyn Fn(&OfClass<'_>) -> Option<f64>| Cells::Number(found.iter().map(|of| of.as_ref().and_then(value)).collect());
    part.push("predicted", text(&|of| names[of.class].clone()));
    for (class, name) in names.iter().enumerate() {
        part.push(format!("probability_{name}"), number(&|of| Some(of.mean.values[class])));
    }
    for (class, name) in names.iter().enumerate() {
        part.push(format!("calibrated_{name}"), number(&|of| Some(of.calibrated[class])));
    }
    part.push("deviation", number(&|of| Some(of.mean.deviations.as_ref()?[of.class])));
    part.push("set", text(&|of| of.set.iter().map(|&class| names[class].as_str()).collect::<Vec<_>>().join(BETWEEN)));
}

/// A prediction that is a class.
struct OfClass<'a> {
    class: usize,
    mean: &'a Mean,
    calibrated: &'a [f64],
    set: &'a [usize],
}

impl<'a> OfClass<'a> {
    fn of(row: &Row<'a>) -> Option<Self> {
        match row.predicted {
            Some(Predicted::Class { class, mean, calibrated, set }) => Some(Self { class: *class, mean, calibrated, set }),
            _ => None,
        }
    }
}

fn values(part: &mut Part, rows: &[Row<'_>]) {
    let number = |value: fn(&Mean, Option<[f64; 2]>) -> Option<f64>| {
        let of = |row: &Row<'_>| match row.predicted {
            Some(Predicted::Value { mean, interval }) => value(mean, *interval),
            _ => None,
        };
        Cells::Number(rows.iter().map(of).collect())
    };
    part.push("predicted", number(|mean, _| Some(mean.value())));
    part.push("deviation", number(|mean, _| Some(mean.deviations.as_ref()?[0])));
    part.push("low", number(|_, interval| interval.map(|[low, _]| low)));
    part.push("high", number(|_, interval| interval.map(|[_, high]| high)));
}

fn note(row: &Row<'_>) -> Option<String> {
    let mut notes = row.protein.notes.clone();
    if row.protein.readable().is_some() && row.predicted.is_none() {
        notes.push("not predicted: a model gives no finite number".to_owned());
    }
    notes.extend(row.relative.and_then(Relative::caution));
    (!notes.is_empty()).then(|| notes.join("; "))
}
