//! Asks before something is done: where, how much goes or restarts, and in a protected context by typing the namespace.
//! It never takes `--yes` alone for a protected context.

use super::Context;
use super::config::Config;
use crate::error::{CommandError, id};
use crate::plan::Plan;
use crate::terminal::{Answer, Ask, Asker, Question};

/// What is about to be done.
pub(super) struct Deed<'a> {
    /// `Publish orders/orders-db?`
    question: String,
    /// Where.
    namespace: &'a str,
    /// How much, when there is a plan.
    plan: Option<&'a Plan>,
}

impl<'a> Deed<'a> {
    /// Something without a plan.
    pub(super) fn new(question: String, namespace: &'a str) -> Self {
        Self { question, namespace, plan: None }
    }

    /// Carrying out a plan.
    pub(super) fn of(question: String, plan: &'a Plan) -> Self {
        Self { question, namespace: &plan.definition.namespace, plan: Some(plan) }
    }
}

/// Asks; without a terminal `--yes` is needed, and in a protected context `--protected-ok` beside it.
///
/// # Errors
/// When nobody can be asked, or the answer is no.
pub(super) fn consent(context: &Context, yes: bool, deed: &Deed<'_>) -> Result<(), CommandError> {
    if is_protected(context)? {
        return if yes { refuse_unasked(context, deed.namespace) } else { ask_for_namespace(context, deed) };
    }
    if yes {
        return Ok(());
    }
    let asker = asker(context, "--yes was not given", "pass --yes to go on without asking")?;
    if asker.confirm(&deed.question, &place(context, deed)?)? { Ok(()) } else { Err(declined()) }
}

/// For what asks nothing, such as applying a saved plan: in a protected context the namespace must be named.
///
/// # Errors
/// When it is not, or is another one.
pub(super) fn refuse_unasked(context: &Context, namespace: &str) -> Result<(), CommandError> {
    if !is_protected(context)? {
        return Ok(());
    }
    let name = name(context)?;
    match context.globals.protected_ok.as_deref() {
        Some(meant) if meant == namespace => Ok(()),
        Some(meant) => Err(CommandError::new(format!(
            "--protected-ok names namespace `{meant}`, and this is `{namespace}`; nothing was changed"
        ))
        .id(id::PROTECTED)),
        None => Err(CommandError::new(format!("context {name} is protected, and --yes alone is not enough there"))
            .id(id::PROTECTED)
            .hint(format!("if you mean it: --protected-ok {namespace}"))),
    }
}

/// Whether the context is one that the configuration protects.
///
/// # Errors
/// A configuration that cannot be read: what it protects is not known then.
pub(super) fn is_protected(context: &Context) -> Result<bool, CommandError> {
    Ok(Config::load()?.protects(&name(context)?))
}

fn ask_for_namespace(context: &Context, deed: &Deed<'_>) -> Result<(), CommandError> {
    let missing = format!("pass --yes --protected-ok {}", deed.namespace);
    let asker = asker(context, &format!("context {} is protected", name(context)?), &missing)?;
    let refused = || Err(format!("type the namespace, {}, or press Ctrl-C", deed.namespace));
    let check = |answer: &str| if answer == deed.namespace { Ok(String::new()) } else { refused() };
    let help = format!("{}\nThis context is protected: type the namespace to go on.", place(context, deed)?);
    let ask = Ask {
        question: Question { title: deed.question.clone(), help, ..Question::default() },
        default: None,
        typed: String::new(),
        live: &|_| Ok(String::new()),
        check: &check,
    };
    match asker.text(&ask)? {
        Answer::Given(_) => Ok(()),
        Answer::Back => Err(declined()),
    }
}

fn asker<'c>(context: &'c Context, why: &str, hint: &str) -> Result<Asker<'c>, CommandError> {
    let nobody = || CommandError::new(format!("nobody can be asked here, and {why}")).id(id::NOT_CONFIRMED).hint(hint);
    Asker::new(&context.ui).map_err(|_| nobody())
}

fn declined() -> CommandError {
    CommandError::new("declined; nothing was changed").id(id::NOT_CONFIRMED)
}

/// The context, or what stands for it inside a cluster.
fn name(context: &Context) -> Result<String, CommandError> {
    let name = &context.cluster()?.reader().target().context;
    Ok(if name.is_empty() { "in-cluster".to_owned() } else { name.clone() })
}

/// `context prod-eu, namespace orders: 2 deletes, 3 pods restart`.
fn place(context: &Context, deed: &Deed<'_>) -> Result<String, CommandError> {
    let place = format!("context {}, namespace {}", name(context)?, deed.namespace);
    Ok(match deed.plan.map(weight) {
        Some(weight) if !weight.is_empty() => format!("{place}: {weight}"),
        _ => place,
    })
}

/// What of a plan cannot be taken back, and what is felt: deletions, replacements, restarts.
fn weight(plan: &Plan) -> String {
    let summary = &plan.summary;
    let counted = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let parts = [
        counted(wide(summary.delete), "object deleted", "objects deleted"),
        counted(wide(summary.replace), "object replaced", "objects replaced"),
        counted(summary.pods_restarted, "pod restarts", "pods restart"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing is deleted, no pod restarts".to_owned() } else { parts.join(", ") }
}
