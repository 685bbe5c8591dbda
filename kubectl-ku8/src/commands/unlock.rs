//! `unlock`: who holds the lock of a definition, since when and for what, and taking it away.
//! A lock that is renewed is only taken away with `--force`, and nothing but the lock is touched.

use clap::Args;

use super::Context;
use super::consent::{Deed, consent};
use super::resolve::require_head;
use crate::cluster::person;
use crate::error::{CommandError, exit, id};
use crate::terminal::age;

/// Looks again when the holder renewed in between.
const TRIES: u32 = 5;

/// Show who holds the lock of a definition, and take it away
#[derive(Args, Debug)]
#[command(
    after_help = "A lock of a process that ended frees itself after 30 seconds; this is for when you cannot wait.\n
Examples:
  kubectl ku8 unlock orders-db
  kubectl ku8 unlock orders-db --force --yes   # its holder writes no more"
)]
pub struct UnlockArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
    /// Take it away although its holder renews it
    #[arg(long)]
    force: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
}

/// Unlocks.
///
/// # Errors
/// When there is no such definition, or its lock is renewed and `--force` was not given.
pub async fn run(context: &Context, args: UnlockArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let name = &args.name;
    let head = require_head(cluster.reader(), &namespace, name).await?;
    let clock = context.claim().clock;
    let Some(mut lock) = cluster.reader().held_lock(&namespace, name, clock).await? else {
        context.ui.print(&format!("{namespace}/{name} is not locked."));
        return Ok(exit::DONE);
    };
    let what = head.state.operation.as_ref().filter(|operation| operation.holder == lock.holder);
    let what = what.map_or_else(|| "an operation".to_owned(), |operation| format!("`{}`", operation.cause));
    let claim = context.claim();
    // A holder of this machine that has ended renews nothing any more, whatever the lease says.
    let gone = (claim.is_gone)(&lock.holder);
    let live = lock.live && !gone;
    let renewed = if gone {
        "its process has ended".to_owned()
    } else if lock.live {
        format!("renewed {} ago", age(lock.renewed))
    } else {
        format!("not renewed for {}: it has run out", age(lock.renewed))
    };
    context.ui.say(&format!(
        "{namespace}/{name} is locked by {} for {what} since {} ({renewed}).",
        person(&lock.holder),
        age(lock.held)
    ));
    if live && !args.force {
        return Err(CommandError::new(format!("{name} is being worked on by {}", person(&lock.holder)))
            .id(id::LOCKED)
            .code(exit::LOCKED)
            .hint("let it end; a lock that is not renewed any more frees itself after 30 s")
            .hint(format!("if it must stop now: kubectl ku8 unlock {name} --force")));
    }
    if live {
        let question = format!("Take the lock away from {}?", person(&lock.holder));
        consent(context, args.yes, &Deed::new(question, &namespace))?;
    }
    for _ in 0..TRIES {
        match cluster.break_lock(&lock).await {
            Ok(()) => {
                context.ui.print(&format!("Unlocked {namespace}/{name}."));
                if head.state.operation.is_some() {
                    context.ui.say(&format!("Go on with what was begun: kubectl ku8 publish {name}"));
                }
                return Ok(exit::DONE);
            }
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        // It was renewed, given back, or taken over by somebody whom nobody asked about.
        let holder = lock.holder.clone();
        match cluster.reader().held_lock(&namespace, name, clock).await? {
            Some(now) if now.holder == holder => lock = now,
            Some(now) => {
                return Err(CommandError::new(format!(
                    "the lock is {}'s now; it was not touched",
                    person(&now.holder)
                ))
                .id(id::LOCK_MOVED)
                .code(exit::LOCKED)
                .hint(format!("look again: kubectl ku8 unlock {name}")));
            }
            None => {
                context.ui.print(&format!("{namespace}/{name} is not locked any more."));
                return Ok(exit::DONE);
            }
        }
    }
    Err(CommandError::new("the lock is renewed faster than it can be taken away")
        .id(id::LOCK_MOVED)
        .code(exit::LOCKED)
        .hint("try again"))
}
