//! Loads templates and runs them, each where its trust allows: built-in ones here, all others in a child process.
//! It never decides trust by where bytes came from, only by their digest.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::child::{self, Launch, Reply, Sessions, Subject, Task, Watcher};
use super::engine::engine;
use super::limits::readable;
use super::sandbox::{self, Abilities, Place, RawRendered};
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

/// The engine and what it has compiled, and the children that run what is foreign.
pub struct Runtime {
    engine: Engine,
    settings: Settings,
    compiled: Mutex<HashMap<String, Component>>,
    sessions: Sessions,
    watcher: Option<Watcher>,
}

impl Runtime {
    /// Builds the engine; cheap, nothing is compiled yet.
    ///
    /// # Errors
    /// When this machine has no supported compiler backend.
    pub fn new(settings: Settings) -> Result<Self, RenderError> {
        let (compiled, sessions) = (Mutex::default(), Sessions::default());
        Ok(Self { engine: engine()?, settings, compiled, sessions, watcher: None })
    }

    /// Tells somebody while a foreign template compiles.
    pub fn watched_by(self, watcher: Watcher) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// Reads a component: checks its bytes, compiles it where it may run, and asks what it is.
    ///
    /// # Errors
    /// When it is no template of ours, breaks a limit, or describes itself wrongly.
    pub fn load(&self, bytes: impl Into<Arc<[u8]>>, origin: Origin) -> Result<Template, RenderError> {
        let bytes = bytes.into();
        inspect::check(&bytes)?;
        let digest = digest(&bytes);
        let name = origin.short_name();
        let subject = Subject { digest: &digest, bytes: Arc::clone(&bytes), name: &name };
        let description = match self.in_child(&subject, || Task::Describe) {
            Some(reply) => match reply? {
                Reply::Described { metadata, schema, abilities } => describe(&metadata, &schema, abilities, false)?,
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
        match self.about(template, || Task::Check { values: values.clone() }) {
            Some(reply) => match reply? {
                Reply::Checked(checked) => Ok(checked),
                _ => Err(child::mixed_up()),
            },
            None => check_values(template.schema(), values),
        }
    }

    /// Runs `render` on a request that was checked.
    pub(super) fn run(&self, template: &Template, request: &Value) -> Result<RawRendered, RenderError> {
        match self.about(template, || Task::Render { request: request.clone() }) {
            Some(reply) => match reply? {
                Reply::Rendered(raw) => Ok(raw),
                _ => Err(child::mixed_up()),
            },
            None => self.with(template, |place| sandbox::render(place, request)),
        }
    }

    /// Runs `probe` on a request and live objects that were checked.
    pub(super) fn probe(
        &self,
        template: &Template,
        request: &Value,
        live: &Value,
    ) -> Result<Result<String, String>, RenderError> {
        match self.about(template, || Task::Probe { request: request.clone(), live: live.clone() }) {
            Some(reply) => match reply? {
                Reply::Probed(answer) => Ok(answer),
                _ => Err(child::mixed_up()),
            },
            None => self.with(template, |place| sandbox::probe(place, request, live)),
        }
    }

    /// Runs `migrate` on values of an older version.
    pub(super) fn migrate(
        &self,
        template: &Template,
        from: &str,
        values: &Value,
    ) -> Result<Result<String, String>, RenderError> {
        match self.about(template, || Task::Migrate { from: from.to_owned(), values: values.clone() }) {
            Some(reply) => match reply? {
                Reply::Migrated(answer) => Ok(answer),
                _ => Err(child::mixed_up()),
            },
            None => self.with(template, |place| sandbox::migrate(place, from, values)),
        }
    }

    /// A task about a loaded template, in a child if it is foreign.
    fn about(&self, template: &Template, task: impl FnOnce() -> Task) -> Option<Result<Reply, RenderError>> {
        // Before the bytes are taken: those of a built-in template would be copied for nothing.
        self.launch(template.digest())?;
        let name = &template.metadata().name;
        self.in_child(&Subject { digest: template.digest(), bytes: template.shared(), name }, task)
    }

    /// `None` for what runs in this process: built-in templates, or all of them in the child itself.
    fn in_child(&self, subject: &Subject<'_>, task: impl FnOnce() -> Task) -> Option<Result<Reply, RenderError>> {
        let launch = self.launch(subject.digest)?;
        let Settings { limits, cache, .. } = &self.settings;
        Some(self.sessions.ask(launch, *limits, cache.as_deref(), subject, &task(), self.watcher.as_ref()))
    }

    /// Checks and renders each request, measured; see [`Runtime::try_all`].
    pub(super) fn try_raw(&self, template: &Template, requests: Vec<Value>) -> Result<RawTrials, RenderError> {
        match self.about(template, || Task::Try { requests: requests.clone() }) {
            Some(reply) => match reply? {
                Reply::Tried(trials) => Ok(trials),
                _ => Err(child::mixed_up()),
            },
            None => self.with(template, |place| trial::run(place, template.digest(), requests)),
        }
    }

    /// Keeps the code that was compiled for a component for the same component with its description beside it too, so
    /// that it is not compiled again. What is more than a description is left alone.
    pub fn keep_for(&self, plain: &Template, described: &[u8]) {
        if let Some(directory) = self.settings.cache.as_deref()
            && inspect::only_described(plain.bytes(), described)
        {
            cache::copy(&self.engine, directory, plain.digest(), &digest(described));
        }
    }

    /// Ends the processes that wait for another task; the next task starts its own. They end with the runtime too.
    pub fn rest(&self) {
        self.sessions.end();
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

    fn describe(&self, bytes: &[u8], digest: &str) -> Result<Description, RenderError> {
        let component = self.component(bytes, digest)?;
        let (metadata, schema, abilities) = self.raw_description(&component)?;
        describe(&metadata, &schema, abilities, builtin::by_digest(digest).is_some())
    }

    /// Metadata, schema and abilities, not yet believed.
    pub(super) fn raw_description(&self, component: &Component) -> Result<(String, String, Abilities), RenderError> {
        let place = self.place(component);
        Ok((sandbox::metadata(&place)?, sandbox::schema(&place)?, sandbox::abilities(component)))
    }

    pub(super) fn place<'a>(&'a self, component: &'a Component) -> Place<'a> {
        Place { engine: &self.engine, component, limits: self.settings.limits }
    }

    fn with<T>(
        &self,
        template: &Template,
        run: impl FnOnce(&Place<'_>) -> Result<T, RenderError>,
    ) -> Result<T, RenderError> {
        let component = self.component(template.bytes(), template.digest())?;
        run(&self.place(&component))
    }

    /// Compiled code: from this process, from the cache, or made now.
    fn component(&self, bytes: &[u8], digest: &str) -> Result<Component, RenderError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = compiled.get(digest) {
            return Ok(component.clone());
        }
        let component = match self.cached(digest) {
            Some(component) => component,
            None => self.compile(bytes, digest)?,
        };
        compiled.insert(digest.to_owned(), component.clone());
        Ok(component)
    }

    /// Makes what a component's memories begin with ready to be mapped, where the system can: a template in Python begins
    /// with 19 MB, which would be copied for every call. It takes a file descriptor, and so cannot wait for the first call.
    pub(super) fn make_ready(component: &Component) -> Result<(), RenderError> {
        component
            .initialize_copy_on_write_image()
            .map_err(|error| RenderError::Compile(readable(&format!("{error:#}"))))
    }

    /// Code that was kept by an earlier run.
    pub(super) fn cached(&self, digest: &str) -> Option<Component> {
        cache::load(&self.engine, self.settings.cache.as_deref()?, digest)
    }

    /// Compiles bytes that were looked through, and keeps the code.
    pub(super) fn compile(&self, bytes: &[u8], digest: &str) -> Result<Component, RenderError> {
        inspect::affordable(bytes)?;
        let component = Component::from_binary(&self.engine, bytes)
            .map_err(|error| RenderError::Compile(readable(&format!("{error:#}"))))?;
        if let Some(directory) = self.settings.cache.as_deref() {
            cache::store(&self.engine, directory, digest, &component);
        }
        Ok(component)
    }
}

/// Fills in defaults and validates.
pub(super) fn check_values(schema: &Schema, mut values: Value) -> Result<Checked, RenderError> {
    let filled = fill(schema, &mut values);
    validate(schema, &values).map_err(RenderError::Values)?;
    Ok(Checked { values, filled })
}
