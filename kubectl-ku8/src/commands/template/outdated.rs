//! `template outdated`: which definitions have a newer version of their template to go to.
//! It changes nothing: the pin moves with `template upgrade` and `define -t` alone.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::list::version;
use super::push::tag_of;
use crate::cli::ListingArgs;
use crate::commands::resolve::{Fetcher, Reach, load_by_name, require_head};
use crate::commands::{Context, print_listing, select};
use crate::definition::TemplateRef;
use crate::error::{CommandError, exit, id};
use crate::object::printable;
use crate::registry::Reference;
use crate::render::builtin;
use crate::terminal::{Listing, Row};

/// Show which definitions have a newer version of their template to go to
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template outdated                   # every definition of the namespace
  kubectl ku8 template outdated orders-db -o json")]
pub(super) struct OutdatedArgs {
    /// Definitions; all of the namespace when not given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    form: ListingArgs,
}

/// What is known of one definition's template.
struct Found {
    newest: Option<String>,
    /// What to name it by.
    reference: Option<String>,
    state: &'static str,
    why: Option<String>,
}

impl Found {
    fn state(state: &'static str) -> Self {
        Self { newest: None, reference: None, state, why: None }
    }
}

/// Runs `template outdated`.
///
/// # Errors
/// A cluster that cannot be read; a registry that cannot be asked is told at the end, after everything else.
pub(super) async fn run(context: &Context, args: &OutdatedArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?.reader();
    let fetcher = Fetcher::new(context, Reach::Network)?;
    let mut listing = Listing::new(&["NAME", "TEMPLATE", "CURRENT", "NEWEST", "STATE"], &["FROM"]);
    let mut items = Vec::new();
    let mut asked: BTreeMap<String, Result<Vec<String>, String>> = BTreeMap::new();
    let mut newer = Vec::new();
    let mut failed = 0;
    for name in select(context, &args.names, args.names.is_empty()).await? {
        let head = require_head(cluster, &namespace, &name).await?;
        let Some(template) = &head.definition.spec.template else { continue };
        let found = match Reference::parse(&template.name) {
            Ok(reference) => of_registry(&fetcher, &reference, template, &mut asked).await,
            Err(_) => built_in(context, template)?,
        };
        let current = template.version.as_deref().map_or_else(|| "-".to_owned(), printable);
        if let Some(reference) = found.reference.as_ref().filter(|_| found.state == "outdated") {
            newer.push(format!("kubectl ku8 template upgrade {name}{}{}", to(reference, &found), context.again()));
        }
        failed += usize::from(found.state == "unknown");
        let from = printable(&template.name);
        let newest = found.newest.clone().unwrap_or_else(|| "-".to_owned());
        let state = found.why.as_ref().map_or_else(|| found.state.to_owned(), |why| format!("{}: {why}", found.state));
        listing.row(Row {
            name: format!("definition/{name}"),
            cells: vec![name.clone(), template.plain_name(), current, newest, state],
            wide: vec![from.clone()],
            ..Row::default()
        });
        items.push(item(&name, &namespace, template, &found));
    }
    let document = json!({"apiVersion": "ku8.dev/v1", "kind": "TemplateUpdateList", "items": items});
    print_listing(context, &listing, &document, &args.form)?;
    if args.form.output.is_table() {
        for line in newer {
            context.ui.say(&context.ui.err.dim(&format!("take it: {line}")));
        }
    }
    if failed > 0 {
        let words = if failed == 1 { "1 definition is".to_owned() } else { format!("{failed} definitions are") };
        return Err(CommandError::new(format!("{words} of a registry that could not be asked"))
            .id(id::NOT_ASKED)
            .hint("why stands beside each, under STATE; with -o json as its reason"));
    }
    Ok(exit::DONE)
}

/// ` --to` what is newest; a built-in template has one version alone.
fn to(reference: &str, found: &Found) -> String {
    match (Reference::parse(reference).ok(), &found.newest) {
        (Some(read), Some(newest)) if read.tag() == Some(tag_of(newest).as_str()) => format!(" --to {newest}"),
        (Some(read), _) => format!(" --to {read}"),
        (None, _) => String::new(),
    }
}

fn item(name: &str, namespace: &str, template: &TemplateRef, found: &Found) -> Value {
    let mut item = json!({
        "name": name, "namespace": namespace, "template": template.plain_name(), "source": template.name,
        "state": found.state,
    });
    let fields = [("current", &template.version), ("newest", &found.newest), ("reference", &found.reference)];
    for (field, text) in fields.into_iter().chain([("reason", &found.why)]) {
        if let Some(text) = text {
            item[field] = text.as_str().into();
        }
    }
    item
}

/// The newest tag that is a version, among those that are released unless the definition's own is not.
async fn of_registry(
    fetcher: &Fetcher<'_>,
    reference: &Reference,
    template: &TemplateRef,
    asked: &mut BTreeMap<String, Result<Vec<String>, String>>,
) -> Found {
    let repository = reference.repository();
    if !asked.contains_key(&repository) {
        let tags = match fetcher.registry(reference) {
            Ok(registry) => registry.tags(reference).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.message),
        };
        asked.insert(repository.clone(), tags);
    }
    let tags = match &asked[&repository] {
        Ok(tags) => tags,
        Err(why) => return Found { why: Some(why.clone()), ..Found::state("unknown") },
    };
    let own = template.version.as_deref().or(reference.tag()).and_then(version);
    let unreleased = own.as_ref().is_some_and(|own| !own.pre.is_empty());
    let known = tags.iter().filter_map(|tag| Some((version(tag)?, tag)));
    let Some((newest, tag)) = known.filter(|(found, _)| unreleased || found.pre.is_empty()).max() else {
        return Found::state("current");
    };
    let next = reference.with_tag(tag).map(|next| next.to_string()).ok();
    let outdated = own.is_some_and(|own| newest.cmp_precedence(&own).is_gt());
    Found {
        newest: Some(newest.to_string()),
        reference: next.filter(|_| outdated),
        ..Found::state(if outdated { "outdated" } else { "current" })
    }
}

/// A built-in template is as new as this program.
fn built_in(context: &Context, template: &TemplateRef) -> Result<Found, CommandError> {
    let Some(entry) = builtin::find(&template.name) else { return Ok(Found::state("local")) };
    let newest = load_by_name(context, entry.name)?.metadata().version.clone();
    let digest = template.digest.as_deref().map(|digest| digest.trim_start_matches("sha256:"));
    let older = |own: &str| match (version(own), version(&newest)) {
        (Some(own), Some(newest)) => newest.cmp_precedence(&own).is_gt(),
        _ => false,
    };
    let state = match template.version.as_deref() {
        _ if digest == Some(entry.sha256) => "current",
        Some(own) if older(own) => "outdated",
        // Pinned by another version of this program, to the same version or a newer one.
        _ => "other",
    };
    let reference = (state == "outdated").then(|| entry.name.to_owned());
    Ok(Found { newest: Some(newest), reference, ..Found::state(state) })
}
