//! Figures as the templates need them.

use serde_json::Value;

use super::{Error, figures::Figure};

/// A figure with its data as text.
pub struct Drawn {
    pub id: String,
    pub title: String,
    pub caption: String,
    pub height: usize,
    /// Fit to stand inside a script element.
    pub json: String,
}

impl Drawn {
    /// Writes out every figure.
    pub fn all(figures: &[Figure]) -> Result<Vec<Self>, Error> {
        figures.iter().map(Self::new).collect()
    }

    fn new(figure: &Figure) -> Result<Self, Error> {
        let json = figure.json().map_err(|source| Error::Figure { source })?;
        Ok(Self {
            id: figure.id.clone(),
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            height: figure.height,
            json: inside_script(&json),
        })
    }
}

/// JSON that no HTML parser can mistake for the end of its element.
///
/// In JSON these letters stand in strings only.
pub fn inside_script(json: &Value) -> String {
    json.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_cannot_close_its_element() {
        let text = inside_script(&json!({ "name": "</script><script>alert(1)</script>&amp;" }));
        assert!(!text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "name": "</script><script>alert(1)</script>&amp;" }));
    }
}
