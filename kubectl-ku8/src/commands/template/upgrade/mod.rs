//! `template upgrade`: moves a definition to another version of its template, with the values the template migrated.
//! It shows both the values and the plan before it stores anything, and publishes nothing.

mod step;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Output;
use crate::commands::consent::{Deed, consent};
use crate::commands::define::validate;
use crate::commands::pipeline::{PlanOptions, Prepared, prepare};
use crate::commands::resolve::{Moved, Pin, SetArgs, Values, as_typed, load_template, pin_template, require_head};
use crate::commands::save::{describe_changes, write_head};
use crate::commands::{Context, plan, print_document};
use crate::definition::{Definition, TemplateRef};
use crate::error::{CommandError, exit, id};
use crate::registry::Reference;
use crate::release::Head;
use crate::render::{Template, migrate};
use step::{Step, nothing_to_move};

/// Move a definition to another version of its template
#[derive(Args, Debug)]
#[command(
    after_help = "The new version of the template says how its values follow from the old ones; both are shown with the plan,\nand nothing is stored before you agree. Publish it afterwards: kubectl ku8 publish NAME\n\nExamples:\n  kubectl ku8 template upgrade orders-db                 # to the version built in\n  kubectl ku8 template upgrade orders-db --dry-run       # values and plan only"
)]
pub(super) struct UpgradeArgs {
    /// Definition to move
    #[arg(value_name = "NAME")]
    name: String,
    /// Version of the template's repository, a component file, or a reference; without it the version built in
    #[arg(long, value_name = "VERSION|FILE|REF")]
    to: Option<String>,
    #[command(flatten)]
    set: SetArgs,
    /// Take what a registry's tag names now, although it named something else before
    #[arg(long, requires = "to")]
    accept_moved_tag: bool,
    /// Go back to an older version; values pass unchanged
    #[arg(long)]
    downgrade: bool,
    /// Show the values and the plan, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Runs `template upgrade`.
///
/// # Errors
/// When there is no such version, the template does not take the values, or nobody agrees; nothing is stored then.
pub(super) async fn run(context: &Context, args: &UpgradeArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?;
    let head = require_head(cluster.reader(), &namespace, &args.name).await?;
    let Some(stored) = head.definition.spec.template.clone() else {
        return Err(nothing_to_move(&format!("{} holds plain objects, which no template renders", args.name)));
    };
    let target = step::target(&stored, args.to.as_deref()).map_err(|error| match stored.name.as_str() {
        name if Reference::is_meant(name) && args.to.is_none() => error.hint(format!(
            "see what there is, and name one with --to VERSION: kubectl ku8 template outdated {}{}",
            args.name,
            context.again()
        )),
        _ => error,
    })?;
    let old = load_template(context, &stored, Some((cluster.reader(), &namespace))).await.ok();
    let mut definition = head.definition.clone();
    definition.spec.template = Some(TemplateRef { name: target, version: None, digest: None });
    let place = Some((cluster.reader(), namespace.as_str()));
    let pin = Pin { stored: Some(&stored), renew: true, moved: Moved::of(args.accept_moved_tag) };
    let Some(loaded) = pin_template(context, &mut definition, pin, place).await? else {
        return Err(nothing_to_move("no template is named"));
    };
    let template = loaded.template;
    let step = Step::between(&stored, old.as_ref(), &template, args.to.as_deref(), args.downgrade)?;
    if step.is_none_at_all() {
        context.ui.say(&format!("definition {namespace}/{} has {} already", args.name, step.old_words()));
        return Ok(exit::DONE);
    }
    let migrated = take_over(context, args, &step, &template, &mut definition)?;
    let options = PlanOptions::default();
    let prepared = prepare(context, cluster.reader(), &definition, Some(&head), &namespace, &options).await?;
    let found = Found { step: &step, head: &head, definition: &definition, prepared: &prepared, migrated };
    if args.output == Output::Text {
        found.show(context);
    }
    if args.dry_run {
        if args.output == Output::Text {
            context.ui.say(&context.ui.err.dim("nothing was stored (--dry-run)"));
        } else {
            print_document(context, &found.document(&namespace, false), args.output);
        }
        return Ok(exit::DONE);
    }
    let question = format!("Store {namespace}/{} with {}?", args.name, step.new_words());
    consent(context, args.yes, &Deed::new(question, &namespace))?;
    write_head(context, cluster, &namespace, &Head { definition: definition.clone(), ..head.clone() }).await?;
    if args.output == Output::Text {
        context.ui.print(&format!("definition {namespace}/{} now has {}", args.name, step.new_words()));
        let next = format!("next: kubectl ku8 publish {}{}", args.name, context.again());
        context.ui.say(&context.ui.err.dim(&next));
    } else {
        print_document(context, &found.document(&namespace, true), args.output);
    }
    Ok(exit::DONE)
}

/// Brings the values over and checks them; says whether the template itself did so.
fn take_over(
    context: &Context,
    args: &UpgradeArgs,
    step: &Step,
    template: &Template,
    definition: &mut Definition,
) -> Result<bool, CommandError> {
    // A template knows its past, not its future.
    let asked = template.abilities().upgrade && !step.is_back();
    if asked {
        let values = std::mem::take(&mut definition.spec.values);
        definition.spec.values = migrate(context.runtime()?, template, &step.old_version(), values)?;
    }
    let mut given = Values::default();
    given.set(&args.set, Some(&definition.spec.values))?;
    crate::definition::merge(&mut definition.spec.values, &given.patch);
    as_typed(&mut definition.spec.values, &given.sources, template);
    definition.check()?;
    validate(context, definition, Some(template)).map_err(|error| {
        let whose = if asked { "the values it migrated do not fit" } else { "the values do not fit" };
        let message = format!("{whose} {}\n{}", step.new_words(), error.message);
        CommandError { message, ..error }
            .hint("give what is missing with --set NAME=VALUE, drop what is gone with --set NAME=null")
            .hint(format!("see its parameters: kubectl ku8 template show {}", step.reference()))
    })?;
    Ok(asked)
}

/// All there is to show.
struct Found<'a> {
    step: &'a Step,
    head: &'a Head,
    definition: &'a Definition,
    prepared: &'a Prepared,
    migrated: bool,
}

impl Found<'_> {
    fn changes(&self) -> Vec<String> {
        describe_changes(&self.head.definition, self.definition)
    }

    fn show(&self, context: &Context) {
        let styles = context.ui.out;
        // Which template it is stands above, and in the plan.
        let (before, mut after) = (&self.head.definition, self.definition.clone());
        after.spec.template.clone_from(&before.spec.template);
        let changes = describe_changes(before, &after);
        let how = match (self.migrated, changes.is_empty()) {
            (true, true) => "the template migrates the values, and nothing changes",
            (true, false) => "the template migrates the values:",
            (false, true) => "the values pass unchanged",
            (false, false) => "the values change as you asked:",
        };
        let mut lines = vec![styles.bold(&self.step.words()), how.to_owned()];
        lines.extend(changes.iter().map(|line| format!("  {line}")));
        context.ui.show(&lines.join("\n"));
        context.ui.print_exactly("\n");
        plan::show(context, std::slice::from_ref(self.prepared), Output::Text, false);
        if self.prepared.plan.worst_problem().is_some() {
            context.ui.warn("the plan cannot be published as it is; see its problems");
        }
    }

    fn document(&self, namespace: &str, stored: bool) -> Value {
        let before = Value::Object(self.head.definition.spec.values.clone());
        let after = Value::Object(self.definition.spec.values.clone());
        json!({
            "apiVersion": "ku8.dev/v1", "kind": "TemplateUpgrade",
            "metadata": {"name": self.definition.name(), "namespace": namespace},
            "from": self.step.before(), "to": self.step.after(), "downgrade": self.step.is_back(),
            "migrated": self.migrated, "values": {"before": before, "after": after},
            "changes": self.changes(), "plan": self.prepared.plan, "stored": stored,
        })
    }
}
