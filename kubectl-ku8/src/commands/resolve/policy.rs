//! The operator's policy about templates of registries.
//! It comes from this machine alone, never from the cluster, and one that is there and cannot be used is an error.

use crate::commands::Context;
use crate::commands::environment::policy_file;
use crate::error::{CommandError, id};
use crate::trust::Policy;

/// The policy that holds: of `--policy` or `KU8_POLICY`, else `ku8/policy.yaml` where there is one.
///
/// # Errors
/// A policy that cannot be read, that others could have written, or that does not read.
pub(in crate::commands) fn policy(context: &Context) -> Result<Policy, CommandError> {
    let named = context.globals.policy.clone().filter(|path| !path.as_os_str().is_empty());
    let found = named.or_else(|| policy_file().filter(|path| !crate::files::is_absent(path)));
    let Some(path) = found else { return Ok(Policy::none()) };
    let text = crate::files::read_guarded(&path).map_err(|error| {
        CommandError::new(format!("the trust policy cannot be used: {error}"))
            .id(id::POLICY_FILE)
            .hint("until it can, no template of a registry is used; built-in ones and files are")
    })?;
    Ok(Policy::parse(&path.display().to_string(), &text)?)
}
