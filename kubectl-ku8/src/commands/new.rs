//! `new`: a wizard over a template's schema that ends in a definition, and in a publication if wanted.
//! Every question has a flag, and what it stores is what `define` would store.

use clap::Args;
use serde_json::{Map, Value};

use super::Context;
use super::define::{pin_template, validate};
use super::pipeline::{PlanOptions, prepare};
use super::plan::show;
use super::publish::{self, PublishArgs};
use super::resolve::{SetArgs, collect_values, load_by_name, read_head};
use super::save::save;
use crate::cli::Output;
use crate::definition::{Definition, TemplateRef, check_name, merge};
use crate::error::{CommandError, exit, id};
use crate::render::{Template, builtin};
use crate::schema::{Group, Kind as QuestionKind, Question, check_answer, questions};
use crate::terminal::{Ask, AskError, Asker};

/// Define a service question by question, see its plan, save or publish it
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 new\n  kubectl ku8 new orders-db -t mysql --set database=orders --save"
)]
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
}

/// Runs the wizard.
///
/// # Errors
/// When a question cannot be asked and has no flag, or anything publishing may fail with.
pub async fn run(context: &Context, args: NewArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let asker = Asker::new(&context.ui).ok();
    let template_name = choose_template(context, asker.as_ref(), args.template.as_deref())?;
    let template = load_by_name(context, &template_name)?;
    let name = ask_name(asker.as_ref(), args.name.as_deref(), &template.metadata().name)?;
    if read_head(cluster.reader(), &namespace, &name).await?.is_some() {
        return Err(CommandError::new(format!("definition {namespace}/{name} exists already"))
            .id(id::EXISTS)
            .hint(format!("change it with: kubectl ku8 define {name} --set …, or kubectl ku8 edit {name}")));
    }
    let given = collect_values(&[], &SetArgs { set: args.set.clone(), ..SetArgs::default() })?;
    let values = ask_values(asker.as_ref(), &template, given, args.advanced)?;
    let mut definition = Definition::new(&name, Some(namespace.clone()));
    definition.spec.template = Some(TemplateRef { name: template_name, version: None, digest: None });
    definition.spec.values = values;
    let pinned = pin_template(context, &mut definition, None, Some((cluster.reader(), &namespace))).await?;
    definition.check()?;
    validate(context, &definition, pinned.as_ref())?;
    context.ui.say(&format!("\nThe same in one line:\n  {}\n", one_line(&definition)));
    let prepared = prepare(context, cluster.reader(), &definition, None, &namespace, &PlanOptions::default()).await?;
    show(context, std::slice::from_ref(&prepared), Output::Text, false);
    let next = what_next(asker.as_ref(), &args)?;
    if next == Next::Nothing {
        context.ui.say("nothing was saved");
        return Ok(exit::DONE);
    }
    save(context, cluster, &namespace, None, definition).await?;
    if next == Next::Publish { Box::pin(publish::run(context, PublishArgs::of(&name))).await } else { Ok(exit::DONE) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Save,
    Publish,
    Nothing,
}

fn missing(what: &str, flag: &str) -> CommandError {
    CommandError::new(format!("{what} is missing, and nobody can be asked here"))
        .id(id::ANSWER_MISSING)
        .hint(format!("pass {flag}"))
}

fn choose_template(context: &Context, asker: Option<&Asker<'_>>, given: Option<&str>) -> Result<String, CommandError> {
    if let Some(name) = given {
        return Ok(name.to_owned());
    }
    let asker = asker.ok_or_else(|| missing("the template", "-t TEMPLATE"))?;
    let mut lines = Vec::new();
    for entry in builtin::all() {
        let template = load_by_name(context, entry.name)?;
        lines.push(format!("{:<12} {}", entry.name, template.metadata().title));
    }
    let chosen = asker.choice("What do you want to run?", &lines, 0)?;
    Ok(builtin::all()[chosen].name.to_owned())
}

fn ask_name(asker: Option<&Asker<'_>>, given: Option<&str>, template: &str) -> Result<String, CommandError> {
    if let Some(name) = given {
        check_name(name)?;
        return Ok(name.to_owned());
    }
    let asker = asker.ok_or_else(|| missing("the name", "NAME"))?;
    let check = |answer: &str| check_name(answer).map_err(|error| error.to_string());
    Ok(asker.text(&Ask { prompt: "Name of the definition", default: Some(format!("my-{template}")), check: &check })?)
}

fn ask_values(
    asker: Option<&Asker<'_>>,
    template: &Template,
    given: Map<String, Value>,
    advanced: bool,
) -> Result<Map<String, Value>, CommandError> {
    let mut values = given;
    for group in if advanced { &[Group::Basic, Group::Advanced][..] } else { &[Group::Basic][..] } {
        for question in questions(template.schema(), Some(*group)) {
            let known = Value::Object(values.clone()).pointer(&question.pointer).is_some();
            // One choice is no question.
            let settled =
                question.kind == QuestionKind::Choice && question.choices.len() == 1 && question.default.is_some();
            if known || settled || covered_by_size(&question, &values) {
                continue;
            }
            let Some(asker) = asker else {
                if question.required && question.default.is_none() {
                    return Err(missing(&question.path, &format!("--set {}=…", question.path)));
                }
                continue;
            };
            let answer = ask_one(asker, template, &question)?;
            // Defaults are not stored: a better default of a later version would never arrive.
            if !answer.is_null() && Some(&answer) != question.default.as_ref() {
                let mut patch = answer;
                for segment in question.pointer.split('/').skip(1).collect::<Vec<_>>().into_iter().rev() {
                    patch = Value::Object(Map::from_iter([(segment.replace("~1", "/").replace("~0", "~"), patch)]));
                }
                if let Value::Object(patch) = patch {
                    merge(&mut values, &patch);
                }
            }
        }
    }
    Ok(values)
}

/// A size preset decides resources and storage; only `custom` asks for them one by one.
fn covered_by_size(question: &Question, values: &Map<String, Value>) -> bool {
    let custom = values.get("size").is_some_and(|size| size == "custom");
    let sized = question.path.starts_with("resources.") || question.path == "storage.size";
    sized && !custom && !question.required
}

fn ask_one(asker: &Asker<'_>, template: &Template, question: &Question) -> Result<Value, AskError> {
    let unit = question
        .unit
        .as_deref()
        .filter(|unit| *unit != "quantity")
        .map_or_else(String::new, |unit| format!(" ({unit})"));
    let prompt = format!("{}{unit}", question.title);
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if question.kind == QuestionKind::Choice && !question.choices.is_empty() {
        let items: Vec<String> = question.choices.iter().map(shown).collect();
        let default =
            question.default.as_ref().and_then(|value| question.choices.iter().position(|choice| choice == value));
        let chosen = asker.choice(&prompt, &items, default.unwrap_or(0))?;
        return Ok(question.choices[chosen].clone());
    }
    if question.kind == QuestionKind::Boolean {
        let default = question.default.as_ref().and_then(Value::as_bool).unwrap_or(false);
        return Ok(Value::Bool(asker.confirm(&prompt, default)?));
    }
    let check = |answer: &str| check_answer(template.schema(), question, answer).map(|_| ());
    let prompt =
        if question.default.is_none() && !question.required { format!("{prompt} (empty: leave out)") } else { prompt };
    let answer = asker.text(&Ask { prompt: &prompt, default: question.default.as_ref().map(shown), check: &check })?;
    check_answer(template.schema(), question, &answer).map_err(AskError::Terminal)
}

fn what_next(asker: Option<&Asker<'_>>, args: &NewArgs) -> Result<Next, CommandError> {
    match (args.save, args.publish, asker) {
        (true, _, _) => Ok(Next::Save),
        (_, true, _) => Ok(Next::Publish),
        (_, _, Some(asker)) => {
            // The first is what Enter takes: the one that starts nothing.
            let choices = ["Save it as a draft", "Publish it now", "Nothing"].map(str::to_owned);
            Ok([Next::Save, Next::Publish, Next::Nothing][asker.choice("What next?", &choices, 0)?])
        }
        (_, _, None) => Err(missing("what to do with it", "--save or --publish")),
    }
}

/// The `define` command that stores the same.
fn one_line(definition: &Definition) -> String {
    let template = definition.spec.template.as_ref().map_or("", |template| template.name.as_str());
    let mut words = vec![format!("kubectl ku8 define {} -t {template}", definition.name())];
    let mut leaves = Vec::new();
    flatten("", &Value::Object(definition.spec.values.clone()), &mut leaves);
    for (path, value) in leaves {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let quoted = if text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c)) {
            text
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        };
        words.push(format!("--set {path}={quoted}"));
    }
    words.join(" ")
}

fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let name = name.replace('.', "\\.");
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&below, inner, leaves);
            }
        }
        other => leaves.push((path.to_owned(), other.clone())),
    }
}
