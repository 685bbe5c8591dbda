//! The registries' errors as commands end with them: id and next step of each kind.
//! It never adds words about what happened; those are the room's own.

use super::{CommandError, id};
use crate::registry::RegistryError;

impl From<RegistryError> for CommandError {
    fn from(error: RegistryError) -> Self {
        use RegistryError as E;
        let told = |id| Self::new(error.to_string()).id(id);
        match &error {
            E::Reference { .. } => told(id::REFERENCE)
                .hint("it is written oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST], such as oci://ghcr.io/acme/rabbitmq:1.0.0"),
            E::Unreachable { host, reason } if reason.starts_with("through the proxy ") => told(id::REGISTRY_UNREACHABLE)
                .hint(format!("check HTTPS_PROXY and its login; to go around it: export NO_PROXY={host}")),
            E::Unreachable { .. } => told(id::REGISTRY_UNREACHABLE)
                .hint("check the address and your network; what is pinned and was used on this machine before needs no registry"),
            E::Timeout { .. } => told(id::REGISTRY_TIMEOUT).hint("try again; a mirror nearer to you helps: --registry-mirror FROM=TO"),
            E::Certificate { .. } => told(id::REGISTRY_CERTIFICATE)
                .hint("if it is your own authority's, name that in a PEM file: --registry-ca FILE"),
            E::PlainHttp { host, reason } if reason.contains("speaks TLS") => {
                told(id::PLAIN_HTTP).hint(format!("leave {host} out of --plain-http, KU8_PLAIN_HTTP and the configuration file"))
            }
            E::PlainHttp { host, .. } => {
                told(id::PLAIN_HTTP).hint(format!("only for a registry on your own machine or network: --plain-http {host}"))
            }
            E::Unauthorized { host, .. } => told(id::REGISTRY_LOGIN)
                .hint(format!("log in with the tool you have: docker login {host}, or oras login {host}")),
            E::Elsewhere { host, realm, .. } => match realm {
                Some(realm) => told(id::REGISTRY_ELSEWHERE).hint(format!(
                    "if {realm} is where {host} checks logins, allow it in the configuration file: registries: {{logins: {{\"{host}\": [\"{realm}\"]}}}}"
                )),
                None => told(id::REGISTRY_ELSEWHERE).hint("tell whoever runs the registry: this is a fault of its, or an attack"),
            },
            E::Incomplete { .. } => told(id::NOT_IN_REGISTRY)
                .hint("the registry has lost it, or has removed what it took for garbage: whoever published it has to push it again"),
            E::NotFound { .. } => told(id::NOT_IN_REGISTRY)
                .hint("check the spelling; many registries also answer so when the login may not see it"),
            E::Digest { .. } => told(id::DIGEST)
                .hint("nothing of it was used; try again, and if it stays, the registry or something before it is damaged"),
            E::TooLarge { .. } => told(id::REGISTRY_TOO_LARGE),
            E::NotATemplate { .. } => told(id::ARTIFACT).hint("push templates with: kubectl ku8 template push FILE.wasm REFERENCE"),
            E::Reply { .. } => told(id::REGISTRY_REPLY).hint("check the address: HOST[:PORT] must be an OCI registry's own"),
            E::Refused { .. } => told(id::REGISTRY_REFUSED),
            E::Login { .. } => told(id::REGISTRY_CREDENTIALS)
                .hint("log in again with the tool that keeps it, such as docker login"),
            E::Setting { .. } => told(id::REGISTRY_SETTING),
            E::Archive { .. } => {
                told(id::ARCHIVE).hint("make it again where there is a network: kubectl ku8 template save REFERENCE -o FILE.tar")
            }
        }
    }
}
