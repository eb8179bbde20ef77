//! The numbers that a key takes, as its JSON schema says.

use serde_json::Value;

/// Bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    least: Option<f64>,
    above: Option<f64>,
    most: Option<f64>,
    below: Option<f64>,
}

impl Bounds {
    pub fn of(schema: &Value) -> Self {
        let bound = |key: &str| schema[key].as_f64();
        Self {
            least: bound("minimum"),
            above: bound("exclusiveMinimum"),
            most: bound("maximum"),
            below: bound("exclusiveMaximum"),
        }
    }

    pub fn hold(self, number: f64) -> bool {
        number.is_finite()
            && self.least.is_none_or(|least| number >= least)
            && self.above.is_none_or(|above| number > above)
            && self.most.is_none_or(|most| number <= most)
            && self.below.is_none_or(|below| number < below)
    }

    /// The bounds in words, for whoever meets them with this number; nothing where there are none.
    pub fn rule(self, number: f64) -> String {
        // The bounds of a type's width are told to those alone who meet them.
        let most = self.most.filter(|most| number > *most || *most < f64::from(u32::MAX));
        match (self.least, self.above, most, self.below) {
            (Some(least), _, Some(most), _) => format!("between {least} and {most}"),
            (Some(least), _, None, Some(below)) => format!("at least {least} and below {below}"),
            (Some(least), _, None, None) => format!("at least {least}"),
            (None, Some(above), _, Some(below)) => format!("above {above} and below {below}"),
            (None, Some(above), Some(most), None) => format!("above {above} and at most {most}"),
            (None, Some(above), None, None) => format!("greater than {above}"),
            (None, None, Some(most), _) => format!("at most {most}"),
            (None, None, None, Some(below)) => format!("below {below}"),
            (None, None, None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_hold_and_are_told_as_the_schema_has_them() {
        for (schema, inside, outside, rule) in [
            (json!({ "minimum": 0 }), 0.0, -0.1, "at least 0"),
            (json!({ "minimum": 2, "maximum": 8 }), 8.0, 9.0, "between 2 and 8"),
            (json!({ "minimum": 0, "exclusiveMaximum": 1 }), 0.0, 1.0, "at least 0 and below 1"),
            (json!({ "exclusiveMinimum": 0 }), 1e-9, 0.0, "greater than 0"),
            (json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 1 }), 0.5, 1.0, "above 0 and below 1"),
            (json!({ "exclusiveMinimum": 0, "maximum": 100 }), 100.0, 101.0, "above 0 and at most 100"),
            (json!({ "minimum": 1, "maximum": u32::MAX }), 1.0, 0.0, "at least 1"),
            (json!({ "minimum": 0, "maximum": u32::MAX }), 1.0, 4_294_967_296.0, "between 0 and 4294967295"),
            (json!({}), 1.0, f64::NAN, ""),
        ] {
            let bounds = Bounds::of(&schema);
            assert!(bounds.hold(inside) && !bounds.hold(outside), "{schema}");
            assert_eq!(bounds.rule(outside), rule, "{schema}");
        }
    }
}
