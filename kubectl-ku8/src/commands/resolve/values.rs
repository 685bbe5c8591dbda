//! Values of files and of `--set` and its friends, as one merge patch that remembers where each was written.
//! It never judges a value; that is the schema's work.

use clap::Args;
use serde_json::{Map, Value};

use crate::definition::{SetError, SetKind, Sources, parse_values, set_value};
use crate::error::CommandError;
use crate::render::Template;
use crate::schema::explain;

/// Values given on the command line.
#[derive(Args, Clone, Debug, Default)]
pub struct SetArgs {
    /// Set a value: path=value
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Set a value that stays text
    #[arg(long, value_name = "PATH=TEXT")]
    pub set_string: Vec<String>,
    /// Set a value from JSON
    #[arg(long, value_name = "PATH=JSON")]
    pub set_json: Vec<String>,
    /// Set a value to the text of a file
    #[arg(long, value_name = "PATH=FILE")]
    pub set_file: Vec<String>,
}

impl SetArgs {
    fn of(&self, kind: SetKind) -> &[String] {
        match kind {
            SetKind::Guess => &self.set,
            SetKind::String => &self.set_string,
            SetKind::Json => &self.set_json,
            SetKind::File => &self.set_file,
        }
    }

    /// Says whether none was given.
    pub(in crate::commands) fn is_empty(&self) -> bool {
        SetKind::ALL.iter().all(|kind| self.of(*kind).is_empty())
    }
}

/// Reads values files, then `--set` and friends, into one merge patch, with what they were written in.
///
/// # Errors
/// When one of them does not read.
pub(in crate::commands) fn read_values(files: &[String], given: &SetArgs) -> Result<Values, CommandError> {
    let mut values = Values::default();
    for file in files {
        let (name, text) = crate::files::read_input(file)?;
        values.file(&name, &text)?;
    }
    values.set(given, Some(&Map::new()))?;
    Ok(values)
}

/// Values of files and flags, and what they were written in.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Values {
    /// What they say, as a merge patch: a null removes.
    pub patch: Map<String, Value>,
    /// Where they say it.
    pub sources: Sources,
}

impl Values {
    /// Adds the text of a values file.
    ///
    /// # Errors
    /// When it does not read.
    pub(in crate::commands) fn file(&mut self, name: &str, text: &str) -> Result<(), CommandError> {
        let values = parse_values(name, text)?;
        overlay(&mut self.patch, values);
        self.sources.values(name, text);
        Ok(())
    }

    /// Adds `--set` and friends. `base` is what the patch will be merged into, where that is known already.
    ///
    /// # Errors
    /// When one of them does not read, or names an element of a list that is not there.
    pub(in crate::commands) fn set(
        &mut self,
        given: &SetArgs,
        base: Option<&Map<String, Value>>,
    ) -> Result<(), CommandError> {
        for kind in SetKind::ALL {
            for argument in given.of(kind) {
                let loaded = if kind == SetKind::File { Some(load(argument)?) } else { None };
                let pointer = set_value(&mut self.patch, loaded.as_ref().unwrap_or(argument), kind, base)
                    .map_err(|error| CommandError { message: error.told(kind), ..error.into() })?;
                self.sources.flag(kind, argument, &pointer);
            }
        }
        Ok(())
    }
}

/// `path=FILE` with the file's text in place of its name.
fn load(argument: &str) -> Result<String, CommandError> {
    let (path, file) = argument.split_once('=').ok_or_else(|| {
        let error = SetError::Form(argument.to_owned());
        CommandError { message: error.told(SetKind::File), ..error.into() }
    })?;
    let text = crate::files::read_text(std::path::Path::new(file))?;
    crate::commands::sensitive::learn_setting(path, &text);
    Ok(format!("{path}={text}"))
}

/// `--set version=8.4` means the text where the schema takes nothing but text: a command line has no quotes to say so.
pub(in crate::commands) fn as_typed(values: &mut Map<String, Value>, sources: &Sources, template: &Template) {
    let mut whole = Value::Object(std::mem::take(values));
    for (pointer, text) in sources.guessed() {
        let names: Vec<String> =
            pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let is_text = explain(template.schema().document(), &names).is_ok_and(|found| found.kind == "string");
        if let Some(value) = whole.pointer_mut(pointer)
            && is_text
            && (value.is_number() || value.is_boolean())
        {
            *value = Value::from(text);
        }
    }
    if let Value::Object(fields) = whole {
        *values = fields;
    }
}

fn overlay(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        match (target.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(changes)) => overlay(inner, changes),
            (_, other) => {
                target.insert(key, other);
            }
        }
    }
}
