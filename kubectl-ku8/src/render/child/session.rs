//! The parent's side of one child: starts it, sends tasks, waits for each answer no longer than the wall clock allows.
//! It never waits without a limit, and never believes more of a child than one well-formed answer to what was asked.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::frame::{REPLY_BYTES, read_frame, write_frame};
use super::{Compiling, Launch, Message, Reply, Setup, Subject, Task, Watcher, mixed_up};
use crate::object::printable;
use crate::render::limits::{CHILD_CPU_SECONDS, CHILD_THREADS, COMPILE_WALLS};
use crate::render::{Limits, RenderError};

/// Bytes kept of what the child says when it crashes.
const STDERR_BYTES: u64 = 8 * 1024;
/// Between two words to a watcher while something compiles.
const TICK: Duration = Duration::from_millis(100);

/// For a child to end with its input.
const LEAVE: Duration = Duration::from_millis(250);

/// A running child that knows one component.
pub(super) struct Session {
    child: Child,
    /// Frames for the child, written by a thread of their own: a child that does not read holds up nobody.
    send: Option<Sender<Arc<[u8]>>>,
    /// Frames of the child; at most one waits, so that a child cannot fill our memory.
    receive: Receiver<io::Result<Vec<u8>>>,
    said: Option<JoinHandle<String>>,
    wall: Duration,
    kept: bool,
    /// Wall time of all its tasks.
    busy: Duration,
    given: bool,
    /// It answered its last task, so that it will see the end of its input.
    idle: bool,
}

impl Session {
    /// Starts a child for the component with this digest; nothing is loaded yet.
    pub(super) fn start(
        launch: &Launch,
        limits: Limits,
        cache: Option<&Path>,
        digest: &str,
    ) -> Result<Self, RenderError> {
        let setup = Setup { limits, cache: cache.map(Path::to_owned), digest: digest.to_owned() };
        let setup = frame_of(&setup)?;
        let mut child = spawn(launch)?;
        let input = child.stdin.take().expect("stdin was piped");
        let output = child.stdout.take().expect("stdout was piped");
        let errors = child.stderr.take().expect("stderr was piped");
        let (send, frames) = mpsc::channel();
        let (replies, receive) = mpsc::sync_channel(1);
        thread::spawn(move || write_all(input, &frames));
        thread::spawn(move || read_all(output, &replies));
        let said = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = errors.take(STDERR_BYTES).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let session = Self {
            child,
            send: Some(send),
            receive,
            said: Some(said),
            wall: launch.wall,
            kept: cache.is_some(),
            busy: Duration::ZERO,
            given: false,
            idle: false,
        };
        session.send(setup);
        Ok(session)
    }

    /// Says whether the child is there, and has processor time left for a task of the full length.
    pub(super) fn is_usable(&mut self) -> bool {
        // Compiling takes several threads at once: a quarter of the clock may be half of its processor time.
        self.busy <= self.wall / 4 && matches!(self.child.try_wait(), Ok(None))
    }

    /// One task, one answer. After an error of the second kind the child is not to be asked again.
    pub(super) fn ask(
        &mut self,
        subject: &Subject<'_>,
        task: &Task,
        watcher: Option<&Watcher>,
    ) -> Result<Result<Reply, RenderError>, RenderError> {
        let begun = Instant::now();
        self.send(frame_of(task)?);
        self.idle = false;
        let answer = self.wait(subject, begun, watcher);
        self.idle = answer.is_ok();
        let took = begun.elapsed();
        self.busy += took;
        tracing::debug!("{}: {} took {:.2} ms", printable(subject.name), task.word(), took.as_secs_f64() * 1e3);
        answer
    }

    fn wait(
        &mut self,
        subject: &Subject<'_>,
        begun: Instant,
        watcher: Option<&Watcher>,
    ) -> Result<Result<Reply, RenderError>, RenderError> {
        let mut compiling = Compilation { kept: self.kept, subject, since: None, watcher };
        let mut begun = begun;
        loop {
            let frame = self.next_frame(begun, &compiling)?;
            match serde_json::from_slice::<Message>(&frame) {
                Ok(Message::Component) if !self.given => {
                    self.given = true;
                    compiling.since = Some(Instant::now());
                    self.send(Arc::clone(&subject.bytes));
                }
                Ok(Message::Compiled) if compiling.since.is_some() => {
                    compiling.end();
                    begun = Instant::now();
                }
                Ok(Message::Unusable(RenderError::Compile(reason))) if reason.contains("os error 12") => {
                    return Err(RenderError::ChildMemory);
                }
                Ok(Message::Unusable(error)) => return Err(error),
                Ok(Message::Answer(answer)) => return Ok(answer),
                Ok(Message::Component | Message::Compiled) => return Err(mixed_up()),
                Err(_) => return Err(RenderError::ChildCrashed("its answer cannot be read".to_owned())),
            }
        }
    }

    /// The next frame, within the wall clock of the task or of compiling.
    fn next_frame(&mut self, begun: Instant, compiling: &Compilation<'_>) -> Result<Vec<u8>, RenderError> {
        let wall = if compiling.since.is_some() { self.wall * COMPILE_WALLS } else { self.wall };
        loop {
            let left = wall.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(RenderError::ChildTime(wall.as_secs()));
            }
            let patience = if compiling.since.is_some() { left.min(TICK) } else { left };
            match self.receive.recv_timeout(patience) {
                Ok(Ok(frame)) => return Ok(frame),
                Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(RenderError::ChildOutput(REPLY_BYTES));
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(self.crashed()),
                Err(RecvTimeoutError::Timeout) => compiling.tell(false),
            }
        }
    }

    /// A child that is gone does not read any more; its missing answer tells that.
    fn send(&self, frame: Arc<[u8]>) {
        let _ = self.send.as_ref().map(|send| send.send(frame));
    }

    /// What a child that ended without an answer ran into.
    fn crashed(&mut self) -> RenderError {
        let _ = self.child.kill();
        let status = self.child.wait();
        let said = self.said.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        died(status, &said)
    }
}

impl Drop for Session {
    /// A child that waits ends with its input; any other is ended.
    fn drop(&mut self) {
        self.send = None;
        let begun = Instant::now();
        while self.idle && begun.elapsed() < LEAVE && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compiling, as a watcher sees it.
struct Compilation<'a> {
    kept: bool,
    subject: &'a Subject<'a>,
    since: Option<Instant>,
    watcher: Option<&'a Watcher>,
}

impl Compilation<'_> {
    fn tell(&self, done: bool) {
        let (Some(since), Some(watcher)) = (self.since, self.watcher) else { return };
        let Subject { bytes, name, .. } = self.subject;
        watcher(&Compiling { name, bytes: bytes.len(), kept: self.kept, since: since.elapsed(), done });
    }

    fn end(&mut self) {
        self.tell(true);
        self.since = None;
    }
}

impl Drop for Compilation<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn frame_of(content: &impl serde::Serialize) -> Result<Arc<[u8]>, RenderError> {
    let text = serde_json::to_vec(content).map_err(|error| RenderError::ChildStart(error.to_string()))?;
    Ok(text.into())
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

/// Ends with the session, or when the child does not read any more.
fn write_all(mut to: ChildStdin, frames: &Receiver<Arc<[u8]>>) {
    for frame in frames {
        if write_frame(&mut to, &frame).is_err() {
            return;
        }
    }
}

/// Ends with the child, or when nobody waits for frames any more.
fn read_all(mut from: ChildStdout, replies: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let frame = read_frame(&mut from, REPLY_BYTES as u64);
        let last = frame.is_err();
        if replies.send(frame).is_err() || last {
            return;
        }
    }
}

fn died(status: io::Result<ExitStatus>, said: &str) -> RenderError {
    const SIGINT: i32 = 2;
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
        // Ctrl-C reaches every process of a terminal.
        Ok(status) if signal(&status) == Some(SIGINT) => RenderError::Interrupted,
        Ok(status) if signal(&status) == Some(SIGXCPU) => RenderError::ChildTime(CHILD_CPU_SECONDS),
        // Not by us: the kernel ends the process that needs most when memory runs short.
        Ok(status) if signal(&status) == Some(SIGKILL) => RenderError::ChildMemory,
        Ok(status) if last.is_empty() => RenderError::ChildCrashed(status.to_string()),
        Ok(status) => RenderError::ChildCrashed(format!("{status}: {last}")),
        Err(error) => RenderError::ChildCrashed(error.to_string()),
    }
}
