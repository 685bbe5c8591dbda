//! `define`: creates or updates a definition, as `kubectl apply` does, and shows what changed.
//! It validates before it stores, and never touches the definition's objects.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::Context;
use super::definition_file::write_new;
use super::given::{Given, compose, name_of, read_given};
use super::resolve::{Loaded, Moved, Pin, SetArgs, as_typed, pin_template, read_head};
use super::save::{store, tell_next};
use crate::cluster::{Cluster, PlanClient};
use crate::definition::{Definition, TemplateRef};
use crate::error::{CommandError, exit, id};
use crate::object::ObjectKey;
use crate::release::Head;
use crate::render::Template;

/// Create or update a definition; nothing runs until it is published
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 define orders-db -t mysql --set database=orders --set size=small
  kubectl ku8 define orders-db --set maxConnections=300      # values merge into the stored ones
  kubectl ku8 define -f definition.yaml                      # replaces the whole spec
  kubectl ku8 define cache -t redis --save cache.yaml        # a file, with a schema for editors
  kubectl ku8 define events -t oci://registry.example.com/team/kafka:1.0.0   # pinned to what the tag names now
  kustomize build . | kubectl ku8 define shop-web -f -       # plain objects")]
pub struct DefineArgs {
    /// Name of the definition
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Template: a built-in name, a component file, or oci://HOST/REPOSITORY:TAG
    #[arg(short = 't', long, value_name = "TEMPLATE")]
    pub(super) template: Option<String>,
    /// Values, a definition, or plain objects; - reads standard input; may be repeated for values
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub(super) files: Vec<String>,
    #[command(flatten)]
    pub(super) set: SetArgs,
    /// Label carried onto every object
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(super) labels: Vec<String>,
    /// App this definition belongs to
    #[arg(long, value_name = "NAME")]
    pub(super) app: Option<String>,
    /// Let other apps refer to it
    #[arg(long)]
    pub(super) public: bool,
    /// Let the template render a kind outside the usual ones, such as monitoring.coreos.com/PodMonitor
    #[arg(long, value_name = "GROUP/KIND")]
    pub(super) allow_kind: Vec<String>,
    /// Take what a registry's tag names now, although it named something else before
    #[arg(long)]
    pub(super) accept_moved_tag: bool,
    /// Start from nothing instead of the stored definition
    #[arg(long)]
    pub(super) replace: bool,
    /// Create the namespace if it does not exist; it is never removed again
    #[arg(long)]
    create_namespace: bool,
    /// Write a definition file instead of storing it; no cluster is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["replace", "create_namespace"])]
    save: Option<PathBuf>,
}

/// Defines.
///
/// # Errors
/// When the document is wrong, another template is stored, or somebody else wrote meanwhile.
pub async fn run(context: &Context, args: DefineArgs) -> Result<u8, CommandError> {
    let given = read_given(&args)?;
    let name = name_of(&args, &given)?;
    crate::definition::check_name(&name)?;
    if let Some(path) = &args.save {
        return save_to_file(context, &args, given, &name, path).await;
    }
    let default_namespace = context.namespace()?;
    let namespace = match &given {
        Given::Definition(definition, _) => agree_on_namespace(context, definition, &default_namespace)?,
        _ => default_namespace,
    };
    let cluster = context.cluster()?;
    let head = read_head(cluster.reader(), &namespace, &name).await?;
    let (mut definition, sources) = compose(&args, given, &name, head.as_ref())?;
    definition.metadata.namespace = Some(namespace.clone());
    check_template_change(&definition, head.as_ref(), args.replace)?;
    let stored = head.as_ref().and_then(|head| head.definition.spec.template.clone());
    let pin = Pin { stored: stored.as_ref(), renew: args.template.is_some(), moved: Moved::of(args.accept_moved_tag) };
    let loaded = pin_template(context, &mut definition, pin, Some((cluster.reader(), &namespace))).await?;
    let template = loaded.as_ref().map(|loaded| &loaded.template);
    if let Some(template) = template {
        as_typed(&mut definition.spec.values, &sources, template);
    }
    definition.check()?;
    validate(context, &definition, template).map_err(|error| error.pointing_into(&sources))?;
    if args.create_namespace && cluster.reader().namespace_exists(&namespace).await? == Some(false) {
        create_namespace(context, cluster, &namespace).await?;
    }
    let pinned = loaded.filter(|_| definition.spec.template != stored);
    let changed = store(context, cluster, &namespace, head, definition).await?;
    tell_pin(context, pinned.as_ref());
    if changed {
        tell_next(context, &name);
    }
    Ok(exit::DONE)
}

/// Where a new pin leads, for a template of a registry.
fn tell_pin(context: &Context, loaded: Option<&Loaded>) {
    if let Some(Loaded { template, trust, proof: Some(proof) }) = loaded {
        let metadata = template.metadata();
        let words = format!("template {} {}: {}, {trust}", metadata.name, metadata.version, proof.pinned);
        context.ui.say(&crate::object::printable(&words));
    }
}

/// A checked definition in a file, made of nothing but what was given.
async fn save_to_file(
    context: &Context,
    args: &DefineArgs,
    given: Given,
    name: &str,
    path: &Path,
) -> Result<u8, CommandError> {
    let (mut definition, sources) = compose(args, given, name, None)?;
    let pin = Pin { renew: args.template.is_some(), moved: Moved::of(args.accept_moved_tag), ..Pin::default() };
    let loaded = pin_template(context, &mut definition, pin, None).await?;
    let template = loaded.as_ref().map(|loaded| &loaded.template);
    if let Some(template) = template {
        as_typed(&mut definition.spec.values, &sources, template);
    }
    definition.check()?;
    validate(context, &definition, template).map_err(|error| error.pointing_into(&sources))?;
    write_new(context, path, &definition, template)?;
    tell_pin(context, loaded.as_ref());
    context.ui.say(&context.ui.err.dim(&format!("next: kubectl ku8 define -f {}", path.display())));
    Ok(exit::DONE)
}

/// Makes a namespace with nothing of ours on it, because it is nobody's to prune.
async fn create_namespace(context: &Context, cluster: &Cluster, name: &str) -> Result<(), CommandError> {
    let key = ObjectKey::new("", "Namespace", "", name);
    let value = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    match cluster.create(&PlanClient::core("Namespace"), &key, &value).await {
        Ok(_) => context.ui.print(&format!("namespace {name} created")),
        // Somebody else was faster, which is as good.
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// `-n` and the document must not contradict each other.
///
/// # Errors
/// When they do.
pub(super) fn agree_on_namespace(
    context: &Context,
    definition: &Definition,
    default: &str,
) -> Result<String, CommandError> {
    match (&definition.metadata.namespace, &context.globals.namespace) {
        (Some(own), Some(asked)) if own != asked => {
            Err(CommandError::new(format!("the document says namespace `{own}`, the command line `{asked}`"))
                .id(id::CONTRADICTION))
        }
        (Some(own), _) => Ok(own.clone()),
        (None, _) => Ok(default.to_owned()),
    }
}

/// A name stays with its template, unless that is wanted.
///
/// # Errors
/// When another one is stored.
pub(super) fn check_template_change(
    definition: &Definition,
    head: Option<&Head>,
    replace: bool,
) -> Result<(), CommandError> {
    let name = |definition: &Definition| definition.spec.template.as_ref().map(TemplateRef::plain_name);
    match head {
        Some(head) if !replace && name(&head.definition) != name(definition) => {
            let words = |found: Option<String>| {
                found.map_or_else(|| "plain objects".to_owned(), |name| format!("template {name}"))
            };
            Err(CommandError::new(format!(
                "`{}` is stored with {}, not {}",
                definition.name(),
                words(name(&head.definition)),
                words(name(definition))
            ))
            .id(id::OTHER_TEMPLATE)
            .hint("choose another name, or pass --replace to start from nothing"))
        }
        _ => Ok(()),
    }
}

/// Checks values with the template's schema, so that nothing wrong is stored.
///
/// # Errors
/// Every violation at once.
pub(super) fn validate(
    context: &Context,
    definition: &Definition,
    template: Option<&Template>,
) -> Result<(), CommandError> {
    if let Some(template) = template {
        context.runtime()?.check(template, Value::Object(definition.spec.values.clone()))?;
    }
    Ok(())
}
