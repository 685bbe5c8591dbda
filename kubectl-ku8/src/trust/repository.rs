//! Names of repositories, and which of them a rule of the policy is about.
//! It never guesses: a name has one form, and what differs in a character is another repository.

/// `host[:port]/path`, in the one form that names are compared in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repository(String);

impl Repository {
    /// Reads `host[:port]/path`.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (host, path) = text.split_once('/').ok_or("not a repository: a host and a path, as ghcr.io/acme/web")?;
        let host = host_of(host)?;
        path.split('/').try_for_each(segment)?;
        Ok(Self(format!("{host}/{path}")))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a rule is about: one repository, or all below a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pattern {
    /// One repository.
    One(Repository),
    /// All that begin so; it ends with `/`.
    Below(String),
}

impl Pattern {
    /// Reads `ghcr.io/acme/web`, `ghcr.io/acme/` or `ghcr.io/`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return Err("there are no wildcards: end with `/` for all below a path".into());
        }
        let Some(above) = text.strip_suffix('/') else {
            if !text.contains('/') {
                return Err(format!("`{text}/` is all of a registry, `{text}/NAME` is one repository"));
            }
            return Repository::parse(text).map(Self::One);
        };
        let above = if above.contains('/') { Repository::parse(above)?.0 } else { host_of(above)? };
        Ok(Self::Below(format!("{above}/")))
    }

    /// Says whether a repository is meant.
    pub(super) fn covers(&self, repository: &Repository) -> bool {
        match self {
            Self::One(one) => one == repository,
            Self::Below(above) => repository.0.starts_with(above.as_str()),
        }
    }

    /// Of patterns that cover the same repository, the larger is the nearer one.
    pub(super) fn nearness(&self) -> (bool, usize) {
        match self {
            Self::One(one) => (true, one.0.len()),
            Self::Below(above) => (false, above.len()),
        }
    }

    /// The repository that stands below `other` as `repository` stands below this; `None` when one of both is a
    /// single repository and the other is not.
    pub(super) fn moved(&self, repository: &Repository, other: &Self) -> Option<Repository> {
        match (self, other) {
            (Self::One(_), Self::One(one)) => Some(one.clone()),
            (Self::Below(from), Self::Below(to)) => {
                repository.0.strip_prefix(from.as_str()).map(|rest| Repository(format!("{to}{rest}")))
            }
            _ => None,
        }
    }
}

/// A host in lower case; without the port that everybody means.
fn host_of(text: &str) -> Result<String, String> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("write the host in lower case".into());
    }
    let wrong = || format!("`{text}` is not a host, nor one with a port");
    let (name, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
        let address: std::net::Ipv6Addr = address.parse().map_err(|_| wrong())?;
        (format!("[{address}]"), port.strip_prefix(':').or(port.is_empty().then_some("443")).ok_or_else(wrong)?)
    } else {
        let (name, port) = text.split_once(':').unwrap_or((text, "443"));
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !name.split('.').all(label) {
            return Err(wrong());
        }
        (name.to_owned(), port)
    };
    if port.starts_with('0') || !port.bytes().all(|byte| byte.is_ascii_digit()) || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    // One registry under three names.
    let name = match name.as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => name,
    };
    Ok(if port == "443" { name } else { format!("{name}:{port}") })
}

/// One part of a path, as registries have it: lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn segment(text: &str) -> Result<(), String> {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    let joints = text.split(|letter: char| letter.is_ascii() && plain(letter as u8)).filter(|joint| !joint.is_empty());
    let good = |joint: &str| matches!(joint, "." | "_" | "__") || joint.bytes().all(|byte| byte == b'-');
    if ends && joints.into_iter().all(good) {
        return Ok(());
    }
    Err(format!("`{text}` cannot be part of a repository's path: lower-case letters and digits, joined by . _ or -"))
}
