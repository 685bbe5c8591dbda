//! Whether another template renders a definition now than the one that rendered its published revision.
//! It loads nothing: records and definitions say which template they are about.

use serde_json::Value;

use crate::definition::Definition;
use crate::plan::{TemplateChange, TemplateVersion};
use crate::registry::Reference;
use crate::release::RevisionRecord;

/// The change from the published revision to what is planned, if both have a template.
pub(in crate::commands) fn template_change(
    current: Option<&RevisionRecord>,
    effective: &Value,
    definition: &Definition,
) -> Option<TemplateChange> {
    let current = current?;
    let from = version(&current.effective, &current.definition)?;
    TemplateChange::between(from, version(effective, definition)?)
}

fn version(effective: &Value, definition: &Definition) -> Option<TemplateVersion> {
    let template = &effective["template"];
    let text = |field: &str| template[field].as_str().map(str::to_owned);
    let reference = definition.spec.template.as_ref()?;
    Some(TemplateVersion {
        name: text("name")?,
        version: text("version")?,
        digest: text("digest")?,
        source: place(&reference.name),
    })
}

/// Registry and repository without the tag, which the version says; a file; nothing for a built-in name.
fn place(name: &str) -> String {
    match Reference::parse(name) {
        Ok(reference) => reference.repository(),
        Err(_) if name.contains('/') || name.contains(".wasm") => name.to_owned(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_neither_tag_nor_digest() {
        let pinned = format!("oci://ghcr.io/acme/kafka:1.0.0@sha256:{}", "a".repeat(64));
        for (name, expected) in
            [("mysql", ""), ("./kafka.wasm", "./kafka.wasm"), (pinned.as_str(), "ghcr.io/acme/kafka")]
        {
            assert_eq!(place(name), expected);
        }
    }
}
