//! Sequences that several of the given splits hold.

use titer_core::experiment::split::Column;
use titer_core::{
    data::{self, BySplit, Dataset, Error, Member, Shared, Split},
    experiment::{Conflicts, DataSettings, Duplicates, SplitSettings},
};

use super::{all_tokens, ordinary, prepare_csv, table, write};

/// Twenty proteins of their own in the splits, and behind them `more`.
fn prepare(more: &str, change: impl FnOnce(&mut DataSettings)) -> Result<Dataset, Error> {
    let folder = tempfile::tempdir().unwrap();
    let set = |index: usize| ["train", "train", "train", "validation", "test"][index / 2 % 5];
    let own = ordinary();
    let (header, rows) = own.split_once('\n').unwrap();
    let in_set = |(index, row): (usize, &str)| format!("{row},{}\n", set(index));
    let rows: String = rows.lines().enumerate().map(in_set).collect();
    write(folder.path(), "proteins.csv", &format!("{header},set\n{rows}{more}"));
    let split = SplitSettings::Column(Column {
        column: "set".to_owned(),
        train: "train".into(),
        validation: Some("validation".into()),
        test: "test".into(),
        validation_column: None,
        seed: 42,
    });
    let mut settings = table("proteins.csv");
    change(&mut settings);
    data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &split, &all_tokens(), folder.path())
}

fn member(id: &str, split: Split) -> Member {
    Member { id: id.to_owned(), split }
}

/// P0 and P1 are trained on (`MKA` x, `MKC` y), P8 and P9 tested (`MKK` x, `MKL` y).
const REPEATS: &str = "T0,MKA,x,test\nV0,MKA,x,validation\nT1,MKC,x,test\nN0,MKK,x,train\nD0,MKL,y,validation\nD1,MKF,x,none\n";

#[test]
fn sequences_in_several_of_the_given_splits_are_counted_and_named() {
    let dataset = prepare(REPEATS, |settings| settings.cleaning.conflicts = Conflicts::Drop).unwrap();
    // MKA in all three; MKC is P1's in train, with the label y: a conflict. MKK is P8's in test, MKL P9's in test.
    let expected = Shared {
        sequences: 4,
        train_validation: 1,
        train_test: 3,
        validation_test: 2,
        dropped: BySplit { train: 2, validation: 2, test: 2 },
        examples: vec![
            vec![member("P0", Split::Train), member("V0", Split::Validation), member("T0", Split::Test)],
            vec![member("P1", Split::Train), member("T1", Split::Test)],
            vec![member("N0", Split::Train), member("P8", Split::Test)],
            vec![member("D0", Split::Validation), member("P9", Split::Test)],
        ],
    };
    assert_eq!(dataset.card.shared, Some(expected));
    let remarks = dataset.remarks(&table("a.csv")).unwrap();
    assert!(
        remarks.contains("4 sequences stand in several of the given splits (P0 in train and V0 in validation and T0 in test;"),
        "{remarks}"
    );
}

#[test]
fn what_is_left_out_for_them_is_what_the_experiment_says_of_repeats() {
    let shared = |change: fn(&mut DataSettings)| prepare(REPEATS, change).unwrap().card.shared.unwrap();
    let first = shared(|settings| settings.cleaning.conflicts = Conflicts::KeepFirst);
    assert_eq!(first.dropped, BySplit { train: 1, validation: 2, test: 2 });
    let none =
        shared(|settings| (settings.cleaning.duplicates, settings.cleaning.conflicts) = (Duplicates::Drop, Conflicts::Drop));
    assert_eq!((none.sequences, none.dropped), (4, BySplit { train: 3, validation: 2, test: 4 }));
}

#[test]
fn splits_of_their_own_share_nothing_and_repeats_within_one_are_no_leak() {
    assert_eq!(prepare("N0,MKA,x,train\n", |_| {}).unwrap().card.shared, None);
    assert_eq!(prepare_csv(&(ordinary() + "d,MKA,x\n"), |_| {}).unwrap().card.shared, None);
}
