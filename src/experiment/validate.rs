//! What was read → what may be run: ranges, what belongs together, and what is missing.

mod checker;
mod data;
mod model;
mod split;
mod tokens;
mod train;

use checker::Checker;
pub use checker::LARGEST_PATTERN;

use super::{
    diagnostic::Fault,
    layers::Path,
    raw::Raw,
    settings::{FetchSettings, Settings},
};

/// The settings of one run and how its data is fetched, or every fault that stands in the way.
///
/// `broken` are the keys that could not be read at all: they are not reported as missing.
pub fn validate(raw: Raw, broken: &[Path]) -> Result<(Settings, Option<FetchSettings>), Vec<Fault>> {
    let mut checker = Checker::new(broken);
    let data = data::data(raw.data.unwrap_or_default(), &mut checker);
    let split = split::split(raw.split.unwrap_or_default(), &mut checker);
    let tokens = tokens::tokens(raw.tokens.unwrap_or_default(), &mut checker);
    let model = model::model(raw.model.unwrap_or_default(), &mut checker);
    let train = train::train(&raw.train.unwrap_or_default(), &mut checker);
    if let (Some(train), Some(model)) = (&train, &model) {
        train::check_layers(train, model, &mut checker);
    }
    let faults = checker.into_faults();
    match (data, split, tokens, model, train) {
        (Some((data, fetch)), Some(split), Some(tokens), Some(model), Some(train)) if faults.is_empty() && broken.is_empty() => {
            Ok((Settings { data, split, tokens, model, train }, fetch))
        }
        // Whatever is refused is told: a setting without a value, a default and a fault would be a hole in the defaults.
        _ if faults.is_empty() && broken.is_empty() => Err(vec![Fault::incomplete()]),
        _ => Err(faults),
    }
}
