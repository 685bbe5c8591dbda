//! What a template may answer beside rendering: how its live objects are, and values brought to its version.
//! It never believes an answer that does not have the contract's shape, and never lets one decide for the host.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::Problem;
use super::limits::readable;
use super::{RenderError, Runtime, Template, contract, json};

/// How a template finds its live objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LiveState {
    /// Everything is as it should be.
    Ready,
    /// It is on its way there.
    Progressing,
    /// It works, and not as it should.
    Degraded,
    /// It does not work.
    Failed,
}

impl std::fmt::Display for LiveState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Progressing => "progressing",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        })
    }
}

/// What a template says of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Kind of the object.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What is to be said.
    pub message: String,
}

/// A template's judgement of its live objects (verdict.schema.json), made printable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// All in all.
    pub state: LiveState,
    /// Why, in a sentence.
    #[serde(default)]
    pub message: String,
    /// What there is to say of single objects.
    #[serde(default)]
    pub objects: Vec<Remark>,
}

/// Asks a template that exports `status` how its objects are. `live` is as live.schema.json has it.
///
/// # Errors
/// As [`super::render`]; [`RenderError::Answer`] when the template does not want to say.
pub fn probe(runtime: &Runtime, template: &Template, request: &Value, live: &Value) -> Result<Verdict, RenderError> {
    contract::request(request).map_err(RenderError::Request)?;
    contract::live(live).map_err(RenderError::Request)?;
    verdict(runtime.probe(template, request, live)?)
}

/// Asks a template that exports `upgrade` to bring values of its version `from` to its own.
///
/// # Errors
/// As [`super::render`]; [`RenderError::Migration`] is the template's own refusal.
pub fn migrate(
    runtime: &Runtime,
    template: &Template,
    from: &str,
    values: Map<String, Value>,
) -> Result<Map<String, Value>, RenderError> {
    migrated(runtime.migrate(template, from, &Value::Object(values))?)
}

fn verdict(answer: Result<String, String>) -> Result<Verdict, RenderError> {
    let text = answer.map_err(|reason| unused("probe", &reason))?;
    let value = json::parse(&text).map_err(|reason| refused("verdict", reason))?;
    let problems = contract::verdict(&value);
    if !problems.is_empty() {
        return Err(RenderError::Refused(problems));
    }
    let mut verdict: Verdict =
        serde_json::from_value(value).map_err(|error| refused("verdict", readable(&error.to_string())))?;
    verdict.message = readable(&verdict.message);
    for remark in &mut verdict.objects {
        for text in [&mut remark.kind, &mut remark.name, &mut remark.message] {
            *text = readable(text);
        }
    }
    Ok(verdict)
}

fn migrated(answer: Result<String, String>) -> Result<Map<String, Value>, RenderError> {
    let text = answer.map_err(|reason| RenderError::Migration(readable(&reason)))?;
    match json::parse(&text).map_err(|reason| refused("migrated values", reason))? {
        Value::Object(values) => Ok(values),
        _ => Err(refused("migrated values", "not an object".to_owned())),
    }
}

fn unused(call: &str, reason: &str) -> RenderError {
    RenderError::Answer { call: call.to_owned(), reason: readable(reason) }
}

fn refused(subject: &str, reason: String) -> RenderError {
    RenderError::Refused(vec![Problem::new(subject, reason)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_has_its_shape_and_is_printable() {
        let good = json!({"state": "degraded", "message": "one of \u{1b}[31mthree", "objects": [
            {"kind": "StatefulSet", "name": "db", "message": "behind"}]});
        let found = verdict(Ok(good.to_string())).unwrap();
        assert_eq!((found.state, found.message.as_str()), (LiveState::Degraded, "one of \\u{1b}[31mthree"));
        assert_eq!(found.objects[0].message, "behind");
        assert_eq!(verdict(Ok(r#"{"state":"ready"}"#.into())).unwrap().objects, vec![]);
        for (answer, words) in [
            (Ok(r#"{"state":"splendid"}"#), "verdict: state"),
            (Ok("{}"), "verdict: state is missing"),
            (Ok(r#"{"state":"ready","state":"failed"}"#), "duplicate key"),
            (Ok("ready"), "not one JSON value"),
            (Err("no objects\u{7}"), "no objects\\u{7}"),
        ] {
            let error = verdict(answer.map(str::to_owned).map_err(str::to_owned)).unwrap_err().to_string();
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn migrated_values_are_one_object() {
        assert_eq!(migrated(Ok(r#"{"b":1,"a":2}"#.into())).unwrap().len(), 2);
        assert!(matches!(migrated(Err("too old".into())), Err(RenderError::Migration(reason)) if reason == "too old"));
        for text in ["[]", "", "{\"a\":1,\"a\":2}", "null"] {
            assert!(matches!(migrated(Ok(text.into())), Err(RenderError::Refused(_))), "{text}");
        }
    }
}
