//! `secret list`: keys, where their values come from, whether they are there.
//! It never sees a value, so it cannot show one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::pipeline::PlanOptions;
use super::secret::{know, secret_key};
use super::secret_state::{name_of, own_secrets, revision_of};
use super::{Context, print_document};
use crate::cli::Output;
use crate::cluster::PlanClient;
use crate::error::{CommandError, exit};
use crate::render::SecretSource;
use crate::terminal::Table;

/// Lists.
///
/// # Errors
/// When the definition does not exist or the cluster cannot be read.
pub(super) async fn list(context: &Context, name: &str, output: Output) -> Result<u8, CommandError> {
    let known = know(context, name, &PlanOptions { allow_empty: true, ..PlanOptions::default() }).await?;
    let cluster = context.cluster()?.reader();
    let mut rows: BTreeMap<(String, String), [String; 3]> = BTreeMap::new();
    for live in own_secrets(cluster, &known.namespace, name).await? {
        for key in live.value["data"].as_object().into_iter().flat_map(Map::keys) {
            let row = ["set by hand".into(), "present".into(), revision_of(&live).to_string()];
            rows.insert((name_of(&live).to_owned(), key.clone()), row);
        }
    }
    for intent in known.intents() {
        for (key, source) in &intent.keys {
            let (secret, key, from) = match source {
                SecretSource::Generate { length, .. } => (&intent.name, key, format!("generated, {length} characters")),
                SecretSource::SecretRef { name, key } => (name, key, "a Secret you named".to_owned()),
            };
            let live = cluster.read(&PlanClient::core("Secret"), &secret_key(&known.namespace, secret)).await;
            let state = match &live {
                Ok(Some(live)) if live.value["data"][key].is_string() => "present",
                Ok(_) => "missing",
                Err(_) => "unreadable",
            };
            let count = live.ok().flatten().as_ref().map_or(0, revision_of);
            rows.insert((secret.clone(), key.clone()), [from, state.to_owned(), count.to_string()]);
        }
    }
    if output == Output::Text {
        if rows.is_empty() {
            context.ui.say(&format!("{name} has no Secrets."));
            return Ok(exit::DONE);
        }
        let mut table = Table::new(&["SECRET", "KEY", "VALUE", "STATE", "ROTATIONS"]);
        for ((secret, key), [from, state, count]) in rows {
            table.row(&[secret, key, from, state, count]);
        }
        context.ui.print(&table.render());
        return Ok(exit::DONE);
    }
    let items: Vec<Value> = rows
        .into_iter()
        .map(|((secret, key), [from, state, count])| {
            json!({"secret": secret, "key": key, "source": from, "state": state,
                   "rotations": count.parse::<u64>().unwrap_or(0)})
        })
        .collect();
    print_document(context, &json!({"apiVersion": "ku8.dev/v1", "kind": "SecretKeyList", "items": items}), output);
    Ok(exit::DONE)
}
