//! An id names one of the kept proteins.

use titer_core::{
    data::{self, Dropped, Error},
    exit::Exit,
    experiment::{DuplicateIds, Source},
};

use super::{all_tokens, dropped, ordinary, prepare_csv, seed_split, table, write};

#[test]
fn an_id_of_several_proteins_is_refused_with_its_lines() {
    let error = prepare_csv(&(ordinary() + "P0,MKWW,x\nP1,MKVV,y\nP0,MKTT,x\n"), |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 of the kept proteins have the id of another: \"P0\" in line 2 and line 22 and line 24; \"P1\" in line 3 and line 23"
    );
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("data.duplicate-ids = \"number\""));
}

#[test]
fn an_id_of_several_proteins_may_be_numbered() {
    let csv = ordinary() + "P0,MKWW,x\nP0#2,MKVV,y\nP0,MKTT,x\n";
    let dataset = prepare_csv(&csv, |settings| settings.cleaning.duplicate_ids = DuplicateIds::Number).unwrap();
    let ids: Vec<&str> = dataset.proteins[20..].iter().map(|protein| protein.id.as_str()).collect();
    assert_eq!((dataset.proteins[0].id.as_str(), ids), ("P0", vec!["P0#3", "P0#2", "P0#4"]));
    assert_eq!(dataset.card.repeated_ids, 2);
}

#[test]
fn rows_that_are_dropped_anyway_are_no_other_proteins() {
    let dataset = prepare_csv(&(ordinary() + "P0,MKA,x\nP1,,y\n"), |_| {}).unwrap();
    assert_eq!(dropped(&dataset), [("P0", Dropped::Duplicate), ("P1", Dropped::Missing)]);
    assert_eq!(dataset.card.repeated_ids, 0);
}

#[test]
fn refusing_is_what_data_makes_and_not_the_call() {
    let error = prepare_csv(&(ordinary() + "P0,MKWW,x\n"), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "1 of the kept proteins has the id of another: \"P0\" in line 2 and line 22");
    assert!(matches!(error, Error::RepeatedIds { count: 1, .. }));
    assert_eq!(error.exit(), Exit::Input);
}

#[test]
fn without_a_column_of_ids_the_number_of_its_row_names_a_protein() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.csv", &(ordinary() + "\nP20,,x\nP21,MKWW,y\n"));
    let mut settings = table("proteins.csv");
    let Source::Table { id, .. } = &mut settings.source else { panic!() };
    *id = None;
    // No value of the data: it is never missing.
    settings.cleaning.missing_values = vec!["1".to_owned()];
    let dataset =
        data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &seed_split(), &all_tokens(), folder.path())
            .unwrap();
    let ids: Vec<String> = dataset.proteins.iter().map(|protein| protein.id.clone()).collect();
    assert_eq!(ids, (1..=22).map(|row| row.to_string()).collect::<Vec<_>>());
    assert_eq!(dropped(&dataset), [("21", Dropped::Missing)]);
}
