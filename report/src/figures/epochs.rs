//! The figure of the epochs whose checkpoints were selected.

use plotly::{Bar, common::Marker, layout::BarMode};

use super::{
    Figure, Sketch,
    style::{self, colour, numbers},
};
use crate::view::{View, lines::Lines};

/// Runs from which it is drawn.
const FEWEST: usize = 3;
/// Configurations beyond which colours would come again: the bars are of one.
const COLOURED: usize = style::COLOURS.len();

/// Draws how many runs selected each epoch; nothing of a few runs or a single epoch.
#[must_use]
pub fn selected(view: &View) -> Option<Figure> {
    let selected: Vec<Option<u32>> = view.comparison.runs.iter().map(|run| run.selected_epoch).collect();
    let last = view.runs.iter().flat_map(|run| &run.training.validation).map(|point| point.epoch).max()?;
    if selected.iter().flatten().count() < FEWEST || last < 2 {
        return None;
    }
    let caption = "How many runs have their best validation score at each epoch. Many at the last epoch: longer training may help; \
                   many at the first: the learning rate may be too high.";
    let mut sketch = Sketch::new("selected-epochs", "Selected epochs", caption);
    let Lines { names, of, .. } = Lines::new(view);
    let coloured = names.len() <= COLOURED;
    let epochs: Vec<u32> = (1..=last).collect();
    let counts = |line: Option<usize>| -> Vec<usize> {
        let is_of = |run: usize| line.is_none_or(|line| of[run] == line);
        let at = |epoch: u32| (0..selected.len()).filter(|&run| is_of(run) && selected[run] == Some(epoch)).count();
        epochs.iter().map(|&epoch| at(epoch)).collect()
    };
    let mut add = |name: &str, line: Option<usize>| {
        sketch.trace(
            Bar::new(epochs.clone(), counts(line))
                .name(name)
                .marker(Marker::new().color(colour(line.unwrap_or(0))))
                .hover_template(format!("{name}<br>epoch %{{x}}: %{{y}} runs<extra></extra>")),
        );
    };
    if coloured {
        for (line, name) in names.iter().enumerate() {
            add(&style::text(name), Some(line));
        }
    } else {
        add("runs", None);
    }
    let several = coloured && names.len() > 1;
    Some(
        sketch.finish(
            style::layout(numbers("epoch").tick0(1.0).dtick(1.0), numbers("runs").tick_format("d"))
                .bar_mode(BarMode::Stack)
                .show_legend(several),
        ),
    )
}
