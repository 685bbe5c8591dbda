//! `secret list`: keys, where their values come from, whether they are there.
//! It never sees a value, so it cannot show one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::pipeline::PlanOptions;
use super::secret::{know, secret_key};
use super::secret_state::{name_of, own_secrets, revision_of};
use super::{Context, print_listing};
use crate::cli::ListingArgs;
use crate::cluster::PlanClient;
use crate::error::{CommandError, exit};
use crate::render::SecretSource;
use crate::terminal::{Listing, Row};

/// Lists.
///
/// # Errors
/// When the definition does not exist or the cluster cannot be read.
pub(super) async fn list(context: &Context, name: &str, form: &ListingArgs) -> Result<u8, CommandError> {
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
    if form.output.is_table() && rows.is_empty() {
        context.ui.say(&format!("{name} has no Secrets."));
        return Ok(exit::DONE);
    }
    let mut listing = Listing::new(&["SECRET", "KEY", "VALUE", "STATE", "ROTATIONS"], &[]);
    let mut items: Vec<Value> = Vec::new();
    for ((secret, key), [from, state, count]) in rows {
        items.push(json!({"secret": secret, "key": key, "source": from, "state": state,
            "rotations": count.parse::<u64>().unwrap_or(0)}));
        let name = format!("secret/{secret}/{key}");
        listing.row(Row { name, cells: vec![secret, key, from, state, count], ..Row::default() });
    }
    let document = json!({"apiVersion": "ku8.dev/v1", "kind": "SecretKeyList", "items": items});
    print_listing(context, &listing, &document, form)?;
    Ok(exit::DONE)
}
