//! Template components made on the spot, well-behaved or not, from the writer the sandbox's own tests use.
//! It never judges them; the command under test does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

#[path = "../it/sandbox/guest.rs"]
mod guest;

use guest::{Guest, service};

/// A component that renders a Service of each name.
pub(crate) fn component(services: &[&str]) -> Vec<u8> {
    let objects = services.iter().map(|name| (format!("service/{name}"), 0, service(name))).collect();
    Guest { objects, ..Guest::default() }.bytes()
}

/// A component whose `render` runs these instructions first.
pub(crate) fn doing(instructions: &str) -> Vec<u8> {
    Guest { render_body: instructions.to_owned(), ..Guest::default() }.bytes()
}

/// A component that renders these bytes instead of an object.
pub(crate) fn rendering(manifest: &[u8]) -> Vec<u8> {
    Guest { objects: vec![("thing/echo".to_owned(), 0, manifest.to_vec())], ..Guest::default() }.bytes()
}

/// A component of a contract that does not exist.
pub(crate) fn exporting(interface: &str) -> Vec<u8> {
    Guest { export: interface.to_owned(), ..Guest::default() }.bytes()
}

/// A component that asks its host for a function.
pub(crate) fn importing() -> Vec<u8> {
    Guest { outer: r#"(import "ku8:host/clock@1.0.0" (instance))"#.to_owned(), ..Guest::default() }.bytes()
}

/// A component of this name and version, which renders a Service of each name.
pub(crate) fn versioned(name: &str, version: &str, services: &[&str]) -> Vec<u8> {
    let objects = services.iter().map(|name| (format!("service/{name}"), 0, service(name))).collect();
    let metadata = format!(
        r#"{{"name":"{name}","version":"{version}","title":"Echo","description":"Renders Services","produces":[{{"group":"","kind":"Service"}}]}}"#
    );
    Guest { objects, metadata: metadata.into_bytes(), ..Guest::default() }.bytes()
}
