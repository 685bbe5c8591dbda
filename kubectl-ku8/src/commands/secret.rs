//! `secret`: which keys a definition's Secrets have, a value of one's own, a new generated value.
//! A value comes from standard input or a hidden prompt, never from an argument, and is never shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::consent::{Deed, consent};
use super::operate::{Approved, Done, OperateArgs, locked, operate};
use super::pipeline::{PlanOptions, Prepared, prepare};
use super::publish::{present, refuse, refuse_unreadable};
use super::resolve::require_head;
use super::secret_state::revision_of;
use super::verdict::{Verdict, print_results};
use super::{Context, secret_list};
use crate::cli::{ListingArgs, Output};
use crate::cluster::{Cluster, PlanClient, Precondition};
use crate::error::{CommandError, exit, id};
use crate::object::{LiveObject, ObjectKey, is_dns_subdomain, labels};
use crate::release::{Cause, Head};
use crate::render::{SecretIntent, SecretSource};
use crate::secrets;

/// List, set and rotate the passwords of a definition; values are never shown
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 secret list orders-db
  kubectl ku8 secret rotate orders-db password
  pass show orders | kubectl ku8 secret set orders-db password")]
pub struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Subcommand, Debug)]
enum SecretCommand {
    /// List the keys of a definition's Secrets and where their values come from
    #[command(
        after_help = "Examples:\n  kubectl ku8 secret list orders-db\n  kubectl ku8 secret list orders-db -o json"
    )]
    List {
        /// Definition
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        form: ListingArgs,
    },
    /// Set one value, read from standard input or asked for without showing it
    #[command(after_help = "Examples:
  kubectl ku8 secret set orders-db password
  printf %s \"$TOKEN\" | kubectl ku8 secret set shop-web web-token/token --yes")]
    Set {
        /// Definition
        #[arg(value_name = "NAME")]
        name: String,
        /// Key, or SECRET/KEY
        #[arg(value_name = "KEY")]
        key: String,
        /// Do not ask before a value is replaced
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Make a new value for a generated key and restart what uses it
    #[command(after_help = "Examples:
  kubectl ku8 secret rotate orders-db password
  kubectl ku8 secret rotate orders-db root-password --yes")]
    Rotate {
        /// Definition
        #[arg(value_name = "NAME")]
        name: String,
        /// Key, or SECRET/KEY
        #[arg(value_name = "KEY")]
        key: String,
        #[command(flatten)]
        how: OperateArgs,
    },
}

/// Lists, sets or rotates.
///
/// # Errors
/// An unknown definition or key, a Secret of somebody else, or a write that fails.
pub async fn run(context: &Context, args: SecretArgs) -> Result<u8, CommandError> {
    match args.command {
        SecretCommand::List { name, form } => secret_list::list(context, &name, &form).await,
        SecretCommand::Set { name, key, yes } => set(context, &name, &key, yes).await,
        SecretCommand::Rotate { name, key, how } => Box::pin(rotate(context, &name, &key, &how)).await,
    }
}

/// A definition with its plan, from which its Secrets are known.
pub(super) struct Known {
    pub(super) namespace: String,
    head: Head,
    prepared: Prepared,
}

pub(super) async fn know(context: &Context, name: &str, options: &PlanOptions) -> Result<Known, CommandError> {
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    let head = require_head(cluster, &namespace, name).await?;
    let prepared = prepare(context, cluster, &head.definition, Some(&head), &namespace, options).await?;
    Ok(Known { namespace, head, prepared })
}

impl Known {
    pub(super) fn intents(&self) -> &[SecretIntent] {
        &self.prepared.desired.secrets
    }

    /// The Secret and key that are meant.
    fn target(&self, name: &str, given: &str) -> Result<(String, String), CommandError> {
        if let Some((secret, key)) = given.split_once('/') {
            let good = is_dns_subdomain(secret) && is_key(key) && !secret.starts_with("ku8.");
            return if good {
                Ok((secret.to_owned(), key.to_owned()))
            } else {
                Err(CommandError::new("the key is not usable: letters, digits, `-`, `_` and `.`")
                    .id(id::SECRET_KEY)
                    .hint("for example: orders-db-auth/password"))
            };
        }
        let found: Vec<&SecretIntent> = self.intents().iter().filter(|one| one.keys.contains_key(given)).collect();
        match found.as_slice() {
            [one] => Ok((one.name.clone(), given.to_owned())),
            [] => {
                let keys: Vec<&str> =
                    self.intents().iter().flat_map(|one| one.keys.keys()).map(String::as_str).collect();
                let failed = CommandError::new(format!("{name} has no secret key of this name")).id(id::SECRET_KEY);
                Err(if keys.is_empty() {
                    failed.hint(format!("name the Secret too, such as {name}-auth/password"))
                } else {
                    failed.hint(format!("its keys are: {}", keys.join(", ")))
                })
            }
            _ => {
                Err(CommandError::new("several Secrets have this key").id(id::SECRET_KEY).hint("name one: SECRET/KEY"))
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 253
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

async fn set(context: &Context, name: &str, key: &str, yes: bool) -> Result<u8, CommandError> {
    let known = know(context, name, &PlanOptions { allow_empty: true, ..PlanOptions::default() }).await?;
    let (secret, key) = known.target(name, key)?;
    let referenced = known.intents().iter().find_map(|intent| match intent.keys.get(&key) {
        Some(SecretSource::SecretRef { name, key }) if intent.name == secret => Some(format!("{name}/{key}")),
        _ => None,
    });
    if let Some(other) = referenced {
        return Err(CommandError::new(format!("the values of {name} take this key from Secret {other}"))
            .id(id::SECRET_ELSEWHERE)
            .hint("change it there, or leave the reference out of the values"));
    }
    let cluster = context.cluster()?;
    let live = cluster.reader().read(&PlanClient::core("Secret"), &secret_key(&known.namespace, &secret)).await?;
    let replaces = live.as_ref().is_some_and(|live| live.value["data"][&key].is_string());
    if let Some(live) = &live {
        own(live, &known, &secret)?;
    }
    if replaces {
        consent(context, yes, &Deed::new(format!("Replace key {key} of Secret/{secret}?"), &known.namespace))?;
    }
    let value = context.ui.read_secret(&format!("Value of {key}"))?;
    let data = Map::from_iter([(key.clone(), json!(base64::engine::general_purpose::STANDARD.encode(value)))]);
    locked(context, &known.namespace, name, std::time::Duration::ZERO, async |cluster, lock| {
        lock.check()?;
        write(cluster, &known, &secret, data, live.as_ref(), replaces).await
    })
    .await?;
    context.ui.print(&format!("Secret/{secret} key {key} {}", if replaces { "replaced" } else { "set" }));
    if replaces && known.head.state.current > 0 {
        context.ui.say(&format!("next: kubectl ku8 publish {name}{}   # restarts what uses it", context.again()));
    }
    Ok(exit::DONE)
}

async fn rotate(context: &Context, name: &str, key: &str, how: &OperateArgs) -> Result<u8, CommandError> {
    let known = know(context, name, &PlanOptions::default()).await?;
    let (secret, key) = known.target(name, key)?;
    let intent = known.intents().iter().find(|intent| intent.name == secret).cloned();
    let generated = intent.filter(|one| matches!(one.keys.get(&key), Some(SecretSource::Generate { .. })));
    let Some(intent) = generated else {
        return Err(CommandError::new("this key is not generated, so no new value can be made for it")
            .id(id::SECRET_NOT_GENERATED)
            .hint(format!("set one of your own: kubectl ku8 secret set {name} {secret}/{key}")));
    };
    let cluster = context.cluster()?;
    let live = cluster.reader().read(&PlanClient::core("Secret"), &secret_key(&known.namespace, &secret)).await?;
    let Some(live) = live else {
        return Err(CommandError::new(format!("Secret/{secret} does not exist yet"))
            .id(id::SECRET_MISSING)
            .hint(format!("publishing makes it: kubectl ku8 publish {name}")));
    };
    own(&live, &known, &secret)?;
    // The plan as it is once the value is written: what uses it restarts.
    let options = PlanOptions {
        secret_revisions: BTreeMap::from([(secret.clone(), revision_of(&live).saturating_add(1))]),
        ..PlanOptions::default()
    };
    let Known { namespace, head, prepared } = know(context, name, &options).await?;
    let note = format!("Rotate Secret/{secret}: key {key} gets a new generated value; the old one is not kept.\n");
    if how.output == Output::Text {
        context.ui.print(&note);
    } else {
        context.ui.say(&note);
    }
    present(context, &prepared, how);
    refuse(&prepared)?;
    super::warnings::refuse(context, &prepared)?;
    refuse_unreadable(&prepared)?;
    consent(context, how.yes, &Deed::of(format!("Rotate key {key} of {namespace}/{name}?"), &prepared.plan))?;
    super::rights::preflight(context, &prepared.plan, true).await?;
    let data = secrets::generate(&intent, std::slice::from_ref(&key))
        .map_err(|error| CommandError::new(error.to_string()).id(id::RANDOMNESS))?;
    let known = Known { namespace: namespace.clone(), head: head.clone(), prepared };
    locked(context, &namespace, name, how.lock_timeout, async |cluster, lock| {
        lock.check()?;
        write(cluster, &known, &secret, data, Some(&live), true).await
    })
    .await?;
    context.ui.say(&format!("  Secret/{secret} key {key} rotated"));
    let definition = head.definition.clone();
    let prepared = known.prepared;
    let approved = Approved { namespace: namespace.clone(), head, definition, prepared, cause: Cause::Publish };
    let replan = async |head: &Head| {
        let prepared =
            prepare(context, cluster.reader(), &head.definition, Some(head), &namespace, &PlanOptions::default())
                .await?;
        Ok((head.definition.clone(), prepared))
    };
    let verdict = match operate(context, approved, how.policy(context), how.lock_timeout, replan).await? {
        Done::Nothing(head) => Verdict::unchanged(&namespace, *head),
        Done::Ended(end) => Verdict::ended(&namespace, Cause::Publish, *end),
    };
    if how.output == Output::Text {
        verdict.say(context);
    }
    let outcome = verdict.outcome();
    print_results(context, &[verdict], false, how.output);
    outcome.map(|()| exit::DONE)
}

/// Writes one value onto exactly the Secret that was seen, and counts the rotation.
async fn write(
    cluster: &Cluster,
    known: &Known,
    secret: &str,
    data: Map<String, Value>,
    live: Option<&LiveObject>,
    counts: bool,
) -> Result<(), CommandError> {
    let key = secret_key(&known.namespace, secret);
    let resource = PlanClient::core("Secret");
    let Some(live) = live else {
        let intent = SecretIntent { name: secret.to_owned(), keys: BTreeMap::new() };
        let name = known.head.definition.name();
        let value = secrets::manifest(&intent, &known.namespace, name, &known.prepared.owner_id, &data);
        cluster.create(&resource, &key, &value).await?;
        return Ok(());
    };
    let mut patch = json!({"data": data});
    if counts {
        patch["metadata"]["annotations"][labels::SECRET_REVISION] =
            revision_of(live).saturating_add(1).to_string().into();
    }
    match cluster.merge_patch(&resource, &key, patch, &Precondition::of(live)).await {
        Err(error) if error.is_conflict() => {
            Err(CommandError::new(format!("Secret/{secret} was changed by somebody meanwhile; nothing was written"))
                .id(id::SECRET_CHANGED)
                .code(exit::STALE)
                .hint("look at it and try again"))
        }
        other => other.map(|_| ()).map_err(CommandError::from),
    }
}

/// Only a Secret of this very definition is written.
fn own(live: &LiveObject, known: &Known, secret: &str) -> Result<(), CommandError> {
    if live.owner_id() == Some(known.prepared.owner_id.as_str()) {
        return Ok(());
    }
    let whose = live.owner_id().map_or_else(|| "nobody's".to_owned(), |id| format!("of {id}"));
    Err(CommandError::new(format!("Secret/{secret} is not of this definition but {whose}; nothing was changed"))
        .id(id::SECRET_OF_ANOTHER)
        .code(exit::OWNERSHIP)
        .hint("change it with kubectl, or choose another name"))
}

pub(super) fn secret_key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey::new("", "Secret", namespace, name)
}
