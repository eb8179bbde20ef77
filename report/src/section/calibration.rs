//! Calibration: whether the probabilities mean what they say.

use askama::Template;

use super::{Content, Rendered, Section};
use crate::{Error, drawn::Drawn, figures, view::calibration::CalibrationView};

pub(super) const SECTION: Section = Section { id: "calibration", title: Some("Calibration"), build };

#[derive(Template)]
#[template(path = "sections/calibration.html")]
struct CalibrationTemplate<'a> {
    calibration: &'a CalibrationView,
    figures: Vec<Drawn>,
    every: Vec<Drawn>,
}

fn build(content: &Content<'_>) -> Result<Option<Rendered>, Error> {
    let Some(calibration) = &content.view.calibration else { return Ok(None) };
    Rendered::framed(&CalibrationTemplate {
        calibration,
        figures: Drawn::all(&figures::calibration::calibration(calibration))?,
        every: Drawn::all(figures::calibration::every_configuration(calibration).as_slice())?,
    })
}
