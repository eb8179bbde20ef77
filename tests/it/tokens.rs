//! Token ids, as transformers' `EsmTokenizer` gives them (`tests/reference/tokens.py`).

use proptest::prelude::*;
use serde_json::Value;
use titer_core::{
    data::{
        Tokenizer,
        tokens::{CLS, EOS, MASK, PAD, UNK, VOCAB_TXT, check_vocabulary, truncate},
    },
    experiment::Truncate,
};

fn reference() -> Value {
    serde_json::from_str(include_str!("../reference/tokens.json")).unwrap()
}

fn ids(value: &Value) -> Vec<u8> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn ids_are_those_of_the_reference_on_real_and_odd_texts() {
    let tokenizer = Tokenizer::esm2();
    for case in reference()["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let expected = ids(&case["ids"]);
        assert_eq!(tokenizer.encode(text), expected, "{text:?}");
        assert_eq!(tokenizer.count(text), expected.len(), "{text:?}");
    }
}

#[test]
fn a_vocabulary_is_esm_2_s_or_the_first_difference_is_told() {
    let windows = VOCAB_TXT.replace('\n', "\r\n");
    for same in [VOCAB_TXT, VOCAB_TXT.trim_end(), &windows, &format!("{VOCAB_TXT}\n\n")] {
        check_vocabulary(same).unwrap();
    }
    let lines: Vec<&str> = VOCAB_TXT.lines().collect();
    for (other, told) in [
        (VOCAB_TXT.replace("<cls>\n", ""), r#"line 1 is "<pad>", where ESM-2's vocabulary has "<cls>""#),
        (VOCAB_TXT.replace("X\n", "J\n"), r#"line 25 is "J", where ESM-2's vocabulary has "X""#),
        (lines[..32].join("\n"), r#"line 33 is missing, where ESM-2's vocabulary has "<mask>""#),
        (format!("{VOCAB_TXT}<extra>\n"), r#"line 34 is "<extra>", where ESM-2's vocabulary has ended"#),
        (String::new(), r#"line 1 is missing, where ESM-2's vocabulary has "<cls>""#),
    ] {
        assert_eq!(check_vocabulary(&other).unwrap_err().to_string(), told);
    }
}

#[test]
fn truncation_at_either_end_is_that_of_the_reference() {
    let tokenizer = Tokenizer::esm2();
    for case in reference()["truncated"].as_array().unwrap() {
        let side = if case["side"] == "end" { Truncate::End } else { Truncate::Start };
        let encoded = tokenizer.encode(case["text"].as_str().unwrap());
        assert_eq!(truncate(encoded, case["max_length"].as_u64().unwrap() as usize, side), ids(&case["ids"]), "{case}");
    }
}

#[test]
fn truncation_in_the_middle_keeps_both_termini_the_first_the_longer() {
    let encoded = Tokenizer::esm2().encode("LAGVSER");
    assert_eq!(truncate(encoded.clone(), 7, Truncate::Middle), [CLS, 4, 5, 6, 9, 10, EOS]);
    assert_eq!(truncate(encoded.clone(), 6, Truncate::Middle), [CLS, 4, 5, 9, 10, EOS]);
    assert_eq!(truncate(encoded.clone(), 9, Truncate::Middle), encoded);
}

#[test]
fn special_tokens_have_the_ids_of_the_vocabulary() {
    let tokenizer = Tokenizer::esm2();
    let vocabulary = tokenizer.vocabulary();
    assert_eq!(vocabulary.len(), 33);
    for (id, token) in [(CLS, "<cls>"), (PAD, "<pad>"), (EOS, "<eos>"), (UNK, "<unk>"), (MASK, "<mask>")] {
        assert_eq!(vocabulary[usize::from(id)], token);
    }
}

proptest! {
    #[test]
    fn truncation_keeps_the_ends_and_never_exceeds_the_maximum(sequence in "[A-Z]{0,60}", max_length in 2_usize..70) {
        let encoded = Tokenizer::esm2().encode(&sequence);
        for side in [Truncate::End, Truncate::Start, Truncate::Middle] {
            let cut = truncate(encoded.clone(), max_length, side);
            prop_assert_eq!(cut.len(), encoded.len().min(max_length));
            prop_assert_eq!((cut[0], cut[cut.len() - 1]), (CLS, EOS));
        }
    }

    /// Letters and gaps take a shortcut past the pipeline; a space, which vanishes, sends them
    /// through it.
    #[test]
    fn the_shortcut_and_the_pipeline_agree(sequence in "[A-Za-z.-]{1,60}") {
        let tokenizer = Tokenizer::esm2();
        prop_assert_eq!(tokenizer.encode(&sequence), tokenizer.encode(&format!("{sequence} ")));
    }

    /// Tokens are counted without making them where every letter is known.
    #[test]
    fn a_text_has_as_many_tokens_as_are_counted(text in "[A-Z]{0,30}|[A-Za-z.<>é -]{0,30}") {
        let tokenizer = Tokenizer::esm2();
        prop_assert_eq!(tokenizer.count(&text), tokenizer.encode(&text).len());
    }
}
