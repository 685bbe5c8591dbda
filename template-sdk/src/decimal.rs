//! Numbers with a fraction as text.
//! It never goes through the standard library's formatting of them, which is a twentieth of a component.

use serde_json::Value;

/// Returns a number as people write it: `0.5`, and `2` where nothing stands after the point.
///
/// ```
/// assert_eq!(template_sdk::decimal(0.5), "0.5");
/// assert_eq!(template_sdk::decimal(2.0), "2");
/// assert_eq!(template_sdk::decimal(1234.25), "1234.25");
/// ```
pub fn decimal(number: f64) -> String {
    let text = crate::shape::text(&Value::from(number));
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
