//! Flags that let a plan do what it refuses otherwise, as a command line and a saved plan write them.
//! A flag that names nothing of the plan is refused: nothing is allowed by a typing mistake.

use clap::Args;

use super::pipeline::PlanOptions;
use crate::error::{CommandError, id};
use crate::object::{Names, nearest};
use crate::plan::saved::SavedOptions;
use crate::plan::{ForceConflicts, Plan};

/// Flags that let a plan do what it refuses otherwise.
#[derive(Args, Debug, Default)]
pub(super) struct AllowArgs {
    /// Take over an object that exists already, such as Service/web
    #[arg(long, value_name = "KIND/NAME")]
    adopt: Vec<String>,
    /// Delete and create again an object that cannot change in place, such as Service/web
    #[arg(long, value_name = "KIND/NAME")]
    allow_replace: Vec<String>,
    /// Take fields that somebody else holds: of every object, of one, or one field of it
    #[arg(
        long,
        value_name = "KIND/NAME[:FIELD]",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        hide_default_value = true
    )]
    force_conflicts: Vec<String>,
    /// Go on although an admission webhook does not answer
    #[arg(long, hide_short_help = true)]
    allow_unverified: bool,
    /// Let a definition render nothing, which removes all of its objects
    #[arg(long)]
    allow_empty: bool,
    /// Make new passwords although data volumes exist that know the old ones
    #[arg(long)]
    new_credentials: bool,
}

impl AllowArgs {
    /// The flags in the form a saved plan keeps.
    pub(super) fn saved(&self) -> SavedOptions {
        SavedOptions {
            adopt: self.adopt.clone(),
            allow_replace: self.allow_replace.clone(),
            force_conflicts: self.force_conflicts.clone(),
            allow_empty: self.allow_empty,
            new_credentials: self.new_credentials,
            allow_unverified: self.allow_unverified,
        }
    }

    /// The flags a saved plan was made with.
    pub(super) fn of(saved: &SavedOptions) -> Self {
        Self {
            adopt: saved.adopt.clone(),
            allow_replace: saved.allow_replace.clone(),
            force_conflicts: saved.force_conflicts.clone(),
            allow_empty: saved.allow_empty,
            new_credentials: saved.new_credentials,
            allow_unverified: saved.allow_unverified,
        }
    }

    pub(super) fn options(&self) -> PlanOptions {
        PlanOptions {
            adopt: Names::new(self.adopt.iter().map(String::as_str)),
            allow_replace: Names::new(self.allow_replace.iter().map(String::as_str)),
            force_conflicts: self.force_conflicts.iter().map(|word| ForceConflicts::new(word)).collect(),
            allow_unverified: self.allow_unverified,
            allow_empty: self.allow_empty,
            new_credentials: self.new_credentials,
            ..PlanOptions::default()
        }
    }
}

/// A flag that names an object the plan does not hold is a typing mistake.
pub(super) fn refuse_strangers(plan: &Plan, options: &PlanOptions) -> Result<(), CommandError> {
    let keys = || plan.changes.iter().map(|change| &change.key);
    let flags = [("--adopt", &options.adopt), ("--allow-replace", &options.allow_replace)];
    let forced = options.force_conflicts.iter().filter_map(|rule| Some(("--force-conflicts", rule.names()?)));
    for (flag, names) in flags.into_iter().chain(forced) {
        if let Some(word) = names.strangers(keys()).first() {
            let known: Vec<String> = keys().map(|key| key.to_string().to_lowercase()).collect();
            let failed =
                CommandError::new(format!("{flag} names {word}, which is not in this plan")).id(id::NOT_IN_PLAN);
            return Err(match nearest(word, known.iter().map(String::as_str)) {
                Some(near) => failed.hint(format!("did you mean `{near}`?")),
                None => failed,
            });
        }
    }
    Ok(())
}
