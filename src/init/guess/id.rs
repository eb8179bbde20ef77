//! Which column names the proteins.

use crate::init::column::Column;

/// Names of columns that hold ids, as [`Column::plain`] has them; the first that is there is taken.
const NAMES: [&str; 20] = [
    "id",
    "entry",
    "accession",
    "acc",
    "uniprotid",
    "uniprot",
    "uniprotaccession",
    "proteinid",
    "seqid",
    "sequenceid",
    "identifier",
    "entryid",
    "geneid",
    "variantid",
    "entryname",
    "proteinname",
    "name",
    "mutant",
    "variant",
    "mutation",
];

/// Letters of the longest id that is found without a name.
const LONGEST: usize = 40;

/// Finds the column of the ids among those that are not `taken`: by name where most of its texts
/// differ, otherwise a column of short words that all differ. Numbers of rows are no ids.
pub fn find(columns: &[Column], taken: &[usize]) -> Option<usize> {
    let free = || (0..columns.len()).filter(|index| !taken.contains(index));
    let fits = |index: &usize| columns[*index].filled() > 0 && columns[*index].differs();
    let named = NAMES.iter().find_map(|name| free().filter(fits).find(|index| columns[*index].plain() == *name));
    named.or_else(|| {
        free().find(|index| {
            let column = &columns[*index];
            let is_word = |text: &str| text.len() <= LONGEST && !text.contains(char::is_whitespace);
            let is_named_otherwise = column.name.is_empty() || column.numbers * 2 > column.filled();
            column.empty == 0 && column.is_unique() && column.texts().all(is_word) && !is_named_otherwise
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_by_name_and_then_as_words_that_differ() {
        let number = Column::of("Unnamed: 0", ["0", "1", "2"]);
        let entry = Column::of("Entry", ["P1", "P2", "P2"]);
        let word = Column::of("gene", ["a1", "a2", "a3"]);
        assert_eq!(find(&[number.clone(), word.clone(), entry.clone()], &[]), Some(2));
        assert_eq!(find(&[number.clone(), word.clone(), entry], &[2]), Some(1));
        assert_eq!(find(&[number, Column::of("class", ["x", "x", "y"])], &[]), None);
        assert_eq!(find(&[Column::of("note", ["a b", "c d"])], &[]), None);
        assert_eq!(find(&[Column::of("ID", ["1", "2", "3"]), word], &[]), Some(0), "numbers that are called ids are ids");
    }
}
