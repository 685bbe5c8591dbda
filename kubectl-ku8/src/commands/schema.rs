//! `schema`: the JSON Schemas of everything this program prints with `-o json`, and of files that people write.
//! They are part of the program, so that they always fit what it prints.

use clap::Args;
use serde_json::Value;

use super::explain::schema_of;
use super::resolve::{Moved, find};
use super::{Context, print_listing};
use crate::cli::ListingArgs;
use crate::definition::json_schema;
use crate::error::{CommandError, exit, id};
use crate::object::{nearest, printable_json};
use crate::terminal::{Listing, Row};

/// Show the shapes of -o json as JSON Schemas
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 schema\n  kubectl ku8 schema plan > plan.schema.json\n  kubectl ku8 schema definition --template mysql > mysql.schema.json"
)]
pub struct SchemaArgs {
    /// Document; all are listed without it
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// With `definition`: a template whose parameters stand in spec.values
    #[arg(short = 't', long, value_name = "TEMPLATE", requires = "name")]
    template: Option<String>,
    #[command(flatten)]
    form: ListingArgs,
}

/// Every document, by the name people type.
pub const DOCUMENTS: &[(&str, &str)] = &[
    ("checkup", include_str!("../schemas/checkup.json")),
    ("drift", include_str!("../schemas/drift.json")),
    ("error", include_str!("../schemas/error.json")),
    ("explanation", include_str!("../schemas/explanation.json")),
    ("history", include_str!("../schemas/history.json")),
    ("lint-report", include_str!("../schemas/lint-report.json")),
    ("lint-rule-list", include_str!("../schemas/lint-rule-list.json")),
    ("list", include_str!("../schemas/list.json")),
    ("plan", include_str!("../schemas/plan.json")),
    ("plan-list", include_str!("../schemas/plan-list.json")),
    ("result", include_str!("../schemas/result.json")),
    ("result-list", include_str!("../schemas/result-list.json")),
    ("schema-list", include_str!("../schemas/schema-list.json")),
    ("secret-list", include_str!("../schemas/secret-list.json")),
    ("status", include_str!("../schemas/status.json")),
    ("template", include_str!("../schemas/template.json")),
    ("template-build", include_str!("../schemas/template-build.json")),
    ("template-upgrade", include_str!("../schemas/template-upgrade.json")),
    ("template-list", include_str!("../schemas/template-list.json")),
    ("template-test", include_str!("../schemas/template-test.json")),
    ("template-push", include_str!("../schemas/template-push.json")),
    ("template-tag-list", include_str!("../schemas/template-tag-list.json")),
    ("template-update-list", include_str!("../schemas/template-update-list.json")),
    ("template-verification", include_str!("../schemas/template-verification.json")),
    ("trust-policy", include_str!("../schemas/trust-policy.json")),
    ("version", include_str!("../schemas/version.json")),
    ("values", include_str!("../schemas/values.json")),
];

/// The schema of a document, by its `apiVersion` and `kind`; `None` when it is not one of ours.
pub fn document_schema(api_version: &str, kind: &str) -> Option<Value> {
    DOCUMENTS.iter().map(|(_, text)| read(text)).find(|schema| {
        schema["properties"]["apiVersion"]["const"] == api_version && schema["properties"]["kind"]["const"] == kind
    })
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("the schemas built in are JSON")
}

/// Shows one, or lists all.
///
/// # Errors
/// When there is none of that name.
pub async fn run(context: &Context, args: &SchemaArgs) -> Result<u8, CommandError> {
    let Some(name) = &args.name else {
        list(context, &args.form)?;
        return Ok(exit::DONE);
    };
    if args.template.is_some() && name != "definition" {
        return Err(CommandError::new("--template goes with the schema of a definition")
            .id(id::USAGE)
            .hint("kubectl ku8 schema definition --template mysql"));
    }
    if name == "definition" {
        let template = match &args.template {
            Some(name) => Some(find(context, name, Moved::Refuse).await?.template),
            None => None,
        };
        let schema = json_schema(template.as_ref().map(schema_of));
        context.ui.print(&printable_json(&serde_json::to_string_pretty(&schema).expect("JSON serialises")));
        return Ok(exit::DONE);
    }
    let found =
        DOCUMENTS.iter().find(|(known, text)| known == name || read(text)["properties"]["kind"]["const"] == **name);
    let Some((_, text)) = found else { return Err(unknown(name)) };
    context.ui.print(text);
    Ok(exit::DONE)
}

fn unknown(name: &str) -> CommandError {
    let error = CommandError::new(format!("there is no document `{name}`")).id(id::NO_TOPIC);
    match nearest(name, DOCUMENTS.iter().map(|(known, _)| *known).chain(["definition"])) {
        Some(near) => error.hint(format!("did you mean: kubectl ku8 schema {near}")),
        None => error.hint("see all with: kubectl ku8 schema"),
    }
}

fn list(context: &Context, form: &ListingArgs) -> Result<(), CommandError> {
    let mut listing = Listing::new(&["NAME", "KIND", "APIVERSION", "WHAT IT IS"], &["ID"]);
    let mut items = Vec::new();
    for (name, text) in DOCUMENTS {
        let schema = read(text);
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, version) = (&schema["properties"]["kind"]["const"], &schema["properties"]["apiVersion"]["const"]);
        let cells = vec![(*name).to_owned(), word(kind), word(version), word(&schema["title"])];
        let id = word(&schema["$id"]);
        items.push(
            serde_json::json!({"name": name, "kind": kind, "apiVersion": version, "title": schema["title"], "id": id}),
        );
        listing.row(Row { name: format!("schema/{name}"), cells, wide: vec![id], ..Row::default() });
    }
    let document = serde_json::json!({"apiVersion": "ku8.dev/v1", "kind": "SchemaList", "items": items});
    print_listing(context, &listing, &document, form)
}
