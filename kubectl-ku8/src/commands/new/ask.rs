//! One question of a schema, as a prompt: its kind, its choices and what they cost, its default, its help.
//! It never takes an answer the schema or the template refuses.

use serde_json::Value;

use super::sheet::{Sheet, shown};
use super::trial::Trial;
use super::words::Words;
use crate::schema::{Kind, Question, check_answer};
use crate::terminal::{self, Answer, Ask, AskError, Asker, Item};

/// An answer, as it was typed and as it is stored.
pub(super) type Answered = Answer<(String, Value)>;

/// Asks one question.
///
/// # Errors
/// Ctrl-C, or a broken terminal.
pub(super) fn ask(
    asker: &Asker<'_>,
    words: &Words,
    trial: &Trial<'_>,
    sheet: &Sheet,
    question: &Question,
    place: String,
    back: bool,
) -> Result<Answered, AskError> {
    let unit = question.unit.as_deref().filter(|unit| !matches!(*unit, "bytes" | "cpu"));
    let unit = unit.map_or_else(String::new, |unit| format!(" ({unit})"));
    let head =
        terminal::Question { title: format!("{}{unit}", question.title), place, help: help(question, words), back };
    match question.kind {
        Kind::Choice if !question.choices.is_empty() => choose(asker, trial, sheet, question, &head),
        Kind::Boolean => {
            let choices = [Value::Bool(false), Value::Bool(true)];
            let items = [words.no, words.yes].map(|word| Item { word: word.to_owned(), ..Item::default() });
            let default = typed_or_default(sheet, question).is_some_and(|text| text == "true");
            let refuse = |at: usize| trial.judge(sheet, question, &choices[at]).err();
            Ok(match asker.choice(&head, &items, usize::from(default), &refuse)? {
                Answer::Given(at) => Answer::Given((shown(&choices[at]), choices[at].clone())),
                Answer::Back => Answer::Back,
            })
        }
        _ => write(asker, trial, sheet, question, head),
    }
}

fn choose(
    asker: &Asker<'_>,
    trial: &Trial<'_>,
    sheet: &Sheet,
    question: &Question,
    head: &terminal::Question,
) -> Result<Answered, AskError> {
    let costs = trial.costs(sheet, question);
    let note = |at: usize| {
        let parts = [question.choice_names.get(at), costs.get(at)];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("   ")
    };
    let items: Vec<Item> =
        question.choices.iter().enumerate().map(|(at, choice)| Item { word: shown(choice), note: note(at) }).collect();
    let preset = typed_or_default(sheet, question);
    let default = preset.and_then(|text| items.iter().position(|item| item.word == text)).unwrap_or(0);
    let refuse = |at: usize| trial.judge(sheet, question, &question.choices[at]).err();
    Ok(match asker.choice(head, &items, default, &refuse)? {
        Answer::Given(at) => Answer::Given((items[at].word.clone(), question.choices[at].clone())),
        Answer::Back => Answer::Back,
    })
}

fn write(
    asker: &Asker<'_>,
    trial: &Trial<'_>,
    sheet: &Sheet,
    question: &Question,
    head: terminal::Question,
) -> Result<Answered, AskError> {
    let schema = trial.template.schema();
    let ask = Ask {
        question: head,
        default: question.default.as_ref().map(shown),
        typed: sheet.typed(&question.pointer).unwrap_or_default().to_owned(),
        live: &|answer| check_answer(schema, question, answer).map(|_| String::new()),
        check: &|answer| trial.judge(sheet, question, &check_answer(schema, question, answer)?),
    };
    Ok(match asker.text(&ask)? {
        Answer::Given(typed) => {
            let value = check_answer(schema, question, &typed).map_err(AskError::Terminal)?;
            Answer::Given((typed, value))
        }
        Answer::Back => Answer::Back,
    })
}

fn typed_or_default(sheet: &Sheet, question: &Question) -> Option<String> {
    sheet.typed(&question.pointer).map(str::to_owned).or_else(|| question.default.as_ref().map(shown))
}

/// What the value does, its bounds, and how to leave it out.
fn help(question: &Question, words: &Words) -> String {
    let mut parts = vec![question.description.clone()];
    if matches!(question.kind, Kind::Integer | Kind::Number) {
        let bound = |value: &Option<Value>| value.as_ref().map_or_else(|| "…".to_owned(), shown);
        if question.minimum.is_some() || question.maximum.is_some() {
            parts.push(format!("({} – {})", bound(&question.minimum), bound(&question.maximum)));
        }
    }
    if question.secret {
        parts.push(words.secret.to_owned());
    }
    if question.default.is_none() && !question.required && !matches!(question.kind, Kind::Choice | Kind::Boolean) {
        parts.push(format!("({})", words.optional));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}
