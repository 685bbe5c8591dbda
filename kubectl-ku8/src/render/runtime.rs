//! Loads templates and runs them, each where its trust allows: built-in ones here, all others in a child process.
//! It never decides trust by where bytes came from, only by their digest.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::child::{self, Launch, Reply, Task};
use super::engine::engine;
use super::limits::readable;
use super::sandbox::{self, RawRendered};
use super::template::{Bytes, Description, describe, digest};
use super::trial::{self, RawTrials};
use super::{Limits, Origin, RenderError, Template, builtin, cache, inspect};
use crate::schema::{Schema, fill, validate};

/// Where templates run that are not built in.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// In a child process with its own limits on memory and time.
    Child(Launch),
    /// In this process, which is that child, or a test.
    InProcess,
}

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits of each call.
    pub limits: Limits,
    /// Directory for compiled code; nothing is kept without one.
    pub cache: Option<PathBuf>,
    /// Where foreign templates run.
    pub foreign: Isolation,
}

/// Values after defaults were filled in and the schema agreed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The values to render with.
    pub values: Value,
    /// JSON pointer of each value that came from a default.
    pub filled: Vec<String>,
}

/// The engine and what it has compiled.
pub struct Runtime {
    engine: Engine,
    settings: Settings,
    compiled: Mutex<HashMap<String, Component>>,
}

impl Runtime {
    /// Builds the engine; cheap, nothing is compiled yet.
    ///
    /// # Errors
    /// When this machine has no supported compiler backend.
    pub fn new(settings: Settings) -> Result<Self, RenderError> {
        Ok(Self { engine: engine()?, settings, compiled: Mutex::default() })
    }

    /// Reads a component: checks its bytes, compiles it where it may run, and asks what it is.
    ///
    /// # Errors
    /// When it is no template of ours, breaks a limit, or describes itself wrongly.
    pub fn load(&self, bytes: impl Into<Arc<[u8]>>, origin: Origin) -> Result<Template, RenderError> {
        let bytes = bytes.into();
        inspect::check(&bytes)?;
        let digest = digest(&bytes);
        let description = match self.launch(&digest) {
            Some(launch) => match self.in_child(launch, &bytes, Task::Describe)? {
                Reply::Described { metadata, schema } => describe(&metadata, &schema, false)?,
                _ => return Err(child::mixed_up()),
            },
            None => self.describe(&bytes, &digest)?,
        };
        Ok(Template::new(Bytes::Read(bytes), digest, origin, description))
    }

    /// Loads the built-in template of this name.
    ///
    /// # Errors
    /// As [`Runtime::load`]; `None` when there is no template of this name.
    pub fn load_builtin(&self, name: &str) -> Option<Result<Template, RenderError>> {
        builtin::find(name).map(|entry| self.load_embedded(entry))
    }

    /// Loads a template that is part of this program: its bytes were checked and their digest was computed when it was
    /// built.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub fn load_embedded(&self, entry: &builtin::BuiltIn) -> Result<Template, RenderError> {
        let description = self.describe(entry.bytes, entry.sha256)?;
        Ok(Template::new(Bytes::Embedded(entry.bytes), entry.sha256.to_owned(), Origin::BuiltIn, description))
    }

    /// Fills in a template's defaults and validates, where its schema may be evaluated.
    ///
    /// # Errors
    /// [`RenderError::Values`] with every violation.
    pub fn check(&self, template: &Template, values: Value) -> Result<Checked, RenderError> {
        match self.launch(template.digest()) {
            Some(launch) => match self.in_child(launch, template.bytes(), Task::Check { values })? {
                Reply::Checked(checked) => Ok(checked),
                _ => Err(child::mixed_up()),
            },
            None => check_values(template.schema(), values),
        }
    }

    /// Runs `render` on a request that was checked.
    pub(super) fn run(&self, template: &Template, request: &Value) -> Result<RawRendered, RenderError> {
        let Some(launch) = self.launch(template.digest()) else {
            let component = self.component(template.bytes(), template.digest())?;
            return sandbox::render(&self.engine, &component, self.settings.limits, request);
        };
        match self.in_child(launch, template.bytes(), Task::Render { request: request.clone() })? {
            Reply::Rendered(raw) => Ok(raw),
            _ => Err(child::mixed_up()),
        }
    }

    /// The child's side: compiles, gives up everything it no longer needs, then does the work.
    pub(super) fn perform(
        &self,
        bytes: &[u8],
        task: Task,
        seal: impl FnOnce() -> Result<(), RenderError>,
    ) -> Result<Reply, RenderError> {
        inspect::check(bytes)?;
        let digest = digest(bytes);
        let component = self.component(bytes, &digest)?;
        seal()?;
        let limits = self.settings.limits;
        match task {
            Task::Describe => {
                let metadata = sandbox::metadata(&self.engine, &component, limits)?;
                let schema = sandbox::schema(&self.engine, &component, limits)?;
                describe(&metadata, &schema, false)?;
                Ok(Reply::Described { metadata, schema })
            }
            Task::Check { values } => check_values(&self.describe(bytes, &digest)?.schema, values).map(Reply::Checked),
            Task::Render { request } => {
                sandbox::render(&self.engine, &component, limits, &request).map(Reply::Rendered)
            }
            Task::Try { requests } => trial::run(&self.engine, &component, limits, &digest, requests).map(Reply::Tried),
        }
    }

    /// Checks and renders each request, measured; see [`Runtime::try_all`].
    pub(super) fn try_raw(&self, template: &Template, requests: Vec<Value>) -> Result<RawTrials, RenderError> {
        let Some(launch) = self.launch(template.digest()) else {
            let component = self.component(template.bytes(), template.digest())?;
            return trial::run(&self.engine, &component, self.settings.limits, template.digest(), requests);
        };
        match self.in_child(launch, template.bytes(), Task::Try { requests })? {
            Reply::Tried(trials) => Ok(trials),
            _ => Err(child::mixed_up()),
        }
    }

    /// The limits of each call.
    pub fn limits(&self) -> Limits {
        self.settings.limits
    }

    /// The process to run this digest in; none for built-in templates.
    fn launch(&self, digest: &str) -> Option<&Launch> {
        match &self.settings.foreign {
            Isolation::Child(launch) if builtin::by_digest(digest).is_none() => Some(launch),
            _ => None,
        }
    }

    fn in_child(&self, launch: &Launch, bytes: &[u8], task: Task) -> Result<Reply, RenderError> {
        child::run(launch, self.settings.limits, self.settings.cache.as_deref(), bytes, task)
    }

    fn describe(&self, bytes: &[u8], digest: &str) -> Result<Description, RenderError> {
        let component = self.component(bytes, digest)?;
        let metadata = sandbox::metadata(&self.engine, &component, self.settings.limits)?;
        let schema = sandbox::schema(&self.engine, &component, self.settings.limits)?;
        describe(&metadata, &schema, builtin::by_digest(digest).is_some())
    }

    /// Compiled code: from this process, from the cache, or made now.
    fn component(&self, bytes: &[u8], digest: &str) -> Result<Component, RenderError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = compiled.get(digest) {
            return Ok(component.clone());
        }
        let directory = self.settings.cache.as_deref();
        let cached = directory.and_then(|directory| cache::load(&self.engine, directory, digest));
        let component = if let Some(component) = cached {
            component
        } else {
            inspect::affordable(bytes)?;
            let component = Component::from_binary(&self.engine, bytes)
                .map_err(|error| RenderError::Compile(readable(&format!("{error:#}"))))?;
            if let Some(directory) = directory {
                cache::store(&self.engine, directory, digest, &component);
            }
            component
        };
        compiled.insert(digest.to_owned(), component.clone());
        Ok(component)
    }
}

pub(super) fn check_values(schema: &Schema, mut values: Value) -> Result<Checked, RenderError> {
    let filled = fill(schema, &mut values);
    validate(schema, &values).map_err(RenderError::Values)?;
    Ok(Checked { values, filled })
}
