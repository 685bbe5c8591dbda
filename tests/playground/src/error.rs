//! What can go wrong between nothing and a running cluster, each with what to do next.
//! It never decides an exit code and never prints.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the cache or the cluster could not be used.
    #[error("could not {action} `{path}`: {source}")]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A program could not be run at all.
    #[error("could not run `{program}`: {source}")]
    Run {
        /// The program.
        program: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// No free port on loopback.
    #[error("could not find a free port on 127.0.0.1: {0}")]
    Port(#[source] io::Error),

    /// Nothing was built before and Go is not installed.
    #[error(
        "building {what} needs Go 1.26 or newer: install it from https://go.dev/dl, or name a folder that holds the programs in KUBEBUILDER_ASSETS"
    )]
    GoMissing {
        /// What would have been built.
        what: &'static str,
    },

    /// `go build` ended with an error.
    #[error("`go build` of {what} failed; the end of what it said:\n{tail}")]
    Build {
        /// What was being built.
        what: &'static str,
        /// The last lines of its output.
        tail: String,
    },

    /// A program is gone from the folder it was built into.
    #[error("a program is missing in `{0}`: remove that folder, and it will be built again")]
    CacheDamaged(PathBuf),

    /// Neither `XDG_CACHE_HOME` nor a home folder is known.
    #[error("there is no folder to keep built programs in: set XDG_CACHE_HOME or HOME")]
    NoCacheFolder,

    /// A key or certificate could not be made.
    #[error("could not make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),

    /// A client certificate names at most two groups.
    #[error("a client certificate for `{user}` can name two groups, not {count}: bind the role to the user instead")]
    TooManyGroups {
        /// The user.
        user: String,
        /// How many groups were asked for.
        count: usize,
    },

    /// A server ended before the cluster was ready.
    #[error("`{server}` ended before the cluster was ready; the end of its log:\n{tail}")]
    Ended {
        /// The server.
        server: &'static str,
        /// The last lines of its log.
        tail: String,
    },

    /// The cluster did not become ready in time.
    #[error("gave up waiting for {what} after {seconds} s: {last}\nthe end of the log of `{server}`:\n{tail}")]
    Deadline {
        /// What was waited for.
        what: &'static str,
        /// How long, in seconds.
        seconds: u64,
        /// The last answer.
        last: String,
        /// The server it depends on.
        server: &'static str,
        /// The last lines of that server's log.
        tail: String,
    },

    /// A kubectl command of the start-up was refused.
    #[error("`kubectl {command}` failed: {stderr}")]
    Kubectl {
        /// Its arguments.
        command: String,
        /// What it said.
        stderr: String,
    },

    /// The folder given to [`crate::stop`] is not one of ours.
    #[error("`{0}` is not the folder of a playground: it holds no `processes` file")]
    NotAPlayground(PathBuf),
}

impl Error {
    /// Wraps an i/o error with the file it happened to.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// Wraps the i/o error of a program that could not be started.
    pub(crate) fn run(program: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let program = program.into();
        move |source| Self::Run { program, source }
    }

    /// Returns whether another process took one of our ports between finding it free and using it.
    pub(crate) fn is_port_taken(&self) -> bool {
        matches!(self, Self::Ended { tail, .. } if tail.contains("address already in use"))
    }
}

/// Returns the last lines of a log, or why it could not be read.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 15;
    match std::fs::read(log) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].join("\n")
        }
        Err(error) => format!("(its log could not be read: {error})"),
    }
}
