//! The parts of a reference by the distribution specification's grammar, each with its own words when it is wrong. Pure.
//! It never repairs one: what would be right is said, and written by the person who meant it.

use super::SCHEME;
use super::digest::{self, PREFIX};
use crate::object::printable;

/// Longest `HOST/REPOSITORY` (the distribution specification's limit).
const LONGEST_NAME: usize = 255;
/// Longest tag.
const LONGEST_TAG: usize = 128;
/// Longest part of a wrong reference that a message shows.
const SHOWN: usize = 120;

/// A text as a message shows it: harmless, short, and without the login somebody put into it.
pub(super) fn shown(text: &str) -> String {
    let safe = printable(text).replace(['\n', '\t'], " ");
    let safe = match safe.rsplit_once('@') {
        Some((before, host)) if host.contains('/') => {
            let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
            format!("{scheme}…@{host}")
        }
        _ => safe,
    };
    if safe.chars().count() <= SHOWN {
        return safe;
    }
    safe.chars().take(SHOWN).chain(['…']).collect()
}

pub(super) fn check_name(host: &str, path: &str) -> Result<(), String> {
    check_host(host)?;
    if path.is_empty() {
        return Err(format!("it names no repository after {host}/"));
    }
    if host.len() + 1 + path.len() > LONGEST_NAME {
        return Err(format!("host and repository are longer than {LONGEST_NAME} characters"));
    }
    for part in path.split('/') {
        if part.is_empty() {
            return Err("an empty part between two `/` of the repository".into());
        }
        if part.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("a repository is written in lower case: `{}`", path.to_ascii_lowercase()));
        }
        if !is_component(part) {
            return Err(format!(
                "`{}` cannot be part of a repository: lower-case letters, digits, and between them `.`, `_`, `__` or `-`",
                shown(part)
            ));
        }
    }
    Ok(())
}

/// The distribution grammar's path component: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    if !bytes.first().copied().is_some_and(is_word) || !bytes.last().copied().is_some_and(is_word) {
        return false;
    }
    let mut separators = part.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    separators.all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

/// `name`, `name:port`, `[v6]`, `[v6]:port`; a bare word is none, so that `oci://acme/redis` asks nobody named acme.
fn check_host(host: &str) -> Result<(), String> {
    if host.is_empty() {
        return Err(format!("it names no host: {SCHEME}HOST/REPOSITORY:TAG"));
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("a host is written in lower case: `{}`", shown(&host.to_ascii_lowercase())));
    }
    let wrong = || format!("`{}` is no host, such as ghcr.io or registry.corp:5000", shown(host));
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or_else(wrong)?) };
            (None, port)
        }
        None => match host.split_once(':') {
            Some((name, port)) => (Some(name), Some(port)),
            None => (Some(host), None),
        },
    };
    if let Some(port) = port {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
        let number = port.parse::<u16>().ok().filter(|number| digits && *number > 0);
        number.ok_or_else(|| format!("`{}` is no port", shown(port)))?;
    }
    let Some(name) = name else { return Ok(()) };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !name.split('.').all(label) {
        return Err(wrong());
    }
    if !name.contains('.') && port.is_none() && name != "localhost" {
        return Err(format!(
            "`{name}` is no host: write the registry's name first, such as {SCHEME}docker.io/{name}/…, or its port"
        ));
    }
    Ok(())
}

pub(super) fn check_tag(tag: &str) -> Result<(), String> {
    if tag.is_empty() {
        return Err("a `:` and no tag after it".into());
    }
    if tag.contains('+') {
        return Err(format!("a tag has no `+`: write `{}`", shown(&tag.replace('+', "_"))));
    }
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let first = tag.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !first || !tag.bytes().all(inside) || tag.len() > LONGEST_TAG {
        return Err(format!(
            "`{}` is no tag: at most {LONGEST_TAG} letters, digits, `.`, `_` and `-`, beginning with a letter, a digit or `_`",
            shown(tag)
        ));
    }
    Ok(())
}

pub(super) fn check_digest(text: &str) -> Result<(), String> {
    if digest::is(text) {
        return Ok(());
    }
    Err(match text.split_once(':') {
        Some(("sha256", hex)) if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            "a digest is written in lower case".into()
        }
        Some(("sha256", hex)) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("its digest has {} digits, and 64 are needed", hex.len())
        }
        Some(("sha512" | "sha384" | "sha1" | "md5", _)) => "only sha256 digests are taken".into(),
        _ => format!("`{}` is no digest, such as {PREFIX}<64 hexadecimal digits>", shown(text)),
    })
}
