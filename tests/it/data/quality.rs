//! Doubtful rows: counted, treated, refused.

use serde_json::Value;
use titer_core::{
    data::{self, Dropped},
    exit::Exit,
    experiment::{Conflicts, DataSettings, Duplicates, MaxLength, Missing, UnknownResidues},
};

use super::{all_tokens, class, dropped, ordinary, prepare_csv, seed_split, table, write};

/// `sequence,label` per id, one of every kind of doubt.
const DOUBTFUL: &str =
    "a1,MKA,x\na2,MKA,x\na3,MKA,x\nc1,MKC,x\nc2,MKC,y\nc3,MKC,x\nm1,,x\nm2,MKW,\n,MKV,y\nu1,MJKJJ,y\nl1,mkvv,x\n";

#[test]
fn doubtful_rows_are_counted_as_pandas_counts_them_and_say_why_they_were_dropped() {
    let dataset = prepare_csv(&(ordinary().replace("MKA,", "MKAA,").replace("MKC,", "MKCC,") + DOUBTFUL), |_| {}).unwrap();
    let card = &dataset.card;
    assert_eq!((card.rows, card.counts.missing, card.counts.unknown_residues, card.kept), (31, 3, 1, 24));
    assert_eq!(
        (card.counts.duplicate_rows, card.counts.duplicate_members, card.counts.duplicate_groups, card.counts.conflicting_groups),
        (4, 6, 2, 1)
    );
    let expected = [
        ("a2", Dropped::Duplicate),
        ("a3", Dropped::Duplicate),
        ("c2", Dropped::Conflict),
        ("c3", Dropped::Duplicate),
        ("m1", Dropped::Missing),
        ("m2", Dropped::Missing),
        ("", Dropped::Missing),
    ];
    assert_eq!(dropped(&dataset), expected);
    let tokens = |id: &str| dataset.proteins.iter().find(|protein| protein.id == id).unwrap().tokens;
    // M, <unk>, K, one <unk> for both letters; lower case is read as capitals.
    assert_eq!((tokens("u1"), tokens("l1")), (6, 6));
}

#[test]
fn doubtful_rows_are_all_dropped_where_the_experiment_says_drop() {
    let dataset = prepare_csv(&(ordinary().replace("MKA,", "MKAA,").replace("MKC,", "MKCC,") + DOUBTFUL), |settings| {
        settings.cleaning.duplicates = Duplicates::Drop;
        settings.cleaning.conflicts = Conflicts::Drop;
        settings.cleaning.unknown_residues = UnknownResidues::Drop;
    })
    .unwrap();
    let of = |reason: Dropped| {
        dropped(&dataset).into_iter().filter(|(_, found)| *found == reason).map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(of(Dropped::Duplicate), ["a1", "a2", "a3"]);
    assert_eq!(of(Dropped::Conflict), ["c1", "c2", "c3"]);
    assert_eq!(of(Dropped::UnknownResidue), ["u1"]);
    assert_eq!(dataset.card.kept, 21);
}

#[test]
fn doubtful_rows_are_refused_where_the_experiment_says_refuse() {
    type Change = fn(&mut DataSettings);
    let refusals: [(&str, Change, &str); 4] = [
        (
            "m,,x\n",
            |settings| settings.cleaning.missing = Missing::Refuse,
            "1 row without an id, a sequence or a label, which the experiment refuses: line 22 \"m\"",
        ),
        (
            "u,MJ,x\n",
            |settings| settings.cleaning.unknown_residues = UnknownResidues::Refuse,
            "1 row with a letter outside the vocabulary, which the experiment refuses: line 22 \"u\"",
        ),
        (
            "d,MKA,x\n",
            |settings| settings.cleaning.duplicates = Duplicates::Refuse,
            "2 rows with the sequence and the label of another, which the experiment refuses: line 2 \"P0\", line 22 \"d\"",
        ),
        (
            "d,MKA,y\n",
            |settings| settings.cleaning.conflicts = Conflicts::Refuse,
            "2 rows with the sequence of another and a different label, which the experiment refuses: line 2 \"P0\", line 22 \"d\"",
        ),
    ];
    for (row, change, message) in refusals {
        let error = prepare_csv(&(ordinary() + row), change).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.exit(), Exit::Input);
    }
}

#[test]
fn a_digit_in_a_sequence_is_refused_with_its_line_column_and_position() {
    let error = prepare_csv(&(ordinary() + "bad,MK7V,x\nworse,M K,y\n"), |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "proteins.csv, line 22: the sequence of \"bad\" holds '7' at position 3 (column \"sequence\"); so does one more"
    );
    assert_eq!(error.exit(), Exit::Input);
}

/// What `pandas.read_csv` takes for a missing value, the empty field aside.
const PANDAS: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN",
    "None", "n/a", "nan", "null",
];

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// `tests/reference/card.py`: tables full of duplicates, conflicts and missing values.
#[test]
fn counts_policies_and_distributions_are_those_of_pandas_and_numpy() {
    let reference: Value = serde_json::from_str(include_str!("../../reference/card.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for case in reference["cards"].as_array().unwrap() {
        write(folder.path(), "proteins.csv", case["csv"].as_str().unwrap());
        let mut settings = table("proteins.csv");
        settings.classes = vec![class("x", "X"), class("y", "Y")];
        settings.cleaning.missing_values = PANDAS.map(str::to_owned).to_vec();
        let policies = [
            ("keep-first keep-first", Duplicates::KeepFirst, Conflicts::KeepFirst),
            ("keep-first drop", Duplicates::KeepFirst, Conflicts::Drop),
            ("drop keep-first", Duplicates::Drop, Conflicts::KeepFirst),
            ("drop drop", Duplicates::Drop, Conflicts::Drop),
        ];
        for (policy, duplicates, conflicts) in policies {
            (settings.cleaning.duplicates, settings.cleaning.conflicts) = (duplicates, conflicts);
            let dataset = data::prepare(
                &titer_core::experiment::TaskSettings::default(),
                &settings,
                &seed_split(),
                &all_tokens(),
                folder.path(),
            )
            .unwrap();
            let card = &dataset.card;
            let counts = [
                ("rows", card.rows),
                ("missing", card.counts.missing),
                ("no_class", card.counts.no_class),
                ("duplicate_rows", card.counts.duplicate_rows),
                ("duplicate_members", card.counts.duplicate_members),
                ("duplicate_groups", card.counts.duplicate_groups),
                ("conflicting_groups", card.counts.conflicting_groups),
            ];
            for (name, count) in counts {
                assert_eq!(count, number(&case[name]), "{name}");
            }
            let kept: Vec<&str> =
                dataset.proteins.iter().filter(|protein| protein.dropped.is_none()).map(|protein| protein.id.as_str()).collect();
            assert_eq!(
                kept,
                case["kept"][policy].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect::<Vec<_>>(),
                "{policy}"
            );
        }

        (settings.cleaning.duplicates, settings.cleaning.conflicts) = (Duplicates::KeepFirst, Conflicts::KeepFirst);
        let mut tokens = all_tokens();
        tokens.max_length = MaxLength::Percentile { percentile: 37.5, sample: None, seed: 0, limit: 1024 };
        let dataset =
            data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &seed_split(), &tokens, folder.path())
                .unwrap();
        assert_eq!(serde_json::to_value(&dataset.card.length).unwrap(), case["length"]);
        assert_eq!(dataset.max_length, case["p37.5 of tokens"].as_f64().unwrap() as usize);
    }
}
