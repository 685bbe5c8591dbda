//! What a schema says in other languages (`x-ku8-i18n`), in place of its titles and descriptions.
//! It never mixes languages: one is used where every question has its words, and English otherwise.

use serde_json::{Map, Value};

use super::walk::nodes_at;
use super::{Group, Question, Schema, questions};
use crate::object::printable;

/// A title and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// A few words.
    pub title: String,
    /// A sentence or two; may be empty.
    pub description: String,
}

/// As [`questions`], in another language (`zh`) when the schema has all of it.
pub fn questions_in(schema: &Schema, group: Option<Group>, lang: Option<&str>) -> Vec<Question> {
    let english = || questions(schema, group);
    let Some(lang) = lang else { return english() };
    let all = questions(schema, None).into_iter().map(|question| translate(schema.document(), question, lang));
    match all.collect::<Option<Vec<Question>>>() {
        Some(mut all) => {
            all.retain(|question| group.is_none_or(|wanted| question.group == wanted));
            all
        }
        None => english(),
    }
}

/// What the template itself is called in a language; the words stand at the root of its schema.
pub fn words(schema: &Schema, lang: Option<&str>) -> Option<Words> {
    words_at(schema.document(), "", lang?)
}

/// What the value at a pointer is called in a language.
pub(super) fn words_at(document: &Value, pointer: &str, lang: &str) -> Option<Words> {
    let nodes = nodes_at(document, pointer);
    let found = texts(&nodes, lang)?;
    let text = |key: &str| found.get(key).and_then(Value::as_str).map(printable);
    Some(Words { title: text("title")?, description: text("description").unwrap_or_default() })
}

fn translate(document: &Value, mut question: Question, lang: &str) -> Option<Question> {
    let nodes = nodes_at(document, &question.pointer);
    let found = texts(&nodes, lang)?;
    let text = |key: &str| found.get(key).and_then(Value::as_str).map(printable);
    question.title = text("title")?;
    if !question.description.is_empty() {
        question.description = text("description")?;
    }
    if let Some(names) = found.get("enum").and_then(Value::as_object) {
        let name = |choice: &Value| {
            let key = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
            names.get(&key).and_then(Value::as_str).map(printable).unwrap_or_default()
        };
        question.choice_names = question.choices.iter().map(name).collect();
    }
    Some(question)
}

fn texts<'s>(nodes: &[&'s Map<String, Value>], lang: &str) -> Option<&'s Map<String, Value>> {
    nodes.iter().find_map(|node| node.get("x-ku8-i18n")?.get(lang)?.as_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(size: &Value) -> Schema {
        let mode = json!({"enum": ["a", "b"], "title": "Mode", "description": "What it does.", "x-ku8-i18n": {"zh":
            {"title": "模式", "description": "用途。", "enum": {"a": "甲"}}}});
        Schema::parse(&json!({"type": "object", "x-ku8-i18n": {"zh": {"title": "数据库"}},
            "properties": {"mode": mode, "size": size}}))
        .unwrap()
    }

    #[test]
    fn a_language_is_used_whole_or_not_at_all() {
        let size = json!({"type": "string", "title": "Size", "x-ku8-i18n": {"zh": {"title": "规格"}}});
        let found = questions_in(&schema(&size), None, Some("zh"));
        let titles: Vec<&str> = found.iter().map(|question| question.title.as_str()).collect();
        assert_eq!(titles, ["模式", "规格"]);
        assert_eq!(found[0].description, "用途。");
        assert_eq!(found[0].choice_names, ["甲", ""]);
        assert_eq!(words(&schema(&size), Some("zh")).unwrap().title, "数据库");

        let half = json!({"type": "string", "title": "Size"});
        let found = questions_in(&schema(&half), None, Some("zh"));
        assert_eq!((found[0].title.as_str(), found[1].title.as_str()), ("Mode", "Size"));
        assert_eq!(questions_in(&schema(&size), None, None), questions(&schema(&size), None));
        assert!(words(&schema(&half), Some("fr")).is_none());
    }
}
