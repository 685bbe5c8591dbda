//! Rules about what may not be there twice, and about places in the container that are not the template's.
//! It never touches an object: they are made after all names were found sound.

use template_sdk::{Finding, Findings};

use crate::objects::key;
use crate::values::{HEALTH, HTTP, HealthKind, Values};

/// Bytes all configuration files together may have; a ConfigMap holds a mebibyte with everything around it.
const CONFIG_BYTES: usize = 1_000_000;
/// The kernel's and the kubelet's own.
const SYSTEM: [&str; 5] = ["/dev", "/proc", "/sys", "/run/secrets/kubernetes.io", "/var/run/secrets/kubernetes.io"];
const KUBELET: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
/// Folders whose content the program needs: an empty one over them hides it.
const OF_IMAGE: [&str; 8] = ["/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib"];

/// Judges ports and paths.
pub(super) fn judge(values: &Values, findings: &mut Findings) {
    ports(values, findings);
    paths(values, findings);
    let bytes: usize = values.config_files.iter().map(|file| file.content.len() + file.path.len()).sum();
    if bytes > CONFIG_BYTES {
        let message = format!("the files have {bytes} bytes together; a ConfigMap holds {CONFIG_BYTES}");
        let finding = Finding::error("/configFiles", "web.config.too-large", message);
        findings.push(finding.hint("put what is large into the image"));
    }
}

fn ports(values: &Values, findings: &mut Findings) {
    let (mut names, mut numbers) = (vec![HTTP], Vec::new());
    let probed = values.health.kind != HealthKind::None && values.health_port().0 == HEALTH;
    let pods = std::iter::once(("/port".to_owned(), values.port));
    let extra = |at: usize| format!("/extraPorts/{at}/port");
    let pods = pods.chain(values.extra_ports.iter().enumerate().map(|(at, port)| (extra(at), port.port)));
    let health = values.health.port.filter(|_| probed).map(|port| ("/health/port".to_owned(), port));
    for (pointer, number) in pods.chain(health) {
        if number < 1024 {
            let message = format!("only root may listen on port {number}, and pods do not run as root");
            let finding = Finding::error(&pointer, "web.port.privileged", message);
            findings.push(finding.hint("let the program listen on 8080; service.port is what clients use"));
        }
        if seen(&mut numbers, number) {
            twice(&pointer, &number.to_string(), findings);
        }
    }
    let offered = values.service.port.filter(|number| values.extra_ports.iter().any(|extra| extra.port == *number));
    if let Some(number) = offered {
        twice("/service/port", &number.to_string(), findings);
    }
    for (at, extra) in values.extra_ports.iter().enumerate() {
        if extra.name == HEALTH && probed || seen(&mut names, extra.name.as_str()) {
            twice(&format!("/extraPorts/{at}/name"), &extra.name, findings);
        }
    }
}

/// Whether it was there before; it is there from now on.
fn seen<T: PartialEq>(all: &mut Vec<T>, one: T) -> bool {
    let known = all.contains(&one);
    all.push(one);
    known
}

fn twice(pointer: &str, what: &str, findings: &mut Findings) {
    let finding = Finding::error(pointer, "web.ports.duplicate", format!("the port `{what}` is already there"));
    findings.push(finding.hint("give each port a name and a number of its own"));
}

fn paths(values: &Values, findings: &mut Findings) {
    let (mut places, mut keys) = (Vec::new(), Vec::new());
    let writable =
        values.writable_paths.iter().enumerate().map(|(at, path)| (format!("/writablePaths/{at}"), path, true));
    let files = values.config_files.iter().enumerate();
    let files = files.map(|(at, file)| (format!("/configFiles/{at}/path"), &file.path, false));
    for (pointer, path, folder) in writable.chain(files) {
        if let Some(reason) = reserved(path, folder) {
            let finding = Finding::error(&pointer, "web.paths.reserved", format!("`{path}` {reason}"));
            findings.push(finding.hint("name a place of the program's own, such as /tmp or /app/config.yaml"));
        }
        if seen(&mut places, path.as_str()) || !folder && seen(&mut keys, key(path)) {
            let finding = Finding::error(&pointer, "web.paths.duplicate", format!("`{path}` is already there"));
            findings.push(finding.hint("name each path once"));
        }
    }
    for (at, file) in values.config_files.iter().enumerate() {
        let inside = |other: &str| other.strip_prefix(&file.path).is_some_and(|rest| rest.starts_with('/'));
        if places.iter().any(|other| inside(other)) {
            let message = format!("`{}` is a file, and another path is below it", file.path);
            let finding = Finding::error(format!("/configFiles/{at}/path"), "web.paths.duplicate", message);
            findings.push(finding.hint("a path is a file or a folder"));
        }
    }
}

/// Why a path is not the definition's to choose.
fn reserved(path: &str, folder: bool) -> Option<&'static str> {
    let below = |place: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let plain = path.starts_with('/') && path.len() > 1 && !path.ends_with('/');
    if !plain || path.split('/').any(|part| part == "." || part == "..") {
        return Some("is not a whole path of a file or folder");
    }
    if SYSTEM.iter().any(|place| below(place)) || KUBELET.contains(&path) {
        return Some("belongs to the system");
    }
    (folder && OF_IMAGE.contains(&path)).then_some("would be empty, and the program needs what the image has there")
}
