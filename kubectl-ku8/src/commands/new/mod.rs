//! `new`: a wizard over a template's schema that ends in a definition, and in a publication if wanted.
//! Every question has a flag, and what it stores is what `define` would store.

mod ask;
mod cost;
mod one_line;
mod sheet;
mod trial;
mod wizard;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use serde_json::{Map, Value};

use super::Context;
use super::consent::{is_protected, refuse_unasked};
use super::define::{pin_template, validate};
use super::pipeline::{PlanOptions, prepare};
use super::plan::show;
use super::publish::{self, PublishArgs};
use super::resolve::{SetArgs, collect_values, load_by_name, read_head};
use super::save::save;
use crate::cli::Output;
use crate::definition::{Definition, TemplateRef, check_name, yaml};
use crate::error::{CommandError, exit, id};
use crate::object::labels;
use crate::schema::{Question as SchemaQuestion, questions};
use crate::terminal::{Answer, Ask, Asker, Item, Question};
use one_line::one_line;
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
    let given = collect_values(&[], &SetArgs { set: args.set.clone(), ..SetArgs::default() })?;
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
fn without_questions(context: &Context, args: &NewArgs, given: Map<String, Value>) -> Result<Filled, CommandError> {
    let template = args.template.clone().ok_or_else(|| missing("the template", "-t TEMPLATE"))?;
    let loaded = load_by_name(context, &template)?;
    let name = args.name.clone().ok_or_else(|| missing("the name", "NAME"))?;
    let values = Value::Object(given);
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
async fn definition(context: &Context, place: &Place, filled: &Filled) -> Result<Definition, CommandError> {
    let namespace = (!place.offline || context.globals.namespace.is_some()).then(|| place.namespace.clone());
    let mut definition = Definition::new(&filled.name, namespace);
    definition.spec.template = Some(TemplateRef { name: filled.template.clone(), version: None, digest: None });
    definition.spec.values.clone_from(&filled.values);
    let cluster = if place.offline { None } else { Some((context.cluster()?.reader(), place.namespace.as_str())) };
    let pinned = pin_template(context, &mut definition, None, cluster).await?;
    definition.check()?;
    validate(context, &definition, pinned.as_ref())?;
    Ok(definition)
}

/// Without a terminal: what the flags say.
async fn finish(context: &Context, args: &NewArgs, place: &Place, filled: &Filled) -> Result<u8, CommandError> {
    let definition = definition(context, place, filled).await?;
    if let Some(file) = &args.save_to {
        return write(context, &definition, file);
    }
    context.ui.say(&format!("\nThe same in one line:\n  {}\n", one_line(&definition, &context.globals)));
    plan(context, place, &definition).await?;
    store(context, place, definition, args.publish, true).await
}

/// Shows the command and the plan, and does what is wanted then. `None` means that an answer is to be changed.
async fn end(
    context: &Context,
    args: &NewArgs,
    place: &Place,
    wizard: &mut Wizard<'_>,
    filled: &Filled,
) -> Result<Option<u8>, CommandError> {
    let definition = definition(context, place, filled).await?;
    let words = wizard.words;
    context.ui.say(&format!("\n{}\n  {}\n", words.same, one_line(&definition, &context.globals)));
    if let Some(file) = &args.save_to {
        return write(context, &definition, file).map(Some);
    }
    let planned = plan(context, place, &definition).await;
    if args.save || args.publish {
        planned?;
        return store(context, place, definition, args.publish, true).await.map(Some);
    }
    let can_publish = planned.is_ok();
    if let Err(error) = planned {
        // The answers are worth more than the plan: they can still be kept or changed.
        context.ui.fail(&error);
    }
    let all = [
        ("save", words.save, words.save_note),
        ("publish", words.publish, words.publish_note),
        ("file", words.file, words.file_note),
        ("change", words.change, words.change_note),
        ("nothing", words.nothing, words.nothing_note),
    ];
    // The first is what Enter takes: the one that starts nothing.
    let open: Vec<_> = all.into_iter().filter(|(id, ..)| can_publish || *id != "publish").collect();
    let items: Vec<Item> =
        open.iter().map(|(_, word, note)| Item { word: (*word).to_owned(), note: (*note).to_owned() }).collect();
    let question = Question { title: words.next.to_owned(), back: true, ..Question::default() };
    loop {
        let next = match wizard.asker.choice(&question, &items, 0, &|_| None)? {
            Answer::Back => "change",
            Answer::Given(at) => open[at].0,
        };
        return match next {
            "change" => {
                wizard.back();
                Ok(None)
            }
            "file" => match ask_file(wizard, &filled.name)? {
                Some(file) => write(context, &definition, &file).map(Some),
                None => continue,
            },
            "nothing" => {
                context.ui.say(words.unsaved);
                Ok(Some(exit::DONE))
            }
            _ => store(context, place, definition, next == "publish", false).await.map(Some),
        };
    }
}

fn ask_file(wizard: &Wizard<'_>, name: &str) -> Result<Option<String>, CommandError> {
    let words = wizard.words;
    let free = |answer: &str| {
        if crate::files::exists(Path::new(answer)) { Err(words.file_exists.to_owned()) } else { Ok(String::new()) }
    };
    let ask = Ask {
        question: Question { title: words.file_name.to_owned(), back: true, ..Question::default() },
        default: Some(format!("{name}.yaml")),
        typed: String::new(),
        live: &free,
        check: &free,
    };
    Ok(match wizard.asker.text(&ask)? {
        Answer::Given(file) => Some(file),
        Answer::Back => None,
    })
}

async fn plan(context: &Context, place: &Place, definition: &Definition) -> Result<(), CommandError> {
    let reader = context.cluster()?.reader();
    let prepared = prepare(context, reader, definition, None, &place.namespace, &PlanOptions::default()).await?;
    show(context, std::slice::from_ref(&prepared), Output::Text, false);
    Ok(())
}

async fn store(
    context: &Context,
    place: &Place,
    definition: Definition,
    publish: bool,
    by_flag: bool,
) -> Result<u8, CommandError> {
    let name = definition.name().to_owned();
    if publish && by_flag {
        refuse_unasked(context, &place.namespace)?;
    }
    save(context, context.cluster()?, &place.namespace, None, definition).await?;
    if !publish {
        return Ok(exit::DONE);
    }
    // Whoever chose it was asked already; a protected context asks its own question.
    let yes = by_flag || !is_protected(context)?;
    Box::pin(publish::run(context, PublishArgs::of(&name, yes))).await
}

fn write(context: &Context, definition: &Definition, file: &str) -> Result<u8, CommandError> {
    let value = serde_json::to_value(definition).expect("a definition is plain data");
    let text = yaml::to_string(&value);
    if file == "-" {
        context.ui.print(&text);
        return Ok(exit::DONE);
    }
    crate::files::write_new(Path::new(file), &text)?;
    context.ui.print(&format!("{} written", crate::object::printable(file)));
    context.ui.say(&context.ui.err.dim(&format!("next: kubectl ku8 plan -f {file}")));
    Ok(exit::DONE)
}
