//! `template`: what can be run, its parameters, its schema, and what it renders; no cluster is needed.
//! It never stores anything.

mod build;
mod component;
mod explained;
mod lint;
mod list;
mod load;
mod markdown;
mod new;
mod outdated;
mod pack;
mod page;
mod project;
mod pull;
mod push;
mod save;
mod test;
mod text;
mod upgrade;
mod verify;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::explain::schema_of;
use super::pipeline::render_values;
use super::resolve::{Moved, SetArgs, as_typed, find, load_unpinned, read_values};
use super::{Context, print_document};
use crate::cli::{ListingArgs, Output};
use crate::definition::{Definition, Sources, TemplateRef, modeline, yaml};
use crate::error::{CommandError, exit, id};
use crate::object::is_dns_label;
use crate::render::{SecretIntent, Severity, Template};
use explained::Place;
use page::Page;

/// Kubernetes version rendered for when no cluster is asked.
const OFFLINE_KUBERNETES: &str = "1.30";

/// Look at templates and render them; no cluster needed
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 template list\n  kubectl ku8 template show mysql\n  kubectl ku8 template render mysql --set database=orders"
)]
pub struct TemplateArgs {
    #[command(subcommand)]
    command: TemplateCommand,
}

#[derive(Subcommand, Debug)]
enum TemplateCommand {
    /// List the built-in templates, or the versions of one in a registry
    #[command(
        after_help = "Examples:\n  kubectl ku8 template list\n  kubectl ku8 template list -o json\n  kubectl ku8 template list --remote oci://registry.example.com/team/kafka"
    )]
    List {
        /// Versions of this template in a registry: oci://HOST/REPOSITORY
        #[arg(long, value_name = "REFERENCE")]
        remote: Option<String>,
        #[command(flatten)]
        form: ListingArgs,
    },
    /// Show what a template is: sizes, parameters, what it renders, how it is operated
    #[command(
        after_help = "Examples:\n  kubectl ku8 template show mysql\n  kubectl ku8 template show ./build/mine.wasm --all\n  kubectl ku8 template show redis -o markdown > redis.md"
    )]
    Show {
        /// Built-in name, component file, or oci://HOST/REPOSITORY:TAG
        template: String,
        /// Take what a registry's tag names now, although it named something else before
        #[arg(long, hide_short_help = true)]
        accept_moved_tag: bool,
        /// Parameters for experts and rules too
        #[arg(long)]
        all: bool,
        /// Output: text, json, yaml or markdown
        #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
        output: PageOutput,
    },
    /// Print a template's JSON Schema, or write it for an editor
    #[command(
        after_help = "Examples:\n  kubectl ku8 template schema redis\n  kubectl ku8 template schema mysql -o mysql.schema.json   # then, in values.yaml: # yaml-language-server: $schema=mysql.schema.json"
    )]
    Schema {
        /// Built-in name, component file, or oci://HOST/REPOSITORY:TAG
        template: String,
        /// Take what a registry's tag names now, although it named something else before
        #[arg(long, hide_short_help = true)]
        accept_moved_tag: bool,
        /// Write it to this file, in the form every editor reads
        #[arg(short = 'o', long = "output", value_name = "FILE")]
        file: Option<std::path::PathBuf>,
    },
    /// Print the objects a template renders from values
    #[command(
        after_help = "Examples:\n  kubectl ku8 template render mysql --set database=orders\n  kubectl ku8 template render redis -f values.yaml -o json\n  kubectl ku8 template render -f definition.yaml    # for Argo CD, Flux and other tools that want YAML\n  kubectl ku8 template render mysql --set database=orders --explain   # which value led to which field"
    )]
    Render(RenderArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Pack(pack::PackArgs),
    Lint(lint::LintArgs),
    Test(test::TestArgs),
    Push(push::PushArgs),
    Pull(pull::PullArgs),
    Save(save::SaveArgs),
    Load(load::LoadArgs),
    Outdated(outdated::OutdatedArgs),
    Verify(verify::VerifyArgs),
    Upgrade(upgrade::UpgradeArgs),
}

/// Forms of a template's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PageOutput {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// A page for a repository.
    Markdown,
}

#[derive(Args, Debug)]
struct RenderArgs {
    /// Built-in name, component file, or oci://HOST/REPOSITORY:TAG; not needed with a definition file
    template: Option<String>,
    /// Name of the definition
    #[arg(long, default_value = "example")]
    name: String,
    /// Values, or without a template a definition file; - reads standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    set: SetArgs,
    /// Take what a registry's tag names now, although it named something else before
    #[arg(long, hide_short_help = true)]
    accept_moved_tag: bool,
    /// Kubernetes version to render for
    #[arg(long, value_name = "MINOR", default_value = OFFLINE_KUBERNETES)]
    kubernetes: String,
    /// Say beside each field which values it follows, found by changing them one by one
    #[arg(long)]
    explain: bool,
    /// Output: text (YAML) or json
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Runs a template command.
///
/// # Errors
/// When the template is unknown or refuses the values.
pub async fn run(context: &Context, args: &TemplateArgs) -> Result<u8, CommandError> {
    match &args.command {
        TemplateCommand::List { remote: None, form } => list::built_in(context, form)?,
        TemplateCommand::List { remote: Some(repository), form } => list::remote(context, repository, form).await?,
        TemplateCommand::Show { template, accept_moved_tag, all, output } => {
            let loaded = find(context, template, Moved::of(*accept_moved_tag)).await?;
            show(context, &Page::of(context, template, &loaded)?, *all, *output);
        }
        TemplateCommand::Schema { template, accept_moved_tag, file } => {
            let template = find(context, template, Moved::of(*accept_moved_tag)).await?.template;
            match file {
                None => print_document(context, template.schema().document(), Output::Json),
                Some(file) => write_schema(context, &template, file)?,
            }
        }
        TemplateCommand::Render(args) => render(context, args).await?,
        TemplateCommand::New(args) => return new::run(context, args).await,
        TemplateCommand::Build(args) => return build::run(context, args).await,
        TemplateCommand::Pack(args) => return pack::run(context, args).await,
        TemplateCommand::Lint(args) => return lint::run(context, args).await,
        TemplateCommand::Test(args) => return test::run(context, args).await,
        TemplateCommand::Push(args) => return push::run(context, args).await,
        TemplateCommand::Pull(args) => return pull::run(context, args).await,
        TemplateCommand::Save(args) => return save::run(context, args).await,
        TemplateCommand::Load(args) => return load::run(context, args).await,
        TemplateCommand::Outdated(args) => return outdated::run(context, args).await,
        TemplateCommand::Verify(args) => return verify::run(context, args).await,
        TemplateCommand::Upgrade(args) => return upgrade::run(context, args).await,
    }
    Ok(exit::DONE)
}

fn write_schema(context: &Context, template: &Template, file: &std::path::Path) -> Result<(), CommandError> {
    let schema = crate::definition::values_schema(schema_of(template));
    let text = serde_json::to_string_pretty(&schema).expect("JSON serialises");
    crate::files::write_text(file, &format!("{text}\n"))?;
    let ui = &context.ui;
    ui.print(&format!("schema of {} values written to {}", template.metadata().name, file.display()));
    ui.say(&ui.err.dim(&format!("first line of a values file: {}", modeline(&file.display().to_string()))));
    Ok(())
}

fn show(context: &Context, page: &Page<'_>, all: bool, output: PageOutput) {
    let ui = &context.ui;
    match output {
        PageOutput::Json => print_document(context, &page.document(), Output::Json),
        PageOutput::Yaml => print_document(context, &page.document(), Output::Yaml),
        PageOutput::Markdown => ui.print(&markdown::markdown(page)),
        PageOutput::Text => {
            ui.print(&text::text(page, ui.out, all));
            if !all {
                ui.say(&ui.err.dim("with --all: parameters for experts, and the rules"));
            }
        }
    }
}

/// `1.30` and newer; templates are written for nothing older.
fn check_kubernetes(version: &str) -> Result<(), CommandError> {
    let minor = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(30..) => Ok(()),
        Some(_) => Err(CommandError::new(format!("--kubernetes {version}: 1.30 is the oldest version supported"))
            .id(id::KUBERNETES_VERSION)),
        None => Err(CommandError::new(format!("--kubernetes {version} is not a version such as {OFFLINE_KUBERNETES}"))
            .id(id::KUBERNETES_VERSION)),
    }
}

/// What is rendered, by which template, and what it was written in.
async fn rendered_of(context: &Context, args: &RenderArgs) -> Result<(Definition, Template, Sources), CommandError> {
    let moved = Moved::of(args.accept_moved_tag);
    if let Some(name) = &args.template {
        crate::definition::check_name(&args.name)?;
        let template = find(context, name, moved).await?.template;
        let mut definition = Definition::new(&args.name, None);
        definition.spec.template = Some(TemplateRef { name: name.clone(), version: None, digest: None });
        let values = read_values(&args.files, &args.set)?;
        crate::definition::merge(&mut definition.spec.values, &values.patch);
        as_typed(&mut definition.spec.values, &values.sources, &template);
        return Ok((definition, template, values.sources));
    }
    let wanted = || CommandError::new("name a template, or a definition file with -f").id(id::USAGE);
    let [file] = args.files.as_slice() else {
        return Err(wanted().hint("for example: kubectl ku8 template render -f definition.yaml"));
    };
    if !args.set.is_empty() {
        return Err(wanted().hint("--set goes with a template; a definition file holds its values"));
    }
    let (source, text) = crate::files::read_input(file)?;
    let definition = crate::definition::parse(&source, &text)?;
    let reference = definition.spec.template.as_ref().ok_or_else(|| {
        CommandError::new(format!("{source} holds plain objects, which no template renders")).id(id::USAGE)
    })?;
    let template = load_unpinned(context, reference, moved).await?;
    let mut sources = Sources::default();
    sources.definition(&source, &text);
    Ok((definition, template, sources))
}

async fn render(context: &Context, args: &RenderArgs) -> Result<(), CommandError> {
    let (definition, template, sources) = rendered_of(context, args).await?;
    let named = context.globals.namespace.is_none().then(|| definition.metadata.namespace.clone()).flatten();
    let namespace = named.unwrap_or_else(|| context.offline_namespace());
    if !is_dns_label(&namespace) {
        return Err(CommandError::new(format!(
            "`{namespace}` cannot be a namespace: lower-case letters, digits and `-`"
        ))
        .id(id::USAGE));
    }
    check_kubernetes(&args.kubernetes)?;
    let found = render_values(context, &template, &definition, &namespace, &args.kubernetes, &Value::Null)
        .map_err(|error| error.pointing_into(&sources))?;
    for warning in found.rendered.warnings.iter().filter(|warning| warning.severity != Severity::Info) {
        context.ui.warn(&format!("{} [{}]", warning.message, warning.code));
    }
    if args.explain {
        let place = Place { namespace: &namespace, kubernetes: &args.kubernetes };
        return explained::print(context, &template, &definition, &place, &found, args.output);
    }
    let objects: Vec<Value> = found.rendered.objects.into_iter().map(|object| object.manifest.into_value()).collect();
    if args.output == Output::Json {
        let document = json!({"apiVersion": "v1", "kind": "List", "items": objects, "secrets": found.rendered.secrets, "outputs": found.rendered.outputs});
        print_document(context, &document, Output::Json);
    } else {
        found.rendered.secrets.iter().for_each(|secret| context.ui.print(&needed(secret)));
        let texts: Vec<String> = objects.iter().map(yaml::to_printable).collect();
        context.ui.print(&texts.join("---\n"));
    }
    Ok(())
}

/// A Secret that is needed, as a comment, so that the whole still goes into kubectl.
fn needed(secret: &SecretIntent) -> String {
    let keys: Vec<&str> = secret.keys.keys().map(String::as_str).collect();
    format!("# needs Secret/{} with {}; publish takes care of it", secret.name, keys.join(", "))
}
