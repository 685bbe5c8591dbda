//! What `define` was given, file, flags or plain objects, and the definition that makes with what is stored.
//! It asks no cluster and judges no value.

use serde_json::Value;

use super::define::DefineArgs;
use super::resolve::Values;
use crate::definition::{Definition, Document, Sources, TemplateRef, Visibility, merge, parse_documents};
use crate::error::{CommandError, id};
use crate::release::Head;

/// What stands in files and flags.
pub(super) enum Given {
    /// Neither files nor values.
    Nothing,
    /// Those of files; flags are read once what they are merged into is known.
    Values(Box<Values>),
    /// A whole document, and its text.
    Definition(Box<Definition>, Sources),
    /// Plain objects.
    Manifests(Vec<Value>),
}

/// Reads files, and looks at flags.
///
/// # Errors
/// When one of them does not read.
pub(super) fn read_given(args: &DefineArgs) -> Result<Given, CommandError> {
    let mut values = Values::default();
    let sets = !args.set.is_empty();
    if let [file] = args.files.as_slice() {
        let (source, text) = crate::files::read_input(file)?;
        let documents = crate::definition::yaml::documents(&text);
        if documents.as_ref().is_ok_and(Vec::is_empty) && args.template.is_none() && !sets {
            return Err(crate::definition::DefinitionError::Empty(source).into());
        }
        let looks_like_objects = documents
            .map_or(true, |found| found.iter().any(|one| one["apiVersion"].is_string() && one["kind"].is_string()));
        if looks_like_objects && args.template.is_none() {
            return match parse_documents(&source, &text)? {
                Document::Definition(_) | Document::Manifests(_) if sets => {
                    Err(CommandError::new(format!("--set does not go with {source}, which holds a whole document"))
                        .id(id::USAGE))
                }
                Document::Definition(definition) => {
                    let mut sources = Sources::default();
                    sources.definition(&source, &text);
                    Ok(Given::Definition(definition, sources))
                }
                Document::Manifests(manifests) => Ok(Given::Manifests(manifests)),
            };
        }
        // Standard input reads only once, so its values are taken from the text at hand.
        values.file(&source, &text)?;
    } else {
        for file in &args.files {
            let (source, text) = crate::files::read_input(file)?;
            values.file(&source, &text)?;
        }
    }
    // Only to find mistakes before a cluster is asked.
    values.clone().set(&args.set, None)?;
    Ok(if values.patch.is_empty() && !sets { Given::Nothing } else { Given::Values(Box::new(values)) })
}

/// The definition's name, from the command line or the document.
///
/// # Errors
/// When there is none, or two.
pub(super) fn name_of(args: &DefineArgs, given: &Given) -> Result<String, CommandError> {
    match (&args.name, given) {
        (Some(name), Given::Definition(definition, _)) if name != definition.name() => {
            Err(CommandError::new(format!("the file defines `{}`, not `{name}`", definition.name()))
                .id(id::CONTRADICTION))
        }
        (Some(name), _) => Ok(name.clone()),
        (None, Given::Definition(definition, _)) => Ok(definition.name().to_owned()),
        (None, _) => Err(CommandError::new("the definition needs a name")
            .id(id::NOTHING_NAMED)
            .hint("for example: kubectl ku8 define orders-db -t mysql --set database=orders")),
    }
}

/// The definition that is to be stored, and what a person wrote of it, to point into.
///
/// # Errors
/// When what was given does not fit what is stored, or a flag does not read.
pub(super) fn compose(
    args: &DefineArgs,
    given: Given,
    name: &str,
    head: Option<&Head>,
) -> Result<(Definition, Sources), CommandError> {
    let mut sources = Sources::default();
    let stored = head.filter(|_| !args.replace).map(|head| head.definition.clone());
    let mut definition = match given {
        Given::Definition(definition, text) => {
            sources = text;
            *definition
        }
        Given::Manifests(manifests) => {
            let mut definition = stored.unwrap_or_else(|| Definition::new(name, None));
            if definition.spec.template.is_some() {
                return Err(CommandError::new(format!(
                    "`{name}` is stored with a template, and the file holds plain objects"
                ))
                .id(id::OTHER_TEMPLATE)
                .hint("pass --replace to start from nothing"));
            }
            definition.spec.manifests = manifests;
            definition
        }
        Given::Values(mut values) => {
            let mut definition = stored.unwrap_or_else(|| Definition::new(name, None));
            values.set(&args.set, Some(&definition.spec.values))?;
            merge(&mut definition.spec.values, &values.patch);
            sources = values.sources;
            definition
        }
        Given::Nothing => stored.unwrap_or_else(|| Definition::new(name, None)),
    };
    if let Some(template) = &args.template {
        definition.spec.template = Some(TemplateRef { name: template.clone(), version: None, digest: None });
    }
    if args.public {
        definition.spec.visibility = Visibility::Public;
    }
    if args.app.is_some() {
        definition.spec.app.clone_from(&args.app);
    }
    for kind in &args.allow_kind {
        if !definition.spec.allow_kinds.contains(kind) {
            definition.spec.allow_kinds.push(kind.clone());
        }
    }
    for label in &args.labels {
        let (key, value) = label
            .split_once('=')
            .ok_or_else(|| CommandError::new(format!("label `{label}` is not of the form key=value")).id(id::LABEL))?;
        definition.metadata.labels.insert(key.to_owned(), value.to_owned());
    }
    Ok((definition, sources))
}
