//! Templates of a registry, through every command, on a real registry and a real control plane.
//! The registry's storage is never touched here: what hostile ones do is tested beside the client.

mod archives;
mod looks;
mod moved;
mod outages;
mod pins;
mod proxies;
mod pushes;

use playground::{Registry, RegistryOptions};

use crate::components::versioned;
use crate::stage::{Space, say};

/// A registry, and a place whose commands reach it without TLS and keep what they fetch for themselves.
pub(crate) struct Hub {
    pub(crate) space: Space,
    pub(crate) registry: Registry,
}

impl Hub {
    pub(crate) fn new(name: &str) -> Option<Self> {
        Self::with(name, RegistryOptions::default())
    }

    pub(crate) fn with(name: &str, options: RegistryOptions) -> Option<Self> {
        let mut space = Space::new(name)?;
        let registry = Registry::start(options, &mut |line| say(line)).expect("a registry");
        if options.tls {
            space.set("KU8_REGISTRY_CA", registry.authority().display().to_string());
        } else {
            space.set("KU8_PLAIN_HTTP", registry.host());
        }
        space.set("XDG_CACHE_HOME", space.folder.join("cache").display().to_string());
        Some(Self { space, registry })
    }

    /// `oci://HOST/team/echo` and what follows.
    pub(crate) fn echo(&self, rest: &str) -> String {
        format!("oci://{}/team/echo{rest}", self.registry.host())
    }

    /// Pushes a version of `echo` and returns the pinned reference.
    #[track_caller]
    pub(crate) fn push(&self, version: &str, services: &[&str], flags: &[&str]) -> String {
        let file = self.space.file(&format!("echo-{version}.wasm"), versioned("echo", version, services));
        let target = self.echo("");
        let line = [&["template", "push", &file, &target, "-o", "json"], flags].concat();
        let pushed = self.space.ku8(&line).ok().json();
        pushed["reference"].as_str().expect("a reference").to_owned()
    }

    /// The template of a stored definition.
    #[track_caller]
    pub(crate) fn stored(&self, name: &str) -> serde_json::Value {
        self.space.ku8(&["show", name, "-o", "json"]).ok().json()["spec"]["template"].clone()
    }
}
