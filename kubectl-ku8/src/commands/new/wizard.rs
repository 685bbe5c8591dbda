//! The order of the wizard's steps: template, name, values, and back again.
//! It never changes anything outside; what it ends with is a definition that renders.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::ask::ask;
use super::sheet::Sheet;
use super::trial::{Outcome, Trial};
use super::words::Words;
use crate::commands::Context;
use crate::commands::resolve::{Values, as_typed, load_by_name};
use crate::definition::check_name;
use crate::error::{CommandError, id};
use crate::render::{Template, builtin};
use crate::schema::{Words as Titles, questions_in, words};
use crate::terminal::{Answer, Ask, Asker, Item, Question};

/// What a person answered so far.
pub(super) struct Wizard<'c> {
    context: &'c Context,
    pub(super) asker: Asker<'c>,
    pub(super) words: &'static Words,
    namespace: String,
    /// Names that are taken.
    taken: BTreeSet<String>,
    given: Values,
    advanced: Option<bool>,
    template: Option<(String, Template)>,
    name: Option<String>,
    typed_name: String,
    sheet: Sheet,
    /// Steps that were answered here, in order.
    trail: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Template,
    Name,
    Advanced,
    Value,
}

/// What the wizard begins with.
pub(super) struct Begin {
    /// `-t`.
    pub(super) template: Option<String>,
    /// The name on the command line.
    pub(super) name: Option<String>,
    /// `--set`.
    pub(super) given: Values,
    /// `--advanced`.
    pub(super) advanced: bool,
    /// Where names must differ.
    pub(super) namespace: String,
    /// Names that are taken there.
    pub(super) taken: BTreeSet<String>,
}

/// What it ends with.
pub(super) struct Filled {
    /// As the user or the list names it.
    pub(super) template: String,
    /// Name of the definition.
    pub(super) name: String,
    /// Its values, defaults left out.
    pub(super) values: Map<String, Value>,
}

impl<'c> Wizard<'c> {
    /// A wizard that knows what the command line said.
    ///
    /// # Errors
    /// When the template on the command line cannot be loaded.
    pub(super) fn new(context: &'c Context, asker: Asker<'c>, begin: Begin) -> Result<Self, CommandError> {
        let mut wizard = Self {
            context,
            asker,
            words: Words::of(context.ui.lang()),
            namespace: begin.namespace,
            taken: begin.taken,
            given: begin.given,
            advanced: begin.advanced.then_some(true),
            template: None,
            name: begin.name,
            typed_name: String::new(),
            sheet: Sheet::default(),
            trail: Vec::new(),
        };
        if let Some(name) = begin.template {
            wizard.choose(&name)?;
        }
        Ok(wizard)
    }

    /// Asks until the values render.
    ///
    /// # Errors
    /// Ctrl-C, or a template that cannot be loaded.
    pub(super) fn fill(&mut self) -> Result<(Filled, String), CommandError> {
        loop {
            self.step_through()?;
            let (reference, template) = self.template.clone().expect("chosen in the first step");
            let name = self.name.clone().expect("named in the second step");
            let trial = Trial { context: self.context, template: &template, name: &name, namespace: &self.namespace };
            let values = self.sheet.values();
            let cost = match trial.run(values.clone()) {
                Outcome::Good(cost) => cost.to_string(),
                Outcome::Unknown => String::new(),
                Outcome::Bad(found) => {
                    let (pointer, message) = found.into_iter().next().unwrap_or_default();
                    // A finding about nothing that can be asked leads to the last answer.
                    if !self.again(&pointer) && !self.back() {
                        return Err(CommandError::new(message).id(id::VALUES));
                    }
                    self.context.ui.complain(&format!("  {}", crate::object::printable(&message)));
                    self.context.ui.complain(&format!("  {}", self.words.again));
                    continue;
                }
            };
            return Ok((Filled { template: reference, name, values }, cost));
        }
    }

    /// Goes back to the last answer, if one was given here.
    pub(super) fn back(&mut self) -> bool {
        let Some(step) = self.trail.pop() else { return false };
        match step {
            Step::Template => self.template = None,
            Step::Name => self.name = None,
            Step::Advanced => self.sheet.advanced = None,
            Step::Value => {
                self.sheet.take_back();
            }
        }
        true
    }

    /// Opens the question of a path again; the steps after it are gone through again, with what was typed.
    fn again(&mut self, pointer: &str) -> bool {
        if !self.sheet.reopen(pointer) {
            return false;
        }
        // The sheet dropped the answers behind it, and so does the trail.
        let mut values = self.sheet.answered();
        self.trail.retain(|step| {
            let keep = *step != Step::Value || values > 0;
            values -= usize::from(*step == Step::Value && values > 0);
            keep
        });
        true
    }

    fn step_through(&mut self) -> Result<(), CommandError> {
        loop {
            let (step, answered) = if self.template.is_none() {
                (Step::Template, self.ask_template()?)
            } else if self.name.is_none() {
                (Step::Name, self.ask_name()?)
            } else if self.sheet.open().is_some() {
                (Step::Value, self.ask_value()?)
            } else if self.sheet.advanced.is_none() && self.sheet.advanced_questions() > 0 {
                (Step::Advanced, self.ask_advanced()?)
            } else {
                return Ok(());
            };
            if answered {
                self.trail.push(step);
            } else if self.back() {
                self.asker.take_back()?;
            }
        }
    }

    fn can_go_back(&self) -> bool {
        !self.trail.is_empty()
    }

    fn choose(&mut self, name: &str) -> Result<(), CommandError> {
        let template = load_by_name(self.context, name)?;
        let questions = questions_in(template.schema(), None, self.context.ui.lang().key());
        let mut given = self.given.patch.clone();
        as_typed(&mut given, &self.given.sources, &template);
        self.sheet = Sheet::new(questions, given, self.advanced);
        self.template = Some((name.to_owned(), template));
        Ok(())
    }

    fn ask_template(&mut self) -> Result<bool, CommandError> {
        let mut found = Vec::new();
        for entry in builtin::all() {
            let template = load_by_name(self.context, entry.name)?;
            // Versions below 1.0 are not settled yet: nobody takes one by pressing Enter.
            let unsettled = template.metadata().version.starts_with("0.");
            found.push((unsettled, entry.name, titles(self.context, &template).title));
        }
        found.sort();
        let item = |(_, name, title): &(bool, &str, String)| Item { word: (*name).to_owned(), note: title.clone() };
        let items: Vec<Item> = found.iter().map(item).collect();
        let question = Question { title: self.words.template.to_owned(), ..Question::default() };
        match self.asker.choice(&question, &items, 0, &|_| None)? {
            Answer::Given(at) => self.choose(found[at].1).map(|()| true),
            Answer::Back => Ok(false),
        }
    }

    fn ask_name(&mut self) -> Result<bool, CommandError> {
        let template = self.template.as_ref().map_or("", |(_, template)| template.metadata().name.as_str());
        let fits = |answer: &str| check_name(answer).map(|()| String::new()).map_err(|error| error.to_string());
        let free =
            |answer: &str| if self.taken.contains(answer) { Err(self.words.taken.to_owned()) } else { fits(answer) };
        let ask = Ask {
            question: Question {
                title: self.words.name.to_owned(),
                help: self.words.name_help.to_owned(),
                back: self.can_go_back(),
                ..Question::default()
            },
            default: Some(free_name(template, &self.taken)),
            typed: self.typed_name.clone(),
            live: &free,
            check: &free,
        };
        let answer = self.asker.text(&ask)?;
        if let Answer::Given(name) = answer {
            self.typed_name.clone_from(&name);
            self.name = Some(name);
            return Ok(true);
        }
        Ok(false)
    }

    fn ask_value(&mut self) -> Result<bool, CommandError> {
        let (Some((_, template)), Some(name), Some(question)) = (&self.template, &self.name, self.sheet.open()) else {
            return Ok(false);
        };
        let question = question.clone();
        let trial = Trial { context: self.context, template, name, namespace: &self.namespace };
        let wanted = self.sheet.wanted().len();
        let place = format!("{}/{wanted}", self.sheet.answered() + 1);
        let back = self.can_go_back();
        match ask(&self.asker, self.words, &trial, &self.sheet, &question, place, back)? {
            Answer::Given((typed, value)) => {
                self.sheet.answer(&question.pointer, &typed, value);
                Ok(true)
            }
            Answer::Back => Ok(false),
        }
    }

    fn ask_advanced(&mut self) -> Result<bool, CommandError> {
        let count = format!("{} {}", self.sheet.advanced_questions(), self.words.questions);
        let items = [
            Item { word: self.words.no.to_owned(), note: String::new() },
            Item { word: self.words.yes.to_owned(), note: count },
        ];
        let question = Question {
            title: self.words.advanced.to_owned(),
            help: self.words.advanced_help.to_owned(),
            back: self.can_go_back(),
            ..Question::default()
        };
        match self.asker.choice(&question, &items, 0, &|_| None)? {
            Answer::Given(at) => {
                self.sheet.advanced = Some(at == 1);
                Ok(true)
            }
            Answer::Back => Ok(false),
        }
    }
}

/// `my-mysql`, or the next number of it that is free.
fn free_name(template: &str, taken: &BTreeSet<String>) -> String {
    let first = format!("my-{template}");
    let more = (2..100).map(|number| format!("my-{template}-{number}"));
    std::iter::once(first.clone()).chain(more).find(|name| !taken.contains(name)).unwrap_or(first)
}

/// A template's title and description in the language asked for.
pub(in crate::commands) fn titles(context: &Context, template: &Template) -> Titles {
    let metadata = template.metadata();
    words(template.schema(), context.ui.lang().key())
        .unwrap_or_else(|| Titles { title: metadata.title.clone(), description: metadata.description.clone() })
}
