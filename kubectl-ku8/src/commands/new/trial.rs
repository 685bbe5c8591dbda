//! Renders answers before they are taken: what they cost, and what the template itself has to say about them.
//! It never asks the cluster; only what a template says about the very question at hand stands in the way.

use serde_json::{Map, Value};

use super::cost::Cost;
use super::sheet::Sheet;
use crate::commands::Context;
use crate::commands::pipeline::try_render;
use crate::definition::{Definition, TemplateRef};
use crate::render::{Origin, RenderError, Template};
use crate::schema::Question;

/// Kubernetes version rendered for; what objects cost does not depend on it.
const KUBERNETES: &str = "1.30";

/// Most choices that are tried out; a longer list is shown without what each costs.
const CHOICES: usize = 8;

/// A template and what it is tried with.
pub(super) struct Trial<'c> {
    pub(super) context: &'c Context,
    pub(super) template: &'c Template,
    pub(super) name: &'c str,
    pub(super) namespace: &'c str,
}

/// What came of trying values out.
pub(super) enum Outcome {
    /// They render to objects that cost this.
    Good(Cost),
    /// They do not: each finding with the pointer it is about.
    Bad(Vec<(String, String)>),
    /// Nothing can be said.
    Unknown,
}

impl Trial<'_> {
    /// Renders values.
    pub(super) fn run(&self, values: Map<String, Value>) -> Outcome {
        let mut definition = Definition::new(self.name, None);
        definition.spec.template =
            Some(TemplateRef { name: self.template.metadata().name.clone(), version: None, digest: None });
        definition.spec.values = values;
        match try_render(self.context, self.template, &definition, self.namespace, KUBERNETES, &Value::Null) {
            Ok(Ok(render)) => {
                Outcome::Good(Cost::of(render.rendered.objects.iter().map(|object| object.manifest.value())))
            }
            Ok(Err(RenderError::Values(violations))) => Outcome::Bad(
                violations.into_iter().map(|one| (one.pointer, with_hint(one.message, one.hint))).collect(),
            ),
            Ok(Err(RenderError::Diagnostics(found))) => {
                Outcome::Bad(found.into_iter().map(|one| (one.path, with_hint(one.message, one.hint))).collect())
            }
            Ok(Err(_)) | Err(_) => Outcome::Unknown,
        }
    }

    /// What the template says about one answer: why it cannot be, or what all cost with it.
    ///
    /// # Errors
    /// A finding about this very question.
    pub(super) fn judge(&self, sheet: &Sheet, question: &Question, value: &Value) -> Result<String, String> {
        if !self.is_cheap() {
            return Ok(String::new());
        }
        let schema = self.template.schema();
        match self.run(sheet.trial(schema, self.name, Some((&question.pointer, value)))) {
            Outcome::Good(cost) => {
                let cost = cost.to_string();
                let before = match self.run(sheet.trial(schema, self.name, None)) {
                    Outcome::Good(before) => before.to_string(),
                    _ => String::new(),
                };
                Ok(if cost == before { String::new() } else { cost })
            }
            Outcome::Bad(found) => {
                let about = |pointer: &str| {
                    pointer == question.pointer
                        || pointer.strip_prefix(&question.pointer).is_some_and(|rest| rest.starts_with('/'))
                };
                found
                    .into_iter()
                    .find(|(pointer, _)| about(pointer))
                    .map_or_else(|| Ok(String::new()), |one| Err(one.1))
            }
            Outcome::Unknown => Ok(String::new()),
        }
    }

    /// What each choice costs; nothing where it makes no difference.
    pub(super) fn costs(&self, sheet: &Sheet, question: &Question) -> Vec<String> {
        if question.choices.len() > CHOICES || !self.is_cheap() {
            return Vec::new();
        }
        let cost = |choice: &Value| match self.run(sheet.trial(
            self.template.schema(),
            self.name,
            Some((&question.pointer, choice)),
        )) {
            Outcome::Good(cost) => cost.to_string(),
            _ => String::new(),
        };
        let costs: Vec<String> = question.choices.iter().map(cost).collect();
        let known: Vec<&String> = costs.iter().filter(|cost| !cost.is_empty()).collect();
        if known.windows(2).all(|pair| pair[0] == pair[1]) { Vec::new() } else { costs }
    }

    /// A foreign template starts a process each time, which is too slow to try every choice with.
    fn is_cheap(&self) -> bool {
        *self.template.origin() == Origin::BuiltIn
    }
}

fn with_hint(message: String, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{message}; {hint}"),
        None => message,
    }
}
