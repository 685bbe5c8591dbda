//! Where a template lies in a registry: `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:MANIFEST]`, read strictly. Pure.
//! It never guesses a host, a tag or a case: two people who write the same reference mean the same thing.

use std::fmt;
use std::str::FromStr;

use super::RegistryError;
use super::digest::{self, PREFIX};
use super::name::{check_digest, check_name, check_tag, shown};

/// How every reference begins.
pub const SCHEME: &str = "oci://";

/// A template in a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        read(text).map_err(|reason| RegistryError::Reference { text: shown(text), reason })
    }

    /// Says whether a text means to be a reference, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    }

    /// `HOST[:PORT]`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository without its host: `acme/rabbitmq`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The repository with its host: `ghcr.io/acme/rabbitmq`. Policies name it so.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.host, self.path)
    }

    /// The tag, if one was given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The manifest's digest, if the reference is pinned.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The same, pinned to a manifest.
    ///
    /// # Errors
    /// When it is no `sha256:` digest.
    pub fn with_digest(&self, manifest: &str) -> Result<Self, RegistryError> {
        if digest::is(manifest) {
            return Ok(Self { digest: Some(manifest.to_owned()), ..self.clone() });
        }
        Err(RegistryError::Reference {
            text: self.to_string(),
            reason: format!("`{}` is no digest, such as {PREFIX}<64 hexadecimal digits>", shown(manifest)),
        })
    }

    /// The same without its pin.
    pub fn without_digest(&self) -> Self {
        Self { digest: None, ..self.clone() }
    }

    /// The same repository at another tag, not pinned.
    ///
    /// # Errors
    /// When it is no tag.
    pub fn with_tag(&self, tag: &str) -> Result<Self, RegistryError> {
        check_tag(tag).map_err(|reason| RegistryError::Reference { text: self.to_string(), reason })?;
        Ok(Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() })
    }

    /// The same with another host and repository, as a mirror has it.
    pub(super) fn moved(&self, repository: &str) -> Option<Self> {
        let (host, path) = repository.split_once('/')?;
        check_name(host, path).ok()?;
        Some(Self { host: host.to_owned(), path: path.to_owned(), ..self.clone() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl FromStr for Reference {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        Self::parse(text)
    }
}

fn read(text: &str) -> Result<Reference, String> {
    let Some(rest) = text.strip_prefix(SCHEME) else {
        return Err(no_scheme(text));
    };
    if text.contains(char::is_whitespace) {
        return Err("it contains white space".into());
    }
    if let Some((_, after)) = rest.split_once("://") {
        return Err(format!("it has two schemes: write {SCHEME}{}", shown(after)));
    }
    if rest.contains(['?', '#']) {
        return Err("a reference has no `?` and no `#`".into());
    }
    let (named, digest) = match rest.split_once('@') {
        Some((login, after)) if !after.contains(PREFIX) && after.contains('/') => {
            // What stands before the @ may be a password, and is not repeated.
            let what = if login.contains(':') { "a user and a password" } else { "a user" };
            return Err(format!("it carries {what}: log in instead, with docker login or oras login"));
        }
        Some((named, digest)) => (named, Some(digest)),
        None => (rest, None),
    };
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    if named.contains(":sha256:") {
        return Err("a digest follows an `@`, not a `:`".into());
    }
    let (host, path) = named.split_once('/').ok_or_else(|| {
        let tag = if named.contains(':') { "" } else { ":1.0.0" };
        format!(
            "it names no repository: {SCHEME}HOST/REPOSITORY:TAG, such as {SCHEME}ghcr.io/acme/{}{tag}",
            shown(named)
        )
    })?;
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    check_name(host, path)?;
    if let Some(tag) = tag {
        check_tag(tag)?;
    }
    Ok(Reference {
        host: host.to_owned(),
        path: path.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

fn no_scheme(text: &str) -> String {
    if Reference::is_meant(text) {
        return format!("write the scheme in lower case: {SCHEME}{}", shown(&text[SCHEME.len()..]));
    }
    match text.split_once("://") {
        Some((scheme @ ("http" | "https" | "docker"), rest)) => {
            format!("a registry's reference begins with {SCHEME}, not {scheme}://: write {SCHEME}{}", shown(rest))
        }
        Some(_) => format!("a registry's reference begins with {SCHEME}"),
        None => {
            let rest = text.trim_start_matches("oci:").trim_start_matches('/');
            format!("a registry's reference begins with {SCHEME}: write {SCHEME}{}", shown(rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_written_is_what_is_shown() {
        let pinned = format!("oci://ghcr.io/acme/rabbitmq:1.0.0@sha256:{HEX}");
        for text in [
            "oci://ghcr.io/acme/rabbitmq:1.0.0",
            "oci://ghcr.io/acme/rabbitmq",
            "oci://localhost/x:1",
            "oci://localhost:5000/x",
            "oci://registry:5000/x/y",
            "oci://127.0.0.1:5000/a/b/c:v1.0.0-rc.1_build",
            "oci://[::1]:5000/x:_tag",
            "oci://[fd00::1]/x",
            "oci://a.b-c.example/x__y/z---z.w_v:A",
            &format!("oci://ghcr.io/a@sha256:{HEX}"),
            &pinned,
        ] {
            let read = Reference::parse(text).unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(Reference::parse(&read.to_string()).unwrap(), read);
        }
        let read = Reference::parse(&pinned).unwrap();
        assert_eq!(read.repository(), "ghcr.io/acme/rabbitmq");
        assert_eq!((read.host(), read.path(), read.tag()), ("ghcr.io", "acme/rabbitmq", Some("1.0.0")));
        assert_eq!(read.digest(), Some(format!("sha256:{HEX}").as_str()));
        assert_eq!(read.without_digest().with_digest(read.digest().unwrap()).unwrap(), read);
        assert_eq!(read.with_tag("1.1.0").unwrap().to_string(), "oci://ghcr.io/acme/rabbitmq:1.1.0");
        assert!(read.with_tag("1.0.0/../x").is_err() && read.with_digest("sha256:../../x").is_err());
    }

    #[test]
    fn each_mistake_has_its_own_words() {
        let long_digest = format!("oci://a.b/c@sha256:{HEX}0");
        let upper_digest = format!("oci://a.b/c@sha256:{}", HEX.to_ascii_uppercase());
        let as_tag = format!("oci://a.b/c:sha256:{HEX}");
        let sha512 = format!("oci://a.b/c@sha512:{HEX}{HEX}");
        let long_tag = format!("oci://a.b/c:{}", "x".repeat(129));
        let long_name = format!("oci://a.b/{}", "x".repeat(255));
        for (text, words) in [
            ("", "begins with oci://"),
            ("ghcr.io/acme/x:1", "write oci://ghcr.io/acme/x:1"),
            ("oci:ghcr.io/acme/x:1", "write oci://ghcr.io/acme/x:1"),
            ("oci:/ghcr.io/x:1", "write oci://ghcr.io/x:1"),
            ("https://ghcr.io/acme/x:1", "not https://: write oci://ghcr.io/acme/x:1"),
            ("docker://ghcr.io/x", "not docker://"),
            ("file:///x", "begins with oci://"),
            ("OCI://ghcr.io/x", "scheme in lower case"),
            ("oci://https://ghcr.io/x", "two schemes: write oci://ghcr.io/x"),
            ("oci://", "names no repository"),
            ("oci:///x", "names no host"),
            ("oci://ghcr.io", "names no repository"),
            ("oci://ghcr.io/", "names no repository"),
            ("oci://rabbitmq:1.0.0", "names no repository"),
            ("oci://acme/rabbitmq:1.0.0", "docker.io/acme"),
            ("oci://ghcr.io/Acme/x:1", "lower case: `acme/x`"),
            ("oci://GHCR.io/acme/x:1", "host is written in lower case: `ghcr.io`"),
            ("oci://ghcr.io//x:1", "empty part"),
            ("oci://ghcr.io/x/:1", "empty part"),
            ("oci://ghcr.io/../x:1", "`..` cannot be part"),
            ("oci://ghcr.io/a/./x", "`.` cannot be part"),
            ("oci://ghcr.io/a..b", "cannot be part"),
            ("oci://ghcr.io/a___b", "cannot be part"),
            ("oci://ghcr.io/-a", "cannot be part"),
            ("oci://ghcr.io/a%2fb", "cannot be part"),
            ("oci://ghcr.io/\u{444}", "cannot be part"),
            ("oci://ghcr.io/x:", "no tag after it"),
            ("oci://ghcr.io/x:-1", "is no tag"),
            ("oci://ghcr.io/x:1.0.0+build", "write `1.0.0_build`"),
            ("oci://ghcr.io/x:a:b", "cannot be part"),
            (&long_tag, "is no tag"),
            (&long_name, "longer than 255"),
            ("oci://ghcr.io/x@", "is no digest"),
            ("oci://ghcr.io/x@latest", "is no digest"),
            ("oci://ghcr.io/x@sha256:abc", "3 digits, and 64"),
            ("oci://ghcr.io/x@sha256:../../etc", "is no digest"),
            (&long_digest, "65 digits"),
            (&upper_digest, "lower case"),
            (&as_tag, "follows an `@`"),
            (&sha512, "only sha256"),
            ("oci://ghcr.io:0/x", "no port"),
            ("oci://ghcr.io:070/x", "no port"),
            ("oci://ghcr.io:65536/x", "no port"),
            ("oci://ghcr.io:port/x", "no port"),
            ("oci://-a.b/x", "is no host"),
            ("oci://a..b/x", "is no host"),
            ("oci://[::1/x", "is no host"),
            ("oci://[::g]:1/x", "is no host"),
            ("oci://[::1]5000/x", "is no host"),
            ("oci://me:hunter22@ghcr.io/x", "a user and a password: log in"),
            ("oci://me@ghcr.io/x", "carries a user"),
            ("oci://ghcr.io/x y", "white space"),
            ("oci://ghcr.io/x\u{1b}[2j", "\\u{1b}"),
            ("oci://ghcr.io/x?y=1", "no `?`"),
        ] {
            let told = Reference::parse(text).unwrap_err().to_string();
            assert!(told.contains(words), "{text}\n{told}\n{words}");
            assert!(!told.contains('\u{1b}'), "{told}");
        }
    }

    #[test]
    fn a_password_in_a_reference_is_not_repeated() {
        let told = Reference::parse("oci://me:hunter22@ghcr.io/x").unwrap_err().to_string();
        assert!(!told.contains("hunter22"), "{told}");
    }

    #[test]
    fn any_text_is_answered_and_what_is_read_is_shown_again() {
        // Pieces that are nearly right find more than random bytes do.
        const HOSTS: &[&str] = &["ghcr.io", "localhost:5000", "[::1]:5000", "a", "", "A.b", "a.b:", "\u{202e}"];
        const PATHS: &[&str] = &["/a", "/a/b__c", "/", "", "/..", "/A", "/a%2f", "/a/", "/é"];
        const TAGS: &[&str] = &["", ":1.0.0", ":", ":a:b", ":-", ":\0", ":_x", ":1+2"];
        const PINS: &[&str] = &["", "@", "@sha256:", "@sha256:abc", "@sha256:../..", "@x/y"];
        let pinned = format!("@sha256:{HEX}");
        let pins = PINS.iter().copied().chain([pinned.as_str()]);
        let mut read = 0;
        for pin in pins {
            for (host, path) in HOSTS.iter().flat_map(|host| PATHS.iter().map(move |path| (host, path))) {
                for tag in TAGS {
                    for text in [format!("oci://{host}{path}{tag}{pin}"), format!("oci://{host}{pin}{path}{tag}{path}")]
                    {
                        if let Ok(reference) = Reference::parse(&text) {
                            assert_eq!(reference.to_string(), text);
                            read += 1;
                        }
                        for (at, _) in text.char_indices() {
                            let cut = &text[..at];
                            assert!(Reference::parse(cut).map_or(true, |reference| reference.to_string() == cut));
                        }
                    }
                }
            }
        }
        assert!(read > 10, "the generator makes no reference: {read}");
    }
}
