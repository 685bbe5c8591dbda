//! Why a registry did not give or take a template: one variant for each thing a person would do about it.
//! It never carries a credential, and text from a registry is made harmless where it enters.

use thiserror::Error;

/// What went wrong between us and a registry, or with an archive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RegistryError {
    /// A reference that cannot be read.
    #[error("`{text}` is no reference to a template in a registry: {reason}")]
    Reference {
        /// As given, shortened.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, or one that broke.
    #[error("the registry {host} cannot be reached: {reason}")]
    Unreachable {
        /// `HOST[:PORT]`.
        host: String,
        /// In the system's words.
        reason: String,
    },
    /// It took too long.
    #[error("{host} did not finish in time: {what} took more than {seconds} s")]
    Timeout {
        /// `HOST[:PORT]`.
        host: String,
        /// What was waited for.
        what: String,
        /// The limit that was passed.
        seconds: u64,
    },
    /// Its certificate is not trusted.
    #[error("the certificate of {host} is not trusted: {reason}")]
    Certificate {
        /// `HOST[:PORT]`.
        host: String,
        /// In the TLS library's words.
        reason: String,
    },
    /// Plain HTTP where nobody allowed it.
    #[error("{host}: {reason}")]
    PlainHttp {
        /// `HOST[:PORT]`.
        host: String,
        /// What was about to happen.
        reason: String,
    },
    /// It wants a login, or another one.
    #[error("{host} does not let us {action} {repository}: {reason}")]
    Unauthorized {
        /// `HOST[:PORT]`.
        host: String,
        /// The repository, without its host.
        repository: String,
        /// `pull from` or `push to`.
        action: &'static str,
        /// Which login was used, and what the registry said.
        reason: String,
    },
    /// It asked us to send a credential, or a request, to another place.
    #[error("{host} {what}; nothing was sent there")]
    Elsewhere {
        /// `HOST[:PORT]`.
        host: String,
        /// What it asked for.
        what: String,
        /// The host to allow as a realm, where that is a way out.
        realm: Option<String>,
    },
    /// A manifest without what it names.
    #[error("{host} has the manifest of {reference}, and its {what} no more")]
    Incomplete {
        /// `HOST[:PORT]`.
        host: String,
        /// The template.
        reference: String,
        /// `component` or `config`.
        what: String,
    },
    /// Nothing of that name.
    #[error("{host} has no {what}")]
    NotFound {
        /// `HOST[:PORT]`.
        host: String,
        /// What was asked for.
        what: String,
    },
    /// Bytes that are not what their digest says.
    #[error("{what} is not what its digest says: {reason}")]
    Digest {
        /// What was read.
        what: String,
        /// Expected and found.
        reason: String,
    },
    /// More than anybody needs.
    #[error("{what} is larger than {limit}; no more was read")]
    TooLarge {
        /// What was read.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// A manifest that is no template's.
    #[error("{reference} is no template: {reason}")]
    NotATemplate {
        /// The reference that was asked for.
        reference: String,
        /// What it is instead.
        reason: String,
    },
    /// An answer that no registry gives.
    #[error("{host} does not answer as a registry does: {reason}")]
    Reply {
        /// `HOST[:PORT]`.
        host: String,
        /// What it answered.
        reason: String,
    },
    /// It understood, and will not.
    #[error("{host} refuses to {what}: {reason}")]
    Refused {
        /// `HOST[:PORT]`.
        host: String,
        /// What was asked of it.
        what: String,
        /// Status and its own words.
        reason: String,
    },
    /// A login that cannot be read.
    #[error("the login for {host} cannot be used: {reason}")]
    Login {
        /// `HOST[:PORT]`.
        host: String,
        /// Which file or program, and why; never what it holds or prints.
        reason: String,
    },
    /// A setting that cannot be what it should be.
    #[error("{what}: {reason}")]
    Setting {
        /// Which one.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An archive that is not one of ours, or damaged.
    #[error("{name} is no archive of templates: {reason}")]
    Archive {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
