//! Finding what a command names: a stored definition, a template, values from files and flags.
//! It reads and never writes; an unknown name gets the nearest known one as a hint.

mod policy;
mod settings;

use clap::Args;
use serde_json::{Map, Value};

use super::Context;
use crate::cluster::{ClusterError, PlanClient};
use crate::definition::{SetError, SetKind, Sources, TemplateRef, parse_values, set_value};
use crate::error::{CommandError, id};
use crate::object::{labels, nearest};
use crate::release::{Head, head_name};
use crate::render::{Origin, Template, builtin};
use crate::schema::explain;

pub(super) use policy::policy;
pub(super) use settings::settings;

/// Reads the head of a definition.
///
/// # Errors
/// When it does not exist, is damaged, or cannot be read.
pub(super) async fn read_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Option<Head>, CommandError> {
    crate::definition::check_name(name)?;
    match cluster.config_map(namespace, &head_name(name)).await? {
        Some(live) => Ok(Some(Head::from_config_map(&live.value)?)),
        None => Ok(None),
    }
}

/// Reads a head that must exist; the error names the nearest one.
///
/// # Errors
/// When there is none of that name.
pub(super) async fn require_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Head, CommandError> {
    if let Some(head) = read_head(cluster, namespace, name).await? {
        return Ok(head);
    }
    if cluster.namespace_exists(namespace).await? == Some(false) {
        return Err(no_namespace(cluster, namespace).await);
    }
    let records = cluster.record_summaries(namespace, &crate::release::head_selector()).await.unwrap_or_default();
    let names: Vec<&str> = records.iter().filter_map(|record| record.label(labels::NAME)).collect();
    let failed = CommandError::new(format!("no definition `{name}` in namespace {namespace}")).id(id::NO_DEFINITION);
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failed.hint(format!("did you mean `{near}`?")),
        None => failed.hint("see what is there with: kubectl ku8 list"),
    })
}

/// A namespace that does not exist, with the nearest that does where they may be listed.
pub(super) async fn no_namespace(cluster: &PlanClient, name: &str) -> CommandError {
    let mut error = CommandError::from(ClusterError::NamespaceMissing(name.to_owned()));
    let known = cluster.list(&PlanClient::core("Namespace"), "", "").await.unwrap_or_default();
    if let Some(near) = nearest(name, known.iter().filter_map(|live| live.value["metadata"]["name"].as_str())) {
        error.hints.insert(0, format!("did you mean `{near}`?"));
    }
    error
}

/// Loads a template: a built-in name, a file, or what a pinned digest names.
///
/// # Errors
/// An unknown name, a file that cannot be read or is no template, or bytes with another digest than pinned.
pub(super) async fn load_template(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Template, CommandError> {
    let runtime = context.runtime()?;
    let pinned = reference.digest.as_deref().map(|digest| digest.trim_start_matches("sha256:"));
    if let Some(digest) = pinned {
        if let Some(entry) = builtin::all().iter().find(|entry| entry.sha256 == digest) {
            return Ok(runtime.load_embedded(entry)?);
        }
        if let Some((cluster, namespace)) = cluster
            && let Some(bytes) = super::template_store::fetch(cluster, namespace, digest).await?
        {
            return Ok(runtime.load(bytes, Origin::Cluster)?);
        }
    }
    let template = load_by_name(context, &reference.name)?;
    match pinned {
        Some(digest) if template.digest() != digest => Err(CommandError::new(format!(
            "template `{}` is pinned to sha256:{}…, and what is here has sha256:{}…",
            reference.name,
            &digest[..digest.len().min(12)],
            &template.digest()[..12]
        ))
        .id(id::OTHER_DIGEST)
        .hint(format!("to move to this version: kubectl ku8 define NAME -t {}", reference.name))),
        _ => Ok(template),
    }
}

/// Loads a template by what the user wrote, with no digest to hold it to.
///
/// # Errors
/// As [`load_template`].
pub(super) fn load_by_name(context: &Context, name: &str) -> Result<Template, CommandError> {
    let runtime = context.runtime()?;
    if name.starts_with("oci://") {
        return Err(CommandError::new(format!("template `{name}`: registries are not supported by this version"))
            .id(id::REGISTRY)
            .hint("save the component to a file and name the file"));
    }
    let path = std::path::Path::new(name);
    if name.contains('/') || path.extension().is_some_and(|ending| ending == "wasm") {
        let bytes = crate::files::read_bytes(path)?;
        return Ok(runtime.load(bytes, Origin::File(name.to_owned()))?);
    }
    if let Some(template) = runtime.load_builtin(name) {
        Ok(template?)
    } else {
        let failed = CommandError::new(format!("no template `{name}`")).id(id::NO_TEMPLATE);
        Err(match nearest(name, builtin::all().iter().map(|entry| entry.name)) {
            Some(near) => failed.hint(format!("did you mean `{near}`?")),
            None => failed.hint("see them with: kubectl ku8 template list"),
        })
    }
}

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
    pub(super) fn is_empty(&self) -> bool {
        SetKind::ALL.iter().all(|kind| self.of(*kind).is_empty())
    }
}

/// Reads values files, then `--set` and friends, into one merge patch, with what they were written in.
///
/// # Errors
/// When one of them does not read.
pub(super) fn read_values(files: &[String], given: &SetArgs) -> Result<Values, CommandError> {
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
pub(super) struct Values {
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
    pub(super) fn file(&mut self, name: &str, text: &str) -> Result<(), CommandError> {
        let values = parse_values(name, text)?;
        overlay(&mut self.patch, values);
        self.sources.values(name, text);
        Ok(())
    }

    /// Adds `--set` and friends. `base` is what the patch will be merged into, where that is known already.
    ///
    /// # Errors
    /// When one of them does not read, or names an element of a list that is not there.
    pub(super) fn set(&mut self, given: &SetArgs, base: Option<&Map<String, Value>>) -> Result<(), CommandError> {
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
    super::sensitive::learn_setting(path, &text);
    Ok(format!("{path}={text}"))
}

/// `--set version=8.4` means the text where the schema takes nothing but text: a command line has no quotes to say so.
pub(super) fn as_typed(values: &mut Map<String, Value>, sources: &Sources, template: &Template) {
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
