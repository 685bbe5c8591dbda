//! The answers so far: which question is next, which values they make, and what becomes of them when one is taken back.
//! It never asks, renders or stores; what was typed is kept for as long as the wizard runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::definition::merge;
use crate::schema::{Group, Kind, Question, Schema, check_answer, explain, questions};

/// A questionnaire being filled in.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// All questions in the order they are asked.
    questions: Vec<Question>,
    /// Values of `--set`.
    given: Map<String, Value>,
    /// Answers in the order they were given, by pointer.
    answers: Vec<(String, Value)>,
    /// What was typed last, by pointer; outlives a step back and an error.
    typed: BTreeMap<String, String>,
    /// Asked although nothing else would ask for them: something was wrong with them.
    extra: BTreeSet<String>,
    /// Whether advanced questions are asked; `None` when nobody said.
    pub(super) advanced: Option<bool>,
}

impl Sheet {
    /// An empty sheet over a template's questions. The size stands first: it decides most of the others.
    pub(super) fn new(mut questions: Vec<Question>, given: Map<String, Value>, advanced: Option<bool>) -> Self {
        questions.sort_by_key(|question| (question.group, question.path != "size"));
        Self { questions, given, advanced, ..Self::default() }
    }

    /// The question that is open, if any is.
    pub(super) fn open(&self) -> Option<&Question> {
        self.wanted().into_iter().find(|question| !self.is_answered(question))
    }

    /// Questions that are asked with the answers as they are, answered ones included.
    pub(super) fn wanted(&self) -> Vec<&Question> {
        let values = Value::Object(self.values());
        self.questions.iter().filter(|question| self.is_wanted(question, &values)).collect()
    }

    /// How many more there are for who wants to tune.
    pub(super) fn advanced_questions(&self) -> usize {
        self.questions.iter().filter(|question| question.group == Group::Advanced).count()
    }

    /// Questions that need an answer and have none; a trial fills them with something.
    pub(super) fn missing(&self) -> Vec<&Question> {
        let values = Value::Object(self.values());
        let missing = |question: &&Question| {
            question.required && question.default.is_none() && values.pointer(&question.pointer).is_none()
        };
        self.questions.iter().filter(missing).collect()
    }

    fn is_answered(&self, question: &Question) -> bool {
        self.answers.iter().any(|(pointer, _)| *pointer == question.pointer)
    }

    fn is_wanted(&self, question: &Question, values: &Value) -> bool {
        if self.extra.contains(&question.pointer) || self.is_answered(question) {
            return true;
        }
        let in_group = match question.group {
            Group::Basic => true,
            Group::Advanced => self.advanced == Some(true),
            Group::Expert => false,
        };
        let given = values.pointer(&question.pointer).is_some();
        // One possible answer is no question.
        let one_choice = question.kind == Kind::Choice && question.choices.len() == 1;
        let one_number = question.minimum.is_some() && question.minimum == question.maximum;
        let settled = question.default.is_some() && (one_choice || one_number);
        in_group && !given && !settled && !covered_by_size(question, values)
    }

    /// Takes an answer. One that is the default is not stored: a better default of a later version would never arrive.
    pub(super) fn answer(&mut self, pointer: &str, typed: &str, value: Value) {
        self.typed.insert(pointer.to_owned(), typed.to_owned());
        self.answers.push((pointer.to_owned(), value));
    }

    /// Takes the last answer back and says whether there was one.
    pub(super) fn take_back(&mut self) -> bool {
        self.answers.pop().is_some()
    }

    /// Opens the question of a path again, with all that were answered after it; what was typed stays. Says whether
    /// there is such a question.
    pub(super) fn reopen(&mut self, pointer: &str) -> bool {
        let about =
            |known: &str| pointer == known || pointer.strip_prefix(known).is_some_and(|rest| rest.starts_with('/'));
        // Of a finding about a whole group, the first of it that was asked for.
        let below = |known: &str| known.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
        let find = |fits: &dyn Fn(&str) -> bool| self.questions.iter().find(|question| fits(&question.pointer));
        let found = find(&about).or_else(|| if pointer.is_empty() { None } else { find(&below) });
        let Some(question) = found else { return false };
        let pointer = question.pointer.clone();
        if let Some(at) = self.answers.iter().position(|(known, _)| *known == pointer) {
            self.answers.truncate(at);
        } else if let Some(value) = Value::Object(self.given.clone()).pointer(&pointer) {
            self.typed.insert(pointer.clone(), shown(value));
            remove(&mut self.given, &pointer);
        }
        self.extra.insert(pointer);
        true
    }

    /// What was typed for a question before.
    pub(super) fn typed(&self, pointer: &str) -> Option<&str> {
        self.typed.get(pointer).map(String::as_str)
    }

    /// How many answers there are.
    pub(super) fn answered(&self) -> usize {
        self.answers.len()
    }

    /// The values all this makes.
    pub(super) fn values(&self) -> Map<String, Value> {
        let mut values = self.given.clone();
        for (pointer, value) in &self.answers {
            let question = self.questions.iter().find(|question| question.pointer == *pointer);
            let is_default = question.is_some_and(|question| question.default.as_ref() == Some(value));
            if !value.is_null() && !is_default {
                set(&mut values, pointer, value.clone());
            }
        }
        values
    }

    /// The values with one more answer, and with something in the place of what is still missing, so that they can be
    /// tried.
    pub(super) fn trial(&self, schema: &Schema, name: &str, more: Option<(&str, &Value)>) -> Map<String, Value> {
        let mut values = self.values();
        for question in self.missing() {
            if let Some(value) = stand_in(schema, question, name) {
                set(&mut values, &question.pointer, value);
            }
        }
        if let Some((pointer, value)) = more {
            if value.is_null() { remove(&mut values, pointer) } else { set(&mut values, pointer, value.clone()) }
        }
        values
    }
}

/// Values for all that must be given: examples of the schema's author, or something it takes.
pub(in crate::commands) fn example_values(schema: &Schema, name: &str) -> Map<String, Value> {
    Sheet::new(questions(schema, None), Map::new(), None).trial(schema, name, None)
}

/// A value as it is typed.
pub(in crate::commands) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A size preset decides resources and storage; only `custom` asks for them one by one.
fn covered_by_size(question: &Question, values: &Value) -> bool {
    let sized = question.path.starts_with("resources.") || question.path == "storage.size";
    sized && !question.required && values.get("size").is_none_or(|size| size != "custom")
}

/// Something the schema takes.
fn stand_in(schema: &Schema, question: &Question, name: &str) -> Option<Value> {
    let minimum = question.minimum.as_ref().map(shown);
    let choice = question.choices.first().map(shown);
    let words =
        [name.replace(['-', '.'], "_"), name.to_owned(), "example".to_owned(), "1Gi".to_owned(), "1".to_owned()];
    let path = names(&question.pointer);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let examples = explain(schema.document(), &path).map(|told| told.examples).unwrap_or_default();
    let all = examples.iter().map(shown).chain(choice).chain(minimum).chain(words);
    all.into_iter().find_map(|word| check_answer(schema, question, &word).ok())
}

fn names(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}

/// Puts a value where a pointer leads; null takes it away.
pub(in crate::commands) fn set(values: &mut Map<String, Value>, pointer: &str, value: Value) {
    let patch =
        names(pointer).into_iter().rev().fold(value, |inner, name| Value::Object(Map::from_iter([(name, inner)])));
    if let Value::Object(patch) = patch {
        merge(values, &patch);
    }
}

fn remove(values: &mut Map<String, Value>, pointer: &str) {
    set(values, pointer, Value::Null);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        let quantity = |group: &str| json!({"type": "string", "x-ku8-unit": "quantity", "x-ku8-group": group});
        Schema::parse(&json!({"type": "object", "required": ["database"], "properties": {
            "database": {"type": "string", "pattern": "^[a-z_]+$", "x-ku8-order": 1},
            "size": {"enum": ["small", "custom"], "default": "small", "x-ku8-group": "basic", "x-ku8-order": 5},
            "storage": {"type": "object", "properties": {"size": quantity("basic")}},
            "threads": {"type": "integer", "default": 4, "x-ku8-group": "advanced"},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 1, "default": 1, "x-ku8-group": "basic"}}}))
        .unwrap()
    }

    fn sheet(given: &Value) -> Sheet {
        Sheet::new(questions(&schema(), None), given.as_object().unwrap().clone(), None)
    }

    fn open(sheet: &Sheet) -> &str {
        sheet.open().map_or("", |question| question.path.as_str())
    }

    #[test]
    fn the_size_is_first_and_decides_what_is_asked() {
        let mut sheet = sheet(&json!({}));
        assert_eq!(open(&sheet), "size");
        sheet.answer("/size", "small", json!("small"));
        assert_eq!(open(&sheet), "database");
        sheet.answer("/database", "orders", json!("orders"));
        assert_eq!(open(&sheet), "", "small covers the volume, and one replica is no question");
        assert_eq!(json!(sheet.values()), json!({"database": "orders"}), "defaults are not stored");
        assert!(sheet.take_back() && sheet.take_back() && !sheet.take_back());
        sheet.answer("/size", "custom", json!("custom"));
        sheet.answer("/database", "orders", json!("orders"));
        assert_eq!(open(&sheet), "storage.size");
        sheet.advanced = Some(true);
        sheet.answer("/storage/size", "", Value::Null);
        assert_eq!(open(&sheet), "threads");
    }

    #[test]
    fn what_was_given_is_not_asked_until_it_proves_wrong() {
        let mut sheet = sheet(&json!({"size": "custom", "database": "Orders"}));
        assert_eq!(open(&sheet), "storage.size");
        sheet.answer("/storage/size", "1Gi", json!("1Gi"));
        assert_eq!(open(&sheet), "");
        assert!(sheet.reopen("/database"));
        assert_eq!((open(&sheet), sheet.typed("/database")), ("database", Some("Orders")));
        sheet.answer("/database", "orders", json!("orders"));
        assert_eq!(json!(sheet.values()), json!({"size": "custom", "database": "orders", "storage": {"size": "1Gi"}}));
        assert!(!sheet.reopen("/nothing") && !sheet.reopen(""));
        assert!(sheet.reopen("/storage/size/unit"));
        assert_eq!(sheet.typed("/database"), Some("orders"), "typed text survives");
        sheet.answer("/database", "orders", json!("orders"));
        assert_eq!((open(&sheet), sheet.typed("/storage/size")), ("storage.size", Some("1Gi")));
        assert!(sheet.reopen("/storage"), "a finding about a group opens a question of it");
    }

    #[test]
    fn a_trial_fills_in_what_is_still_missing() {
        let sheet = sheet(&json!({}));
        let size = json!("custom");
        let values = sheet.trial(&schema(), "my-db", Some(("/size", &size)));
        assert_eq!(json!(values), json!({"database": "my_db", "size": "custom"}));
    }
}
