//! Why a template could not be loaded or rendered, one variant per cause, in words for the person at the keyboard.
//! It never carries text of a guest that was not made printable first.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Diagnostic, limits};
use crate::schema::Violation;

/// One thing wrong with what a template returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What it is about: an object's id, `secrets`, `outputs`, `metadata`.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What the template's author should do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Which of the host's checks found it: `kind`, `identity`, `pod-security`, `fields`; empty for all others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub check: String,
}

impl Problem {
    /// The message is cut off where nobody would read on: names in it are a guest's to choose.
    pub(super) fn new(subject: &str, message: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            message: limits::readable(&message.into()),
            hint: None,
            check: String::new(),
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Why there is no template, or nothing rendered. Crosses the pipe from the child as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum RenderError {
    /// The engine itself could not be built.
    #[error("the WebAssembly engine cannot run on this machine: {0}")]
    Engine(String),
    /// Larger than any template.
    #[error("the component has {0} bytes; at most {max} are allowed", max = limits::COMPONENT_BYTES)]
    ComponentTooLarge(usize),
    /// Not WebAssembly, cut off, or damaged.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// A core module, which has no typed interface.
    #[error("this is a core WebAssembly module, not a component; pack it with `kubectl ku8 template pack`")]
    CoreModule,
    /// A template may import nothing at all.
    #[error("the component imports {}; a template may import nothing", quoted(.0))]
    Imports(Vec<String>),
    /// Native code, which cannot be checked and is never run.
    #[error("this is compiled code; a template is a WebAssembly component, compiled on the machine that runs it")]
    CompiledCode,
    /// More than compilers of real languages write, of something that makes compiling slow.
    #[error("the component would cost too much to compile: {found} {what}; at most {most} are allowed")]
    TooCostly {
        /// What there is too much of.
        what: String,
        /// How much.
        found: usize,
        /// The cap.
        most: usize,
    },
    /// A contract that came after this program.
    #[error(
        "the template was built for a newer contract, {0}; this version of ku8 speaks ku8:template/provider@1, a newer one may speak it"
    )]
    NewerContract(String),
    /// A contract from before the first.
    #[error("the component speaks {0}; this version of ku8 speaks ku8:template/provider@1")]
    ContractVersion(String),
    /// The template's `requires` leaves this program out.
    #[error("template `{template}` requires ku8 {requires}; this is {host}")]
    OtherHost {
        /// The template's name.
        template: String,
        /// The range it asks for.
        requires: String,
        /// This program's version.
        host: String,
        /// Whether it is the template that is behind.
        outdated: bool,
    },
    /// Not a template.
    #[error("the component does not export ku8:template/provider@1; it exports {}", quoted(.0))]
    NotATemplate(Vec<String>),
    /// Validation or compilation failed.
    #[error("the component does not compile: {0}")]
    Compile(String),
    /// The export is there, with other types.
    #[error("the component does not keep the contract ku8:template@1.0.0: {0}")]
    Contract(String),

    /// Endless, or too much work.
    #[error("the template exceeded its instruction budget of {budget} in `{call}`")]
    OutOfFuel {
        /// The function that was called.
        call: String,
        /// How much it had.
        budget: u64,
    },
    /// Linear memory.
    #[error("the template needs more than its {} MiB of memory", .0 / (1024 * 1024))]
    Memory(usize),
    /// Tables.
    #[error("the template needs more than its {0} table elements")]
    Table(usize),
    /// Instances, memories or tables, by number.
    #[error("the template has too many parts: {0}")]
    TooManyParts(String),
    /// Native stack.
    #[error("the template recursed too deeply in `{0}`")]
    Stack(String),
    /// More output than the host reads.
    #[error("the template returned more than {} MiB", .0 / (1024 * 1024))]
    OutputTooLarge(usize),
    /// `unreachable`, which is how a panic ends.
    #[error("the template panicked in `{call}`{}", .function.as_ref().map(|name| format!(" at {name}")).unwrap_or_default())]
    Panicked {
        /// The function that was called.
        call: String,
        /// The function that trapped, when the component kept its names.
        function: Option<String>,
    },
    /// Any other trap.
    #[error("the template crashed in `{call}`: {trap}")]
    Trap {
        /// The function that was called.
        call: String,
        /// The trap in wasmtime's words.
        trap: String,
    },
    /// A string that is not UTF-8, a pointer outside memory, a discriminant out of range.
    #[error("the template returned from `{call}` what cannot be read: {reason}")]
    Unreadable {
        /// The function that was called.
        call: String,
        /// What is wrong.
        reason: String,
    },

    /// The template does not want to judge.
    #[error("the template did not answer `{call}`: {reason}")]
    Answer {
        /// The function that was called.
        call: String,
        /// Its words.
        reason: String,
    },
    /// The template does not take values of that version.
    #[error("the template does not take over these values: {0}")]
    Migration(String),

    /// The host asked wrongly; never the template's fault.
    #[error("the request does not fit the contract: {}", sentences(.0))]
    Request(Vec<Violation>),
    /// The values do not fit the template's schema.
    #[error("{}", sentences(.0))]
    Values(Vec<Violation>),
    /// What the template says of its values: every reason why it renders nothing.
    #[error("{}", diagnostics(.0))]
    Diagnostics(Vec<Diagnostic>),
    /// What the template returned breaks the host's rules.
    #[error("the template broke the host's rules: {}", problems(.0))]
    Refused(Vec<Problem>),

    /// The child could not be started.
    #[error("cannot start the process that runs foreign templates: {0}")]
    ChildStart(String),
    /// The child was stopped by the clock.
    #[error("the template took longer than {0} s to compile and run; its process was stopped")]
    ChildTime(u64),
    /// The child ran out of memory.
    #[error("the template needs more memory than allowed to compile or run; its process was stopped")]
    ChildMemory,
    /// The child wrote more than the cap.
    #[error("the process that runs the template wrote more than {0} bytes")]
    ChildOutput(usize),
    /// Ctrl-C ended the child.
    #[error("interrupted")]
    Interrupted,
    /// The child ended without an answer.
    #[error("the process that runs the template ended without an answer: {0}")]
    ChildCrashed(String),
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
    shown.join(", ") + if names.len() > shown.len() { ", …" } else { "" }
}

fn sentences(violations: &[Violation]) -> String {
    let mut text = String::new();
    for violation in violations {
        separate(&mut text, &violation.message, violation.hint.as_deref());
    }
    text
}

fn diagnostics(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        separate(&mut text, &diagnostic.message, diagnostic.hint.as_deref());
    }
    if text.is_empty() { "the template refused the values without a reason".to_owned() } else { text }
}

fn problems(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        separate(&mut text, &format!("{}: {}", problem.subject, problem.message), problem.hint.as_deref());
    }
    text
}

fn separate(text: &mut String, message: &str, hint: Option<&str>) {
    if !text.is_empty() {
        text.push_str("; ");
    }
    text.push_str(message);
    if let Some(hint) = hint {
        write!(text, " ({hint})").expect("writing to a string cannot fail");
    }
}
