//! Labels → targets, as the task reads them.

use std::collections::HashMap;

use super::{ClassShare, Dropped, Error, Word, rows::Rows};
use crate::{
    experiment::Class,
    task::{Target, Targets, Task, Unfit},
    text::short,
};

/// Gives every row that misses nothing its target; `listed` are the classes of the experiment.
pub(super) fn assign(task: &dyn Task, rows: &Rows, listed: &[Class]) -> Result<Targets, Error> {
    let labels: Vec<Option<&str>> = rows.all.iter().map(|row| (!row.is_missing()).then_some(row.label.as_str())).collect();
    let listed: Vec<(&str, &str)> = listed.iter().map(|class| (class.label.as_str(), class.name.as_str())).collect();
    task.targets(&labels, &listed).map_err(|unfit| match unfit {
        Unfit::Absent { label, help } => Error::AbsentClass { label, help },
        Unfit::Few { classes } => Error::FewClasses { found: classes },
        Unfit::Numbers { distinct, rows } => Error::NumbersAsClasses { distinct, rows },
        Unfit::NoNumber { rows: found } => Error::no_number(rows, &found),
    })
}

/// Leaves out the classes of fewer kept proteins than `least`; they and their sizes are returned.
pub(super) fn leave_small(targets: &mut Targets, dropped: &mut [Option<Dropped>], least: usize) -> Result<Vec<Word>, Error> {
    let mut sizes = vec![0_usize; targets.names.len()];
    for (target, _) in targets.of_rows.iter().zip(&*dropped).filter(|(_, dropped)| dropped.is_none()) {
        if let Some(class) = target.and_then(Target::class) {
            sizes[class] += 1;
        }
    }
    let mut index = 0;
    let places: Vec<Option<usize>> = sizes
        .iter()
        .map(|size| {
            (*size >= least).then(|| {
                index += 1;
                index - 1
            })
        })
        .collect();
    let small: Vec<Word> = (targets.names.iter().zip(&sizes).zip(&places))
        .filter(|(_, place)| place.is_none())
        .map(|((name, size), _)| Word { field: "label".to_owned(), value: name.clone(), count: *size })
        .collect();
    if index < 2 {
        let mut largest: Vec<(&String, usize)> = targets.names.iter().zip(sizes).collect();
        largest.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        let told: Vec<String> = largest.iter().take(5).map(|(name, size)| format!("{:?} ({size})", short(name))).collect();
        return Err(Error::SmallClasses { least, left: index, sizes: told.join(", ") });
    }
    for (target, dropped) in targets.of_rows.iter_mut().zip(dropped) {
        if let Some(class) = target.and_then(Target::class) {
            *target = places[class].map(Target::Class);
            if target.is_none() && dropped.is_none() {
                *dropped = Some(Dropped::SmallClass);
            }
        }
    }
    let mut places = places.into_iter();
    targets.names.retain(|_| places.next().flatten().is_some());
    Ok(small)
}

/// The classes whose names hold several labels, apart by `;`, `|` or `,`, with their sizes: those
/// of which every part is a class of its own or a part of others.
pub(super) fn several(classes: &[ClassShare]) -> Vec<Word> {
    let parts = |name: &str| -> Option<Vec<String>> {
        let separator = [';', '|', ','].into_iter().find(|separator| name.contains(*separator))?;
        let parts: Vec<String> =
            name.split(separator).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        (parts.len() > 1).then_some(parts)
    };
    let mut known: HashMap<String, usize> = HashMap::new();
    for class in classes {
        match parts(&class.name) {
            None => *known.entry(class.name.clone()).or_default() += 2,
            Some(parts) => parts.into_iter().for_each(|part| *known.entry(part).or_default() += 1),
        }
    }
    let plain = classes.iter().filter(|class| parts(&class.name).is_none()).map(|class| &class.name).collect::<Vec<_>>();
    let holds = |class: &&ClassShare| {
        parts(&class.name).is_some_and(|parts| {
            parts.iter().any(|part| plain.contains(&part)) && parts.iter().all(|part| known.get(part).is_some_and(|of| *of > 1))
        })
    };
    let word = |class: &ClassShare| Word { field: "label".to_owned(), value: class.name.clone(), count: class.count };
    classes.iter().filter(holds).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<ClassShare> {
        names.iter().map(|name| ClassShare { name: (*name).to_owned(), count: 3, share: 0.1 }).collect()
    }

    #[test]
    fn labels_that_hold_several_are_known_by_their_parts() {
        let found = |names: &[&str]| several(&classes(names)).into_iter().map(|word| word.value).collect::<Vec<_>>();
        assert_eq!(found(&["A", "A;B", "B", "B; A"]), ["A;B", "B; A"]);
        assert_eq!(found(&["A", "B", "A|B|"]), ["A|B|"]);
        assert_eq!(found(&["A", "A, C", "C, A"]), ["A, C", "C, A"]);
        // Commas within a name.
        assert_eq!(found(&["Membrane", "Membrane, lipid-anchor"]), [""; 0]);
        assert_eq!(found(&["A;B", "C;D"]), [""; 0]);
        assert_eq!(found(&["A", ";", "A;"]), [""; 0]);
    }

    #[test]
    fn small_classes_are_left_out_and_the_others_keep_their_order() {
        let class = |index| Some(Target::Class(index));
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let of_rows = vec![class(0), class(1), class(2), class(2), None, class(0), class(1)];
        let mut targets = Targets { names, of_rows };
        let mut dropped = vec![None, None, None, None, Some(Dropped::Missing), None, Some(Dropped::Duplicate)];
        let small = leave_small(&mut targets, &mut dropped, 2).unwrap();
        assert_eq!(small, [Word { field: "label".to_owned(), value: "b".to_owned(), count: 1 }]);
        assert_eq!(targets.names, ["a", "c"]);
        assert_eq!(targets.of_rows, [class(0), None, class(1), class(1), None, class(0), None]);
        assert_eq!(dropped[1], Some(Dropped::SmallClass));
        assert_eq!(dropped[6], Some(Dropped::Duplicate));
        assert!(matches!(leave_small(&mut targets, &mut dropped, 3), Err(Error::SmallClasses { left: 0, .. })));
    }
}
