//! `new`: a wizard over a template's schema that ends in a definition, and in a publication if wanted.
//! Every question has a flag, and what it stores is what `define` would store.

mod ask;
mod cost;
mod end;
mod one_line;
mod sheet;
mod trial;
mod wizard;
mod words;

use std::collections::BTreeSet;

use clap::Args;
use serde_json::Value;

use super::Context;
use super::define::validate;
use super::resolve::{Moved, Pin, SetArgs, Values, as_typed, find, load_by_name, pin_template, read_head, read_values};
use crate::definition::{Definition, TemplateRef, check_name};
use crate::error::{CommandError, id};
use crate::object::labels;
use crate::registry::Reference;
use crate::render::Template;
use crate::schema::{Question as SchemaQuestion, questions};
use crate::terminal::Asker;
pub(super) use cost::Cost;
use end::{end, plan, store, write};
use one_line::one_line;
pub(super) use sheet::{example_values, set, shown};
pub(super) use wizard::titles;
use wizard::{Begin, Filled, Wizard};

/// Define a service question by question, see its plan, save or publish it
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 new
  kubectl ku8 new orders-db -t mysql --set database=orders --save
  kubectl ku8 new orders-db -t mysql -o orders-db.yaml       # a file, and nothing in the cluster

Esc goes back to the question before, Ctrl-C leaves and changes nothing.")]
pub struct NewArgs {
    /// Name of the definition
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Template
    #[arg(short = 't', long, value_name = "TEMPLATE")]
    template: Option<String>,
    /// Answer a question: path=value
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Ask about advanced parameters too
    #[arg(long)]
    advanced: bool,
    /// Save without publishing, and do not ask
    #[arg(long, conflicts_with = "publish")]
    save: bool,
    /// Publish at once, and do not ask
    #[arg(long)]
    publish: bool,
    /// Write the definition to a file instead, or to standard output with -; no cluster is needed
    #[arg(short = 'o', long, value_name = "FILE", conflicts_with_all = ["publish", "save"])]
    save_to: Option<String>,
}

/// Runs the wizard.
///
/// # Errors
/// When a question cannot be asked and has no flag, or anything publishing may fail with.
pub async fn run(context: &Context, args: NewArgs) -> Result<u8, CommandError> {
    let place = Place::of(context, &args).await?;
    if let Some(name) = &args.name {
        check_name(name)?;
        place.refuse_taken(context, name).await?;
    }
    if let Some(template) = args.template.as_deref().filter(|name| Reference::is_meant(name)) {
        // Before the first question: the wizard itself never waits for a network.
        find(context, template, Moved::Refuse).await?;
    }
    let given = read_values(&[], &SetArgs { set: args.set.clone(), ..SetArgs::default() })?;
    let Ok(asker) = Asker::new(&context.ui) else {
        let filled = without_questions(context, &args, given)?;
        return finish(context, &args, &place, &filled).await;
    };
    let begin = Begin {
        template: args.template.clone(),
        name: args.name.clone(),
        given,
        advanced: args.advanced,
        namespace: place.namespace.clone(),
        taken: place.taken.clone(),
    };
    let mut wizard = Wizard::new(context, asker, begin)?;
    loop {
        let (filled, cost) = wizard.fill()?;
        if !cost.is_empty() {
            context.ui.say(&format!("\n{} {cost}", wizard.words.takes));
        }
        if let Some(code) = end(context, &args, &place, &mut wizard, &filled).await? {
            return Ok(code);
        }
    }
}

/// Where it would be stored, and what is there already.
struct Place {
    namespace: String,
    taken: BTreeSet<String>,
    /// Only a file is written, and no cluster is asked.
    offline: bool,
}

impl Place {
    async fn of(context: &Context, args: &NewArgs) -> Result<Self, CommandError> {
        if args.save_to.is_some() {
            return Ok(Self { namespace: context.offline_namespace(), taken: BTreeSet::new(), offline: true });
        }
        let namespace = context.namespace()?;
        let reader = context.cluster()?.reader();
        let records = match reader.record_summaries(&namespace, &crate::release::head_selector()).await {
            Ok(records) => records,
            // Who may not list may still create; a name that is taken is found out at the end.
            Err(crate::cluster::ClusterError::Forbidden { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let taken = records.iter().filter_map(|record| record.label(labels::NAME)).map(str::to_owned).collect();
        Ok(Self { namespace, taken, offline: false })
    }

    async fn refuse_taken(&self, context: &Context, name: &str) -> Result<(), CommandError> {
        if self.offline || read_head(context.cluster()?.reader(), &self.namespace, name).await?.is_none() {
            return Ok(());
        }
        Err(CommandError::new(format!("definition {}/{name} exists already", self.namespace))
            .id(id::EXISTS)
            .hint(format!("change it with: kubectl ku8 define {name} --set …, or kubectl ku8 edit {name}")))
    }
}

fn missing(what: &str, flag: &str) -> CommandError {
    CommandError::new(format!("{what} is missing, and nobody can be asked here"))
        .id(id::ANSWER_MISSING)
        .hint(format!("pass {flag}"))
}

/// Everything from flags.
fn without_questions(context: &Context, args: &NewArgs, given: Values) -> Result<Filled, CommandError> {
    let template = args.template.clone().ok_or_else(|| missing("the template", "-t TEMPLATE"))?;
    let loaded = load_by_name(context, &template)?;
    let name = args.name.clone().ok_or_else(|| missing("the name", "NAME"))?;
    let mut patch = given.patch;
    as_typed(&mut patch, &given.sources, &loaded);
    let values = Value::Object(patch);
    let absent = |question: &SchemaQuestion| {
        question.required && question.default.is_none() && values.pointer(&question.pointer).is_none()
    };
    if let Some(question) = questions(loaded.schema(), None).into_iter().find(absent) {
        return Err(missing(&question.path, &format!("--set {}=…", question.path)));
    }
    if !args.save && !args.publish && args.save_to.is_none() {
        return Err(missing("what to do with it", "--save, --publish or -o FILE"));
    }
    let Value::Object(values) = values else { unreachable!("made of a map") };
    Ok(Filled { template, name, values })
}

/// The definition of the answers, pinned and checked.
async fn definition(
    context: &Context,
    place: &Place,
    filled: &Filled,
) -> Result<(Definition, Option<Template>), CommandError> {
    let namespace = (!place.offline || context.globals.namespace.is_some()).then(|| place.namespace.clone());
    let mut definition = Definition::new(&filled.name, namespace);
    definition.spec.template = Some(TemplateRef { name: filled.template.clone(), version: None, digest: None });
    definition.spec.values.clone_from(&filled.values);
    let cluster = if place.offline { None } else { Some((context.cluster()?.reader(), place.namespace.as_str())) };
    let pinned = pin_template(context, &mut definition, Pin::default(), cluster).await?;
    let template = pinned.map(|loaded| loaded.template);
    definition.check()?;
    validate(context, &definition, template.as_ref())?;
    Ok((definition, template))
}

/// Without a terminal: what the flags say.
async fn finish(context: &Context, args: &NewArgs, place: &Place, filled: &Filled) -> Result<u8, CommandError> {
    let (definition, template) = definition(context, place, filled).await?;
    if let Some(file) = &args.save_to {
        return write(context, &definition, template.as_ref(), file);
    }
    context.ui.say(&format!("\nThe same in one line:\n  {}\n", one_line(&definition, &context.globals)));
    plan(context, place, &definition).await?;
    store(context, place, definition, args.publish, true).await
}
