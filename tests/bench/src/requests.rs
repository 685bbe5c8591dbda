//! How many requests a command sends, as the API server counts them: the one cost that no busy machine blurs.
//! It never counts anyone else's: each command has a user of its own.

use std::process::Command;

use crate::Error;
use crate::measure::Work;
use crate::world::World;

/// Runs the command as a user of its own and returns how many requests that user sent.
pub(crate) fn count(world: &World, user: &str, mut command: Command, work: fn(Command) -> Work) -> Result<f64, Error> {
    command.env("KUBECONFIG", world.cluster.kubeconfig_for(user, &["system:masters"])?);
    work(command).time()?;
    let sent = world.cluster.audit_log()?.into_iter().filter(|entry| entry.user == user).count();
    Ok(f64::from(u32::try_from(sent)?))
}
