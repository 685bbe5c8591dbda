//! `show`: one definition as it is stored, its effective values and where each comes from, or its published objects.
//! It never shows a secret, because none is stored.

use clap::Args;
use serde_json::{Value, json};

use super::resolve::{Reach, load, load_template, require_head};
use super::{Context, print_document};
use crate::cli::Output;
use crate::cluster::PlanClient;
use crate::definition::yaml;
use crate::error::{CommandError, exit, id};
use crate::object::printable;
use crate::release::{Head, RevisionRecord, revision_name};
use crate::render::builtin;
use crate::terminal::Table;

/// Show a definition, its values, or the objects it published
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 show orders-db\n  kubectl ku8 show orders-db --values\n  kubectl ku8 show orders-db --rendered"
)]
pub struct ShowArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Every value and where it comes from
    #[arg(long, conflicts_with = "rendered")]
    pub values: bool,
    /// The objects of the published revision
    #[arg(long)]
    pub rendered: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    pub output: Output,
}

/// Shows.
///
/// # Errors
/// When it does not exist or is damaged.
pub async fn run(context: &Context, args: ShowArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?.reader();
    let head = require_head(cluster, &namespace, &args.name).await?;
    if args.rendered {
        let objects = rendered(cluster, &namespace, &head).await?;
        if args.output == Output::Json {
            print_document(context, &json!({"apiVersion": "v1", "kind": "List", "items": objects}), args.output);
        } else {
            let texts: Vec<String> = objects.iter().map(yaml::to_printable).collect();
            context.ui.print(&texts.join("---\n"));
        }
        return Ok(exit::DONE);
    }
    if args.values {
        values(context, cluster, &namespace, &head, args.output).await?;
        return Ok(exit::DONE);
    }
    if args.output == Output::Text {
        tell_trust(context, cluster, &namespace, &head).await;
    }
    let definition = serde_json::to_value(&head.definition).expect("a definition is plain data");
    let output = if args.output == Output::Json { Output::Json } else { Output::Yaml };
    print_document(context, &definition, output);
    Ok(exit::DONE)
}

/// Where the definition's template comes from and who vouches for it, unless it is built in. No registry is asked.
async fn tell_trust(context: &Context, cluster: &PlanClient, namespace: &str, head: &Head) {
    let Some(reference) = &head.definition.spec.template else { return };
    let digest = reference.digest.as_deref().unwrap_or_default();
    if builtin::by_digest(digest.trim_start_matches("sha256:")).is_some() {
        return;
    }
    let words = match load(context, reference, Some((cluster, namespace)), Reach::Here).await {
        Ok(loaded) if loaded.source().is_empty() => loaded.trust.to_string(),
        Ok(loaded) => format!("{}, {}", loaded.source(), loaded.trust),
        Err(error) => error.message,
    };
    context.ui.say(&context.ui.err.dim(&printable(&format!("template: {words}"))));
}

async fn rendered(cluster: &PlanClient, namespace: &str, head: &Head) -> Result<Vec<Value>, CommandError> {
    let name = head.definition.name();
    if head.state.current == 0 {
        return Err(CommandError::new(format!("`{name}` was never published"))
            .id(id::NEVER_PUBLISHED)
            .hint(format!("see what it would be: kubectl ku8 plan {name} --full")));
    }
    let record = revision_name(name, head.state.current);
    match cluster.config_map(namespace, &record).await? {
        Some(live) => Ok(RevisionRecord::from_config_map(&live.value)?.render),
        None => Err(CommandError::new(format!("ConfigMap/{record} is gone"))
            .id(id::NO_REVISION)
            .hint("publish again, which records a new revision")),
    }
}

async fn values(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    head: &Head,
    output: Output,
) -> Result<(), CommandError> {
    let Some(reference) = &head.definition.spec.template else {
        return Err(CommandError::new(format!("`{}` holds plain objects and has no values", head.definition.name()))
            .id(id::USAGE));
    };
    let template = load_template(context, reference, Some((cluster, namespace))).await?;
    let checked = context.runtime()?.check(&template, Value::Object(head.definition.spec.values.clone()))?;
    if output != Output::Text {
        let document = json!({
            "apiVersion": "ku8.dev/v1", "kind": "Values", "name": head.definition.name(), "namespace": namespace,
            "values": checked.values, "defaults": checked.filled,
        });
        print_document(context, &document, output);
        return Ok(());
    }
    let mut table = Table::new(&["VALUE", "IS", "FROM"]);
    let mut leaves = Vec::new();
    flatten("", &checked.values, &mut leaves);
    for (pointer, value) in leaves {
        let from_default =
            checked.filled.iter().any(|filled| pointer == *filled || pointer.starts_with(&format!("{filled}/")));
        table.row(&[
            pointer.trim_start_matches('/').replace('/', "."),
            value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            if from_default { "default" } else { "you" }.to_owned(),
        ]);
    }
    context.ui.page(&table.render());
    Ok(())
}

fn flatten(pointer: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                flatten(&format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), inner, leaves);
            }
        }
        other => leaves.push((pointer.to_owned(), other.clone())),
    }
}
