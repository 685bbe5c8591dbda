//! What the words before the one being completed say: where to look, for which template, for which definition.
//! It never judges them: a line under way is rarely a right one.

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgMatches, Command, FromArgMatches as _};

use crate::cli::GlobalArgs;

/// No shell waits longer for one request.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line under way.
#[derive(Clone, Default)]
pub(super) struct Typed {
    /// Its global flags, made quiet and quick.
    pub(super) globals: GlobalArgs,
    /// `-t`, or the template of a template command.
    pub(super) template: Option<String>,
    /// The definition.
    pub(super) name: Option<String>,
}

impl Typed {
    /// Reads the words that are there.
    pub(super) fn read(command: &Command, line: &[OsString]) -> Self {
        let lenient = command.clone().ignore_errors(true);
        let Ok(matches) = lenient.try_get_matches_from(line) else { return Self::default().quick() };
        let globals = GlobalArgs::from_arg_matches(&matches).unwrap_or_default();
        let mut deepest: &ArgMatches = &matches;
        while let Some((_, inner)) = deepest.subcommand() {
            deepest = inner;
        }
        let one = |id: &str| deepest.try_get_one::<String>(id).ok().flatten().cloned();
        Self { globals, template: one("template"), name: one("name") }.quick()
    }

    /// Nobody is asked, nothing is said, and nothing is waited for.
    fn quick(mut self) -> Self {
        self.globals.no_input = Some(true);
        self.globals.quiet = true;
        self.globals.verbosity = 0;
        self.globals.connection.request_timeout.get_or_insert(PATIENCE);
        self
    }
}
