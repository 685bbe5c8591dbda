//! The end of the wizard: the command that would do the same, the plan, and what is to become of the definition.
//! It never stores anything that was not chosen.

use std::path::Path;

use super::one_line::one_line;
use super::wizard::{Filled, Wizard};
use super::{NewArgs, Place, definition};
use crate::cli::Output;
use crate::commands::Context;
use crate::commands::consent::{is_protected, refuse_unasked};
use crate::commands::pipeline::{PlanOptions, prepare};
use crate::commands::plan::show;
use crate::commands::publish::{self, PublishArgs};
use crate::commands::save::save;
use crate::definition::{Definition, yaml};
use crate::error::{CommandError, exit};
use crate::terminal::{Answer, Ask, Item, Question};

/// Shows the command and the plan, and does what is wanted then. `None` means that an answer is to be changed.
pub(super) async fn end(
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

pub(super) async fn plan(context: &Context, place: &Place, definition: &Definition) -> Result<(), CommandError> {
    let reader = context.cluster()?.reader();
    let prepared = prepare(context, reader, definition, None, &place.namespace, &PlanOptions::default()).await?;
    show(context, std::slice::from_ref(&prepared), Output::Text, false);
    Ok(())
}

pub(super) async fn store(
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

pub(super) fn write(context: &Context, definition: &Definition, file: &str) -> Result<u8, CommandError> {
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
