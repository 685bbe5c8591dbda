//! Runs foreign templates in a child process of this program: no environment, no terminal, bounded in memory and time.
//! The child never receives a credential, and once it has compiled it can no longer open anything.

mod frame;
mod serve;
mod session;
mod sessions;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use serve::serve;
pub(super) use sessions::Sessions;

use super::limits::CHILD_WALL_SECONDS;
use super::sandbox::{Abilities, RawRendered};
use super::trial::RawTrials;
use super::{Checked, Limits, RenderError};

/// The hidden argument under which our own binary calls [`serve`].
pub const SUBCOMMAND: &str = "internal-render-child";

/// How the child is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program; our own binary.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Wall clock of one task; compiling before it may take several times as long.
    pub wall: Duration,
}

impl Launch {
    /// Our own binary with its hidden subcommand.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: vec![SUBCOMMAND.into()],
            wall: Duration::from_secs(CHILD_WALL_SECONDS),
        }
    }
}

/// A foreign template being compiled, as it is told while that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compiling<'a> {
    /// What people call it: a file's name without its folder, a repository's last word, the template's own name.
    pub name: &'a str,
    /// Bytes of the component.
    pub bytes: usize,
    /// Whether the result is kept, so that this happens once.
    pub kept: bool,
    /// Since it began.
    pub since: Duration,
    /// It has ended, well or not; nothing is told after this.
    pub done: bool,
}

/// Who is told of compiling, about ten times a second; nobody is when the code was kept from before.
pub type Watcher = Arc<dyn Fn(&Compiling<'_>) + Send + Sync>;

/// The component a task is about.
pub(super) struct Subject<'a> {
    /// SHA-256 of the bytes.
    pub(super) digest: &'a str,
    /// The component.
    pub(super) bytes: Arc<[u8]>,
    /// What people call it.
    pub(super) name: &'a str,
}

/// What the child is to do with the component.
#[derive(Serialize, Deserialize)]
pub(super) enum Task {
    /// Metadata and schema.
    Describe,
    /// Fill in defaults and validate.
    Check { values: Value },
    /// Render.
    Render { request: Value },
    /// Describe, and check and render each of these, measured.
    Try { requests: Vec<Value> },
    /// Judge live objects.
    Probe { request: Value, live: Value },
    /// Bring values of an older version to this one.
    Migrate { from: String, values: Value },
}

impl Task {
    /// What is done, in a word.
    fn word(&self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Check { .. } => "check",
            Self::Render { .. } => "render",
            Self::Try { .. } => "trials",
            Self::Probe { .. } => "probe",
            Self::Migrate { .. } => "migrate",
        }
    }
}

/// What the child answers.
#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Described { metadata: String, schema: String, abilities: Abilities },
    Checked(Checked),
    Rendered(RawRendered),
    Tried(RawTrials),
    Probed(Result<String, String>),
    Migrated(Result<String, String>),
}

/// The first frame to a child: what holds for all of its tasks.
#[derive(Serialize, Deserialize)]
struct Setup {
    limits: Limits,
    cache: Option<PathBuf>,
    digest: String,
}

/// A frame from a child.
#[derive(Serialize, Deserialize)]
enum Message {
    /// No compiled code was kept: it wants the component, once.
    Component,
    /// It has compiled.
    Compiled,
    /// The component cannot be used, or the child cannot be confined; it ends.
    Unusable(RenderError),
    /// The answer to the task.
    Answer(Result<Reply, RenderError>),
}

/// An answer to another question than was asked.
pub(super) fn mixed_up() -> RenderError {
    RenderError::ChildCrashed("it answered another question".to_owned())
}
