//! Children that wait for their next task, one per component, so that compiled code is loaded once per command.
//! It never gives a child that died, lied or ran out of time another task.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::session::Session;
use super::{Launch, Reply, Subject, Task, Watcher};
use crate::render::{Limits, RenderError};

/// Children that wait at the same time; the one that waits longest ends first.
const WAITING: usize = 4;

/// The children of one runtime.
#[derive(Default)]
pub(in crate::render) struct Sessions {
    /// By the component's digest, the latest used last.
    waiting: Mutex<Vec<(String, Session)>>,
}

impl Sessions {
    /// One task about a component, by the child that knows it already or by a new one.
    pub(in crate::render) fn ask(
        &self,
        launch: &Launch,
        limits: Limits,
        cache: Option<&Path>,
        subject: &Subject<'_>,
        task: &Task,
        watcher: Option<&Watcher>,
    ) -> Result<Reply, RenderError> {
        let mut session = match self.take(subject.digest) {
            Some(session) => session,
            None => Session::start(launch, limits, cache, subject.digest)?,
        };
        // An error here means the child is not to be trusted with another task, and it ends.
        let answer = session.ask(subject, task, watcher)?;
        if session.is_usable() {
            self.put(subject.digest, session);
        }
        answer
    }

    /// Ends the children that wait.
    pub(in crate::render) fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self, digest: &str) -> Option<Session> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|(known, _)| known == digest)?;
        let mut session = waiting.remove(place).1;
        // It may have died while nobody looked.
        session.is_usable().then_some(session)
    }

    fn put(&self, digest: &str, session: Session) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((digest.to_owned(), session));
        if waiting.len() > WAITING {
            waiting.remove(0);
        }
    }
}
