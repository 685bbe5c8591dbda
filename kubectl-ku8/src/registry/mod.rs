//! OCI registries: pulling, pushing and listing template components, and archives of them.
//! It never believes a byte whose digest it did not compute, and sends a credential to no other place than its own.
//!
//! | file | what it settles |
//! |---|---|
//! | `reference`, `name` | how a template in a registry is named |
//! | `settings` | what the operator allows: hosts without TLS, mirrors, realms, time |
//! | `layout` | what a template's manifest looks like, and what is none |
//! | `client`, `push`, `signatures` | what can be asked of a registry |
//! | `exchange` | one request: logins, redirects, tries, how much is read |
//! | `challenge`, `token`, `login` | who asks for a login, what is sent, where logins are kept |
//! | `transport`, `url` | TLS, proxies, addresses |
//! | `archive`, `tar` | templates in one file |

pub mod archive;
mod artifact;
mod challenge;
mod client;
mod digest;
mod error;
mod exchange;
mod failure;
mod json;
mod layout;
mod login;
mod name;
mod push;
mod reference;
mod settings;
mod signatures;
mod tar;
mod token;
mod transport;
mod url;

pub use artifact::{Artifact, Resolved, Stored};
pub use client::Registry;
pub use error::RegistryError;
pub use exchange::Progress;
pub use layout::{ABI, CREATED, MAX_COMPONENT};
pub use reference::{Reference, SCHEME};
pub use settings::Settings;
