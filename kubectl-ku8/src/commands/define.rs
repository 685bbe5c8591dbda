//! `define`: creates or updates a definition, as `kubectl apply` does, and shows what changed.
//! It validates before it stores, and never touches the definition's objects.

use clap::Args;
use serde_json::{Map, Value};

use super::Context;
use super::resolve::{SetArgs, collect_values, load_by_name, load_template, read_head};
use super::save::save;
use crate::cluster::{Cluster, PlanClient};
use crate::definition::{Definition, Document, TemplateRef, Visibility, merge, parse_documents};
use crate::error::{CommandError, id};
use crate::object::ObjectKey;
use crate::release::Head;
use crate::render::Template;

/// Create or update a definition; nothing runs until it is published
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 define orders-db -t mysql --set database=orders --set size=small
  kubectl ku8 define orders-db --set maxConnections=300      # values merge into the stored ones
  kubectl ku8 define -f definition.yaml                      # replaces the whole spec
  kustomize build . | kubectl ku8 define shop-web -f -       # plain objects")]
pub struct DefineArgs {
    /// Name of the definition
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Template: a built-in name, or a component file
    #[arg(short = 't', long, value_name = "TEMPLATE")]
    template: Option<String>,
    /// Values, a definition, or plain objects; - reads standard input; may be repeated for values
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    set: SetArgs,
    /// Label carried onto every object
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// App this definition belongs to
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Let other apps refer to it
    #[arg(long)]
    public: bool,
    /// Let the template render a kind outside the usual ones, such as monitoring.coreos.com/PodMonitor
    #[arg(long, value_name = "GROUP/KIND")]
    allow_kind: Vec<String>,
    /// Start from nothing instead of the stored definition
    #[arg(long)]
    replace: bool,
    /// Create the namespace if it does not exist; it is never removed again
    #[arg(long)]
    create_namespace: bool,
}

/// Defines.
///
/// # Errors
/// When the document is wrong, another template is stored, or somebody else wrote meanwhile.
pub async fn run(context: &Context, args: DefineArgs) -> Result<u8, CommandError> {
    let given = read_given(&args)?;
    let name = name_of(&args, &given)?;
    crate::definition::check_name(&name)?;
    let default_namespace = context.namespace()?;
    let namespace = match &given {
        Given::Definition(definition) => agree_on_namespace(context, definition, &default_namespace)?,
        _ => default_namespace,
    };
    let cluster = context.cluster()?;
    let head = read_head(cluster.reader(), &namespace, &name).await?;
    let mut definition = compose(&args, given, &name, head.as_ref())?;
    definition.metadata.namespace = Some(namespace.clone());
    check_template_change(&definition, head.as_ref(), args.replace)?;
    let template = pin_template(
        context,
        &mut definition,
        head.as_ref().filter(|_| args.template.is_none()),
        Some((cluster.reader(), &namespace)),
    )
    .await?;
    definition.check()?;
    validate(context, &definition, template.as_ref())?;
    if args.create_namespace && cluster.reader().namespace_exists(&namespace).await? == Some(false) {
        create_namespace(context, cluster, &namespace).await?;
    }
    save(context, cluster, &namespace, head, definition).await
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

enum Given {
    Nothing,
    Values(Map<String, Value>),
    Definition(Box<Definition>),
    Manifests(Vec<Value>),
}

fn read_given(args: &DefineArgs) -> Result<Given, CommandError> {
    let sets = !args.set.is_empty();
    if let [file] = args.files.as_slice() {
        let (source, text) = crate::files::read_input(file)?;
        let documents = crate::definition::yaml::documents(&text);
        if documents.as_ref().is_ok_and(Vec::is_empty) && args.template.is_none() && !sets {
            return Err(crate::definition::DefinitionError::Empty(source).into());
        }
        let looks_like_objects = documents
            .map_or(true, |found| found.iter().any(|one| one["apiVersion"].is_string() && one["kind"].is_string()));
        if looks_like_objects && args.template.is_none() {
            return match parse_documents(&source, &text)? {
                Document::Definition(_) | Document::Manifests(_) if sets => {
                    Err(CommandError::new(format!("--set does not go with {source}, which holds a whole document"))
                        .id(id::USAGE))
                }
                Document::Definition(definition) => Ok(Given::Definition(definition)),
                Document::Manifests(manifests) => Ok(Given::Manifests(manifests)),
            };
        }
        if source == "<stdin>" {
            // Standard input reads only once, so its values are taken from the text at hand.
            let mut values = crate::definition::parse_values(&source, &text)?;
            let rest = collect_values(&[], &args.set)?;
            values.extend(rest);
            return Ok(Given::Values(values));
        }
    }
    let values = collect_values(&args.files, &args.set)?;
    Ok(if values.is_empty() { Given::Nothing } else { Given::Values(values) })
}

fn name_of(args: &DefineArgs, given: &Given) -> Result<String, CommandError> {
    match (&args.name, given) {
        (Some(name), Given::Definition(definition)) if name != definition.name() => {
            Err(CommandError::new(format!("the file defines `{}`, not `{name}`", definition.name()))
                .id(id::CONTRADICTION))
        }
        (Some(name), _) => Ok(name.clone()),
        (None, Given::Definition(definition)) => Ok(definition.name().to_owned()),
        (None, _) => Err(CommandError::new("the definition needs a name")
            .id(id::NOTHING_NAMED)
            .hint("for example: kubectl ku8 define orders-db -t mysql --set database=orders")),
    }
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

fn compose(args: &DefineArgs, given: Given, name: &str, head: Option<&Head>) -> Result<Definition, CommandError> {
    let stored = head.filter(|_| !args.replace).map(|head| head.definition.clone());
    let mut definition = match given {
        Given::Definition(definition) => *definition,
        Given::Manifests(manifests) => {
            let mut definition = stored.unwrap_or_else(|| Definition::new(name, None));
            if definition.spec.template.is_some() {
                return Err(CommandError::new(format!(
                    "`{name}` is stored with a template, and the file holds plain objects"
                ))
                .id(id::OTHER_TEMPLATE)
                .hint("pass --replace to start from nothing"));
            }
            definition.spec.manifests = manifests;
            definition
        }
        Given::Values(values) => {
            let mut definition = stored.unwrap_or_else(|| Definition::new(name, None));
            merge(&mut definition.spec.values, &values);
            definition
        }
        Given::Nothing => stored.unwrap_or_else(|| Definition::new(name, None)),
    };
    if let Some(template) = &args.template {
        definition.spec.template = Some(TemplateRef { name: template.clone(), version: None, digest: None });
    }
    if args.public {
        definition.spec.visibility = Visibility::Public;
    }
    if args.app.is_some() {
        definition.spec.app.clone_from(&args.app);
    }
    for kind in &args.allow_kind {
        if !definition.spec.allow_kinds.contains(kind) {
            definition.spec.allow_kinds.push(kind.clone());
        }
    }
    for label in &args.labels {
        let (key, value) = label
            .split_once('=')
            .ok_or_else(|| CommandError::new(format!("label `{label}` is not of the form key=value")).id(id::LABEL))?;
        definition.metadata.labels.insert(key.to_owned(), value.to_owned());
    }
    Ok(definition)
}

fn check_template_change(definition: &Definition, head: Option<&Head>, replace: bool) -> Result<(), CommandError> {
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

/// Loads the template and writes its version and digest into the template reference; a stored pin stays unless `-t` was given.
///
/// # Errors
/// When the template cannot be loaded.
pub(super) async fn pin_template(
    context: &Context,
    definition: &mut Definition,
    head: Option<&Head>,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Option<Template>, CommandError> {
    let Some(reference) = &mut definition.spec.template else { return Ok(None) };
    let stored =
        head.and_then(|head| head.definition.spec.template.as_ref()).filter(|stored| stored.name == reference.name);
    if reference.digest.is_none()
        && let Some(stored) = stored
    {
        *reference = stored.clone();
    }
    let template = match &reference.digest {
        Some(_) => load_template(context, reference, cluster).await?,
        None => load_by_name(context, &reference.name)?,
    };
    reference.version = Some(template.metadata().version.clone());
    reference.digest = Some(format!("sha256:{}", template.digest()));
    Ok(Some(template))
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
