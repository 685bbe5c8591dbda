//! Prints documents and lists in the form that was asked for, with the warnings that came so far.
//! It never decides what is in them.

use serde_json::Value;

use super::{Context, warnings};
use crate::cli::{Format, ListingArgs, Output};
use crate::error::{CommandError, id};
use crate::terminal::{FormatError, Listing, document_text};

/// Prints one document as JSON or YAML.
pub(super) fn print_document(context: &Context, value: &Value, output: Output) {
    let format = if output == Output::Yaml { Format::Yaml } else { Format::Json };
    context.ui.print(&document_text(&warnings::with(context, value), &format));
}

/// Prints a list in the form that was asked for.
///
/// # Errors
/// When a template or columns do not fit.
pub(super) fn print_listing(
    context: &Context,
    listing: &Listing,
    document: &Value,
    args: &ListingArgs,
) -> Result<(), CommandError> {
    context.ui.print_exactly(&listing_text(context, listing, document, args)?);
    Ok(())
}

/// What [`print_listing`] prints, with its line end.
pub(super) fn listing_text(
    context: &Context,
    listing: &Listing,
    document: &Value,
    args: &ListingArgs,
) -> Result<String, CommandError> {
    let document = warnings::with(context, document);
    let text = listing.render(&document, &args.output, !args.no_headers)?;
    Ok(match args.output {
        Format::Text | Format::Wide => context.ui.shown(&text),
        // A template says itself where its lines end.
        Format::JsonPath(_) => text,
        Format::Name | Format::Columns(_) if text.is_empty() => text,
        _ => format!("{}\n", text.trim_end_matches('\n')),
    })
}

impl From<FormatError> for CommandError {
    fn from(error: FormatError) -> Self {
        Self::new(error.to_string()).id(id::OUTPUT_FORM).hint("the forms of -o: kubectl ku8 help output")
    }
}
