//! The image as people write it, taken apart and made whole.
//! It never looks anything up: a name is only read as every container runtime reads it.

/// A reference to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Registry and name, always full.
    pub(crate) name: String,
    /// Tag, where one was written.
    pub(crate) tag: Option<String>,
    /// Digest, where one was written.
    pub(crate) digest: Option<String>,
    /// Whether the registry was left out.
    pub(crate) short: bool,
}

impl Image {
    /// Reads `registry/name:tag@sha256:…`; nothing where it is no such reference.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is the registry's port.
        let start = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[start..].split_once(':') {
            Some((last, tag)) => (&rest[..start + last.len()], Some(tag)),
            None => (rest, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), path),
            _ => (None, name),
        };
        let sound = path.split('/').all(is_component)
            && registry.is_none_or(is_registry)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        let full = match registry {
            Some(_) => name.to_owned(),
            None if path.contains('/') => format!("docker.io/{path}"),
            None => format!("docker.io/library/{path}"),
        };
        let owned = |text: &str| text.to_owned();
        sound.then(|| Self { name: full, tag: tag.map(owned), digest: digest.map(owned), short: registry.is_none() })
    }

    /// The whole reference; a missing tag is written out as what it means.
    pub(crate) fn full(&self) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), Some(digest)) => format!("{}:{tag}@{digest}", self.name),
            (Some(tag), None) => format!("{}:{tag}", self.name),
            (None, Some(digest)) => format!("{}@{digest}", self.name),
            (None, None) => format!("{}:latest", self.name),
        }
    }

    /// Whether the same reference may be another image tomorrow.
    pub(crate) fn moves(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref().is_none_or(|tag| tag == "latest")
    }

    /// What to call the version: the tag, or the beginning of the digest.
    pub(crate) fn version(&self) -> &str {
        let digest = self.digest.as_deref().and_then(|digest| digest.get("sha256:".len()..)?.get(..12));
        self.tag.as_deref().or(digest).unwrap_or("latest")
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "1"));
    let named = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    named && port.parse::<u16>().is_ok()
}

fn is_component(text: &str) -> bool {
    let inner = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    inner && edge(text.bytes().next()) && edge(text.bytes().last())
}

fn is_tag(text: &str) -> bool {
    let inner = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    inner && (1..=128).contains(&text.len()) && !text.starts_with(['.', '-'])
}

fn is_digest(text: &str) -> bool {
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    text.strip_prefix("sha256:").is_some_and(hex)
}
