//! Which labels are classes, and in which order.

use titer_core::{
    data::{Dropped, Error},
    exit::Exit,
};

use super::{class, dropped, ordinary, prepare_csv};

/// The ordinary table with other labels.
fn labelled(x: &str, y: &str) -> String {
    ordinary().replace(",x\n", &format!(",{x}\n")).replace(",y\n", &format!(",{y}\n"))
}

#[test]
fn integer_labels_are_ordered_by_number() {
    let dataset = prepare_csv(&labelled("10", "9"), |_| {}).unwrap();
    assert_eq!(dataset.classes, ["9", "10"]);
    assert_eq!((dataset.proteins[0].label.as_str(), dataset.proteins[0].class()), ("10", Some(1)));
}

#[test]
fn other_labels_are_ordered_by_bytes() {
    let dataset = prepare_csv(&labelled("b", "B"), |_| {}).unwrap();
    assert_eq!(dataset.classes, ["B", "b"]);
    let dataset = prepare_csv(&labelled("10", "9a"), |_| {}).unwrap();
    assert_eq!(dataset.classes, ["10", "9a"]);
}

#[test]
fn listed_classes_keep_their_order_and_names_and_leave_other_labels_out() {
    let csv = ordinary() + "z1,MWW,z\n";
    let dataset = prepare_csv(&csv, |settings| settings.classes = vec![class("y", "Yolk"), class("x", "Xylem")]).unwrap();
    assert_eq!(dataset.classes, ["Yolk", "Xylem"]);
    assert_eq!(dropped(&dataset), [("z1", Dropped::NoClass)]);
    assert_eq!((dataset.card.counts.no_class, dataset.card.kept), (1, 20));
    assert_eq!(dataset.proteins[0].class(), Some(1));
}

#[test]
fn a_class_missing_from_the_data_is_refused_with_the_labels_there_are() {
    let csv = labelled("Nucleus", "Cytoplasm");
    let listed = vec![class("nucleus", "Nucleus"), class("Cytoplasm", "Cytoplasm")];
    let error = prepare_csv(&csv, |settings| settings.classes = listed).unwrap_err();
    assert_eq!(error.to_string(), "no protein of the data is of the class \"nucleus\"");
    let Error::AbsentClass { help, .. } = &error else { panic!("{error:?}") };
    assert_eq!(help, "its labels are \"Cytoplasm\" (10), \"Nucleus\" (10); did you mean \"Nucleus\"?");
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn fewer_than_two_classes_are_refused() {
    let error = prepare_csv(&labelled("same", "same"), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the data has one class, \"same\", and a classifier needs two");
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn a_table_whose_labels_are_all_missing_has_no_class() {
    let error = prepare_csv(&labelled("", " "), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the data has no class, and a classifier needs two");
}
