//! Definition files: tidy, sorted, with the line that tells editors their schema, and that schema beside them.
//! It never stores anything in a cluster.

use std::path::Path;

use super::Context;
use super::explain::schema_of;
use crate::definition::{Definition, document, json_schema};
use crate::error::CommandError;
use crate::files::write_text;
use crate::render::Template;

/// Folder beside the files that keeps their schemas; hidden, so that nobody takes them for definitions.
const SCHEMAS: &str = ".ku8";

/// Writes a definition to a file, and its schema below `.ku8/` beside it.
///
/// # Errors
/// When one of them cannot be written.
pub(super) fn write_definition(
    path: &Path,
    definition: &Definition,
    template: Option<&Template>,
) -> Result<(), CommandError> {
    let schema = template.map(schema_of);
    let name = schema.map_or_else(|| "definition.schema.json".to_owned(), |schema| schema.file_name());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let text = serde_json::to_string_pretty(&json_schema(schema)).expect("JSON serialises");
    write_text(&folder.join(SCHEMAS).join(&name), &format!("{text}\n"))?;
    write_text(path, &document(definition, Some(&format!("{SCHEMAS}/{name}"))))?;
    Ok(())
}

/// Writes a new file for a person and says so; what somebody wrote there before is never replaced.
///
/// # Errors
/// When there is another text, or it cannot be written.
pub(super) fn write_new(
    context: &Context,
    path: &Path,
    definition: &Definition,
    template: Option<&Template>,
) -> Result<(), CommandError> {
    if path.exists() {
        let same = crate::files::read_text(path)
            .is_ok_and(|text| crate::definition::parse("", &text).is_ok_and(|known| known == *definition));
        if !same {
            return Err(CommandError::new(format!("{} is there already; nothing was written", path.display()))
                .id(crate::error::id::FILE_EXISTS)
                .hint("choose another name, or remove it first"));
        }
    }
    write_definition(path, definition, template)?;
    context.ui.print(&format!("definition {} written to {}", definition.name(), path.display()));
    Ok(())
}
