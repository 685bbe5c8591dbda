//! A template project as authors' commands see it: the component that was built, and its golden cases.
//! It never builds anything; a project that was not built says how.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::author::cases::{DEFINITION, EXPECTED, REFUSED, request};
use crate::commands::Context;
use crate::definition::Definition;
use crate::error::{CommandError, id};
use crate::files::{files_ending, folders_in, read_bytes, read_text, whole_path};
use crate::object::printable;
use crate::registry::Reference;
use crate::render::{Ask, Origin, RenderError, Template};

/// Where projects keep what they built.
const BUILD: &str = "build";
/// Where they keep their cases.
pub(super) const TESTS: &str = "tests";
/// First bytes of a component; a core module has others.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A folder with what is expected of one definition.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// Name of the folder.
    pub(super) name: String,
    /// The folder.
    pub(super) folder: PathBuf,
}

impl Case {
    /// What is asked of the template.
    ///
    /// # Errors
    /// When there is no definition that a template renders.
    pub(super) fn ask(&self) -> Result<Ask, CommandError> {
        let file = self.folder.join(DEFINITION);
        let shown = file.display().to_string();
        let definition: Definition = crate::definition::parse(&shown, &read_text(&file)?)?;
        if definition.spec.template.is_none() {
            let message = format!("{shown} holds plain objects, which no template renders");
            return Err(CommandError::new(message).id(id::CASE));
        }
        let values = Value::Object(definition.spec.values.clone());
        let allowed = crate::author::cases::allowed_kinds(&definition);
        Ok(Ask { request: request(&definition, &values), allowed })
    }

    /// A file of the case.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What is expected: the file's name and its text; nothing where nothing was written down.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub(super) fn expected(&self) -> Result<Option<(&'static str, String)>, CommandError> {
        for name in [EXPECTED, REFUSED] {
            let file = self.file(name);
            if crate::files::exists(&file) {
                return Ok(Some((name, read_text(&file)?)));
            }
        }
        Ok(None)
    }
}

/// The cases of a project, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn cases(project: &Path) -> Result<Vec<Case>, CommandError> {
    let found = folders_in(&project.join(TESTS))?;
    Ok(found.into_iter().map(|(name, folder)| Case { name, folder }).collect())
}

/// The component to work on: the one that was named, or the one the project built.
///
/// # Errors
/// When nothing was built, or it cannot be told which is meant.
pub(super) fn component(project: &Path, named: Option<&Path>) -> Result<PathBuf, CommandError> {
    let reference = |path: &Path| path.to_str().filter(|word| Reference::is_meant(word)).map(str::to_owned);
    if let Some(named) = named {
        return match reference(named) {
            Some(word) => Err(CommandError::new(format!("{}: --component takes a file", printable(&word)))
                .id(id::USAGE)
                .hint(format!("fetch it into one: kubectl ku8 template pull {} -o FILE.wasm", printable(&word)))),
            None => Ok(named.to_owned()),
        };
    }
    if let Some(word) = reference(project) {
        return Err(without_cases(&word));
    }
    let folder = project.join(BUILD);
    let mut found = files_ending(&folder, "wasm")?;
    // What a language's own tool left there is on its way to become one.
    found.retain(|file| read_bytes(file).is_ok_and(|bytes| bytes.starts_with(COMPONENT)));
    let own = whole_path(project).file_name().map(|name| format!("{}.wasm", name.to_string_lossy()));
    let named_like_it =
        found.iter().find(|file| file.file_name().map(|name| name.to_string_lossy().into_owned()) == own);
    let failed = |message: String| CommandError::new(printable(&message)).id(id::NO_COMPONENT);
    match (found.as_slice(), named_like_it) {
        (_, Some(file)) | ([file], None) => Ok(file.clone()),
        ([], None) => Err(failed(format!("no component in {}", folder.display()))
            .hint("build it: kubectl ku8 template build; or name one with --component FILE.wasm")),
        (many, None) => {
            let names: Vec<String> =
                many.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect();
            Err(failed(format!("{} holds {}", folder.display(), names.join(", ")))
                .hint("name the one that is meant with --component FILE.wasm"))
        }
    }
}

/// Cases belong to a project, and a registry holds components alone.
fn without_cases(reference: &str) -> CommandError {
    let reference = printable(reference);
    CommandError::new(format!("{reference} is a component, and golden cases are of a project: its folder is wanted"))
        .id(id::USAGE)
        .hint(format!(
            "to render the cases of this folder with it: kubectl ku8 template pull {reference} -o FILE.wasm, then: \
             kubectl ku8 template test --component FILE.wasm"
        ))
}

/// Loads a component file, with the sandbox's own words when it does not load.
///
/// # Errors
/// When the file cannot be read, or this machine cannot run templates.
pub(super) fn load(context: &Context, file: &Path) -> Result<Result<Template, RenderError>, CommandError> {
    let bytes = read_bytes(file)?;
    Ok(context.runtime()?.load(bytes, Origin::File(file.display().to_string())))
}
