//! Runs foreign templates in a child process of this program: no environment, no terminal, bounded in memory and time.
//! The child never receives a credential, and once it has compiled it can no longer open anything.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::{
    CHILD_CPU_SECONDS, CHILD_MEMORY_BYTES, CHILD_THREADS, CHILD_WALL_SECONDS, COMPONENT_BYTES, Limits,
};
use super::sandbox::RawRendered;
use super::trial::RawTrials;
use super::{Checked, Isolation, RenderError, Runtime, Settings};
use crate::object::printable;

/// The hidden argument under which our own binary calls [`serve`].
pub const SUBCOMMAND: &str = "internal-render-child";
/// Bytes of a job without its component: values, a request.
const JOB_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of a reply: the output cap, with room for JSON escapes.
const REPLY_BYTES: usize = 64 * 1024 * 1024;
/// Bytes kept of what the child says when it crashes.
const STDERR_BYTES: u64 = 8 * 1024;

/// How the child is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program; our own binary.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Wall clock for compiling and running.
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
}

/// What the child answers.
#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Described { metadata: String, schema: String },
    Checked(Checked),
    Rendered(RawRendered),
    Tried(RawTrials),
}

#[derive(Serialize, Deserialize)]
struct Job {
    limits: Limits,
    cache: Option<PathBuf>,
    task: Task,
}

/// An answer to another question than was asked.
pub(super) fn mixed_up() -> RenderError {
    RenderError::ChildCrashed("it answered another question".to_owned())
}

/// The parent's side: one job, one process, one answer.
pub(super) fn run(
    launch: &Launch,
    limits: Limits,
    cache: Option<&Path>,
    component: &[u8],
    task: Task,
) -> Result<Reply, RenderError> {
    let job = Job { limits, cache: cache.map(Path::to_owned), task };
    let job = serde_json::to_vec(&job).map_err(|error| RenderError::ChildStart(error.to_string()))?;
    let mut child = spawn(launch)?;
    let mut input = child.stdin.take().expect("stdin was piped");
    let output = child.stdout.take().expect("stdout was piped");
    let errors = child.stderr.take().expect("stderr was piped");
    let (sender, receiver) = mpsc::channel();
    let answer = thread::scope(|scope| {
        // A child that does not read ends with a broken pipe here, which the missing answer already tells.
        scope.spawn(move || {
            let _ = write_frame(&mut input, &job).and_then(|()| write_frame(&mut input, component));
        });
        let said = scope.spawn(move || {
            let mut text = Vec::new();
            let _ = errors.take(STDERR_BYTES).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        scope.spawn(move || sender.send(read_frame(output, REPLY_BYTES as u64)));
        let frame = receiver.recv_timeout(launch.wall);
        if !matches!(frame, Ok(Ok(_))) {
            // Ends the child and with it both pipes, so that the other threads end too.
            let _ = child.kill();
        }
        let status = child.wait();
        (frame, status, said.join().unwrap_or_default())
    });
    judge(launch, answer)
}

fn spawn(launch: &Launch) -> Result<Child, RenderError> {
    Command::new(&launch.program)
        .args(&launch.arguments)
        .env_clear()
        .env("RAYON_NUM_THREADS", CHILD_THREADS.to_string())
        .env("MALLOC_ARENA_MAX", "2")
        .current_dir(if cfg!(unix) { "/" } else { "." })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| RenderError::ChildStart(error.to_string()))
}

type Answer = (Result<io::Result<Vec<u8>>, RecvTimeoutError>, io::Result<ExitStatus>, String);

fn judge(launch: &Launch, (frame, status, said): Answer) -> Result<Reply, RenderError> {
    match frame {
        Err(_) => Err(RenderError::ChildTime(launch.wall.as_secs())),
        Ok(Ok(reply)) => match serde_json::from_slice::<Result<Reply, RenderError>>(&reply) {
            Ok(Err(RenderError::Compile(reason))) if reason.contains("os error 12") => Err(RenderError::ChildMemory),
            Ok(answer) => answer,
            Err(_) => Err(RenderError::ChildCrashed("its answer cannot be read".to_owned())),
        },
        Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => Err(RenderError::ChildOutput(REPLY_BYTES)),
        Ok(Err(_)) => Err(crashed(launch, status, &said)),
    }
}

/// What a child that ended without an answer ran into.
fn crashed(launch: &Launch, status: io::Result<ExitStatus>, said: &str) -> RenderError {
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    #[cfg(unix)]
    let signal = |status: &ExitStatus| std::os::unix::process::ExitStatusExt::signal(status);
    #[cfg(not(unix))]
    let signal = |_: &ExitStatus| None::<i32>;
    if said.contains("memory allocation of") || said.contains("Cannot allocate memory") {
        return RenderError::ChildMemory;
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let last: String = printable(last).chars().take(200).collect();
    match status {
        Ok(status) if signal(&status) == Some(SIGXCPU) => RenderError::ChildTime(launch.wall.as_secs()),
        // Not by us: the kernel ends the process that needs most when memory runs short.
        Ok(status) if signal(&status) == Some(SIGKILL) => RenderError::ChildMemory,
        Ok(status) if last.is_empty() => RenderError::ChildCrashed(status.to_string()),
        Ok(status) => RenderError::ChildCrashed(format!("{status}: {last}")),
        Err(error) => RenderError::ChildCrashed(error.to_string()),
    }
}

/// The child's side: limits itself, reads one job, answers it. Called by `main` under [`SUBCOMMAND`].
///
/// # Errors
/// Only when the pipes fail; everything else is the answer.
pub fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let confined = confine();
    let job = read_frame(&mut input, JOB_BYTES)?;
    let component = read_frame(&mut input, COMPONENT_BYTES as u64 + 1)?;
    let answer = confined.and_then(|()| answer(&job, &component));
    write_frame(&mut output, &serde_json::to_vec(&answer)?)?;
    output.flush()
}

fn answer(job: &[u8], component: &[u8]) -> Result<Reply, RenderError> {
    let job: Job = serde_json::from_slice(job).map_err(|error| RenderError::ChildStart(error.to_string()))?;
    let settings = Settings { limits: job.limits, cache: job.cache, foreign: Isolation::InProcess };
    Runtime::new(settings)?.perform(component, job.task, seal)
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

fn write_frame(mut to: impl Write, content: &[u8]) -> io::Result<()> {
    to.write_all(&(content.len() as u64).to_le_bytes())?;
    to.write_all(content)
}

fn read_frame(mut from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > most {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    // Grows with what arrives, not with what was announced.
    let mut content = Vec::new();
    from.take(length).read_to_end(&mut content)?;
    if content.len() as u64 == length { Ok(content) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_or_refused() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"hello").unwrap();
        assert_eq!(read_frame(&pipe[..], 5).unwrap(), b"hello");
        assert_eq!(read_frame(&pipe[..], 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_frame(&pipe[..12], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read_frame(&pipe[..3], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
