//! The child's side: limits itself, takes compiled code from the cache or compiles, seals itself, and answers tasks.
//! It never runs an instruction of a guest while it could still open anything.

use std::io::{self, Read, Write};

use wasmtime::component::Component;

use super::frame::{TASK_BYTES, read_frame, write_frame};
use super::{Message, Reply, Setup, Task};
use crate::render::limits::COMPONENT_BYTES;
#[cfg(unix)]
use crate::render::limits::{CHILD_CPU_SECONDS, CHILD_MEMORY_BYTES};
use crate::render::runtime::check_values;
use crate::render::template::{describe, digest};
use crate::render::{Isolation, RenderError, Runtime, Settings, inspect, sandbox, trial};
use crate::schema::Schema;

/// Serves tasks about one component until nobody asks any more. Called by `main` under [`super::SUBCOMMAND`].
///
/// # Errors
/// Only when the pipes fail; everything else is an answer.
pub fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let confined = confine();
    let setup = read_frame(&mut input, TASK_BYTES)?;
    let begun = confined.and_then(|()| begin(&setup));
    let (runtime, digest) = match begun {
        Ok(begun) => begun,
        Err(error) => return say(&mut output, &Message::Unusable(error)),
    };
    let mut bench: Option<Bench> = None;
    loop {
        let task = match read_frame(&mut input, TASK_BYTES) {
            Ok(task) => task,
            // Between two tasks is where the other side may leave.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        if bench.is_none() {
            let loaded = load(&runtime, &digest, &mut input, &mut output)?;
            match loaded.and_then(|component| Runtime::make_ready(&component).and_then(|()| seal()).map(|()| component))
            {
                Ok(component) => bench = Some(Bench { component, schema: None }),
                Err(error) => return say(&mut output, &Message::Unusable(error)),
            }
        }
        let Some(bench) = &mut bench else { continue };
        let answer = serde_json::from_slice(&task)
            .map_err(|error| RenderError::ChildStart(error.to_string()))
            .and_then(|task| bench.answer(&runtime, &digest, task));
        say(&mut output, &Message::Answer(answer))?;
    }
}

fn begin(setup: &[u8]) -> Result<(Runtime, String), RenderError> {
    let setup: Setup = serde_json::from_slice(setup).map_err(|error| RenderError::ChildStart(error.to_string()))?;
    let settings = Settings { limits: setup.limits, cache: setup.cache, foreign: Isolation::InProcess };
    Ok((Runtime::new(settings)?, setup.digest))
}

/// Code that was kept, which needs no component, or code made of the component now.
fn load(
    runtime: &Runtime,
    wanted: &str,
    input: &mut impl Read,
    output: &mut impl Write,
) -> io::Result<Result<Component, RenderError>> {
    if let Some(component) = runtime.cached(wanted) {
        return Ok(Ok(component));
    }
    say(output, &Message::Component)?;
    let bytes = read_frame(input, COMPONENT_BYTES as u64 + 1)?;
    let compiled = inspect::check(&bytes).and_then(|()| {
        if digest(&bytes) == wanted {
            runtime.compile(&bytes, wanted)
        } else {
            Err(RenderError::ChildStart("the component arrived damaged".to_owned()))
        }
    });
    if compiled.is_ok() {
        say(output, &Message::Compiled)?;
    }
    Ok(compiled)
}

/// What is kept between two tasks: code, and the schema once it was read.
struct Bench {
    component: Component,
    schema: Option<Schema>,
}

impl Bench {
    fn answer(&mut self, runtime: &Runtime, digest: &str, task: Task) -> Result<Reply, RenderError> {
        let place = runtime.place(&self.component);
        Ok(match task {
            Task::Describe => self.describe(runtime)?,
            Task::Check { values } => {
                if self.schema.is_none() {
                    self.describe(runtime)?;
                }
                let schema = self.schema.as_ref().expect("it was read above");
                Reply::Checked(check_values(schema, values)?)
            }
            Task::Render { request } => Reply::Rendered(sandbox::render(&place, &request)?),
            Task::Try { requests } => Reply::Tried(trial::run(&place, digest, requests)?),
            Task::Probe { request, live } => Reply::Probed(sandbox::probe(&place, &request, &live)?),
            Task::Migrate { from, values } => Reply::Migrated(sandbox::migrate(&place, &from, &values)?),
        })
    }

    /// Asks the template what it is, and keeps its schema.
    fn describe(&mut self, runtime: &Runtime) -> Result<Reply, RenderError> {
        let (metadata, schema, abilities) = runtime.raw_description(&self.component)?;
        self.schema = Some(describe(&metadata, &schema, abilities, false)?.schema);
        Ok(Reply::Described { metadata, schema, abilities })
    }
}

fn say(output: &mut impl Write, message: &Message) -> io::Result<()> {
    write_frame(output, &serde_json::to_vec(message)?)
}

/// Without limits of the system nothing of others is run.
#[cfg(not(unix))]
fn confine() -> Result<(), RenderError> {
    Err(RenderError::ChildStart(
        "this system has no limits for it; templates of others run on Linux and macOS".to_owned(),
    ))
}

/// Never reached: nothing is confined here.
#[cfg(not(unix))]
fn seal() -> Result<(), RenderError> {
    confine()
}

/// Bounds memory, processor time and files, before anything from outside is read.
#[cfg(unix)]
fn confine() -> Result<(), RenderError> {
    use rustix::process::Resource;
    limit(Resource::As, CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES)?;
    // The soft limit comes first and by its own signal, which tells time from memory.
    limit(Resource::Cpu, CHILD_CPU_SECONDS, CHILD_CPU_SECONDS + 5)?;
    limit(Resource::Core, 0, 0)
}

/// Gives up opening anything, sockets included, and starting anything, before the first instruction of a guest.
#[cfg(unix)]
fn seal() -> Result<(), RenderError> {
    use rustix::process::Resource;
    limit(Resource::Nofile, 0, 0)?;
    // Holds for everyone but root.
    limit(Resource::Nproc, 0, 0)
}

#[cfg(unix)]
fn limit(resource: rustix::process::Resource, soft: u64, hard: u64) -> Result<(), RenderError> {
    use rustix::process::{Rlimit, setrlimit};
    setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })
        .map_err(|error| RenderError::ChildStart(format!("limits cannot be set: {error}")))
}
