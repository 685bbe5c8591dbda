//! What a tool built, made into a template and written to a file, with what it says of itself beside its code.
//! It never writes a component that the sandbox did not describe.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::Output;
use crate::commands::{Context, print_document};
use crate::definition::hex;
use crate::error::{CommandError, id};
use crate::object::printable;
use crate::render::{Origin, RenderError, Template};

/// A component on disk.
pub(super) struct Built {
    /// Where it is.
    pub(super) file: PathBuf,
    /// What it is.
    pub(super) template: Template,
    /// What was written.
    component: Vec<u8>,
}

/// Packs a module, asks it in the sandbox what it is, and writes it to `place` of that. `own` are the first parts of
/// Rust paths whose names stay in it; `source` is what messages call the module.
///
/// # Errors
/// When it cannot be packed, or is no template the sandbox describes.
pub(super) fn write(
    context: &Context,
    module: &[u8],
    source: &str,
    own: &[&str],
    place: impl FnOnce(&Template) -> PathBuf,
) -> Result<Built, CommandError> {
    let refused =
        |reason: String| CommandError::new(format!("{}: {}", printable(source), printable(&reason))).id(id::NOT_PACKED);
    let component = template_pack::pack_with_names(module, own).map_err(refused)?;
    let (template, metadata, schema) = {
        let template = load(context, component, source)?;
        let described = context.runtime()?.try_all(&template, &[])?.described;
        (template, tidy(&described.metadata), tidy(&described.schema))
    };
    let component = template_pack::describe(template.bytes(), &metadata, &schema).map_err(refused)?;
    context.runtime()?.keep_for(&template, &component);
    let file = place(&template);
    crate::files::write_public(&file, &component)?;
    Ok(Built { file, template, component })
}

fn load(context: &Context, component: Vec<u8>, source: &str) -> Result<Template, CommandError> {
    let loaded = context.runtime()?.load(component, Origin::File(source.to_owned()));
    loaded.map_err(|error| match error {
        RenderError::Panicked { .. } | RenderError::OutOfFuel { .. } => CommandError::from(error)
            .hint("it must answer metadata() and schema() from nothing: no file, no clock, no argument"),
        other => other.into(),
    })
}

/// A function's answer as it stands in a section: the same JSON, keys sorted, whichever order a language gives them.
fn tidy(answer: &str) -> String {
    serde_json::from_str::<Value>(answer).map_or_else(|_| answer.to_owned(), |value| value.to_string())
}

impl Built {
    /// Says what was made, where it is and what comes next.
    pub(super) fn tell(&self, context: &Context, language: Option<&str>, output: Output, next: &str) {
        let (metadata, size) = (self.template.metadata(), self.component.len());
        let digest = format!("sha256:{}", hex(&Sha256::digest(&self.component)));
        if output != Output::Text {
            let document = json!({
                "apiVersion": "ku8.dev/v1", "kind": "TemplateBuild", "name": metadata.name, "version": metadata.version,
                "language": language.map_or(Value::Null, Value::from), "file": self.file.display().to_string(),
                "bytes": size, "digest": digest,
            });
            print_document(context, &document, output);
            return;
        }
        let ui = &context.ui;
        ui.print(&format!("{} {}: {}, {}", metadata.name, metadata.version, shown(&self.file), told(size)));
        ui.print(&digest);
        ui.say(&format!("next: {next}"));
    }
}

/// A path as people would write it, made printable; a file here keeps its `./`, because a bare name is a built-in.
pub(super) fn shown(path: &Path) -> String {
    let text = printable(&path.display().to_string());
    if text.contains('/') { text } else { format!("./{text}") }
}

/// Bytes as people compare them: `91 KB`, `3.4 MB`.
fn told(bytes: usize) -> String {
    if bytes < 1_000_000 {
        format!("{} KB", bytes.div_ceil(1000))
    } else {
        format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_places_read_as_people_write_them() {
        assert_eq!((told(91_234), told(3_449_000)), ("92 KB".to_owned(), "3.4 MB".to_owned()));
        assert_eq!(shown(Path::new("mine.wasm")), "./mine.wasm");
        assert_eq!(shown(Path::new("build/mine.wasm")), "build/mine.wasm");
    }
}
