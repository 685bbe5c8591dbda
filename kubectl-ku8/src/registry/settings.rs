//! How registries are reached: what the operator allows, and for how long. Pure; files are named here and read elsewhere.
//! It never reads the environment, and allows nothing by default that is not encrypted and verified.

use std::path::PathBuf;
use std::time::Duration;

use super::{Reference, RegistryError};

/// What the command line, the environment and the configuration say about registries.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST[:PORT]` of registries that are spoken to without TLS.
    pub plain_http: Vec<String>,
    /// `HOST[/PREFIX]` to `HOST[/PREFIX]`: asked first, in this order; the digest decides, not the mirror.
    pub mirrors: Vec<(String, String)>,
    /// A PEM file of authorities trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Files of logins in docker's form, asked in this order; one that is not there has none.
    pub auth_files: Vec<PathBuf>,
    /// `HOST[:PORT]` that may be sent logins of a registry beside its own: `(registry, realm)`.
    pub realms: Vec<(String, String)>,
    /// `HTTPS_PROXY`; empty for none. Plain HTTP and loopback go straight.
    pub https_proxy: String,
    /// `NO_PROXY`.
    pub no_proxy: String,
    /// Longest time of one operation, with all its requests.
    pub deadline: Duration,
    /// Longest silence while an answer is read.
    pub silence: Duration,
    /// Longest time until a connection stands.
    pub connect: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            plain_http: Vec::new(),
            mirrors: Vec::new(),
            ca_file: None,
            auth_files: Vec::new(),
            realms: Vec::new(),
            https_proxy: String::new(),
            no_proxy: String::new(),
            deadline: Duration::from_mins(5),
            silence: Duration::from_secs(20),
            connect: Duration::from_secs(10),
        }
    }
}

/// Registries whose logins belong to another host, by their own documentation.
const KNOWN_REALMS: &[(&str, &str)] = &[
    ("docker.io", "auth.docker.io"),
    ("index.docker.io", "auth.docker.io"),
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    ("registry.digitalocean.com", "api.digitalocean.com"),
];

impl Settings {
    /// Whether a host is spoken to without TLS.
    pub fn is_plain(&self, host: &str) -> bool {
        self.plain_http.iter().any(|plain| plain == host)
    }

    /// What a person must be told before a registry is spoken to.
    pub fn warning(&self, reference: &Reference) -> Option<String> {
        let plain: Vec<String> = self
            .candidates(reference)
            .iter()
            .map(|one| one.host().to_owned())
            .filter(|one| self.is_plain(one))
            .collect();
        let hosts = match plain.as_slice() {
            [] => return None,
            [one] => format!("{one} is"),
            all => format!("{} are", all.join(" and ")),
        };
        Some(format!("{hosts} spoken to over plain HTTP: logins and templates can be read and changed on the way"))
    }

    /// Checks what can be checked before anything is sent.
    ///
    /// # Errors
    /// A mirror or host that cannot be one.
    pub fn check(&self) -> Result<(), RegistryError> {
        let wrong = |what: &str, text: &str, example: &str| RegistryError::Setting {
            what: what.to_owned(),
            reason: format!("`{}` is not {example}", crate::object::printable(text)),
        };
        let is_prefix = |text: &str| {
            let whole = if text.contains('/') { format!("oci://{text}/x") } else { format!("oci://{text}/x/y") };
            !text.ends_with('/') && Reference::parse(&whole).is_ok_and(|read| read.tag().is_none())
        };
        for (from, to) in &self.mirrors {
            for text in [from, to] {
                if !is_prefix(text) {
                    return Err(wrong("mirror", text, "HOST[/PREFIX], such as mirror.corp/hub"));
                }
            }
        }
        let hosts = self.plain_http.iter().map(|host| ("plain HTTP", host));
        let pairs = self.realms.iter().flat_map(|(host, realm)| [("realm", host), ("realm", realm)]);
        for (what, host) in hosts.chain(pairs) {
            if host.contains('/') || !is_prefix(host) {
                return Err(wrong(what, host, "HOST[:PORT], such as registry.corp:5000"));
            }
        }
        Ok(())
    }

    /// Where a reference is looked for: its mirrors, then itself.
    pub(super) fn candidates(&self, reference: &Reference) -> Vec<Reference> {
        let name = reference.repository();
        let mirrored = self.mirrors.iter().filter_map(|(from, to)| {
            // `ghcr.io/acme` is not the beginning of `ghcr.io/acme-evil`.
            let rest = name.strip_prefix(from.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            reference.moved(&format!("{to}{rest}"))
        });
        mirrored.chain([reference.clone()]).collect()
    }

    /// Whether logins of `host` may be sent to `realm`, both with their ports.
    pub(super) fn allows_realm(&self, host: &str, realm: &str) -> bool {
        let own = without_default_port(host) == without_default_port(realm);
        let known = KNOWN_REALMS.iter().any(|(known, pair)| *known == host && *pair == realm);
        own || known || self.realms.iter().any(|(named, pair)| named == host && pair == without_default_port(realm))
    }
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrored(pairs: &[(&str, &str)]) -> Settings {
        let mirrors = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Settings { mirrors, ..Settings::default() }
    }

    #[test]
    fn mirrors_are_asked_first_and_only_for_what_is_theirs() {
        let settings = mirrored(&[("ghcr.io/acme", "mirror.corp/hub"), ("ghcr.io", "cache.corp:5000")]);
        let names = |text: &str| -> Vec<String> {
            settings.candidates(&Reference::parse(text).unwrap()).iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            names("oci://ghcr.io/acme/x:1"),
            ["oci://mirror.corp/hub/x:1", "oci://cache.corp:5000/acme/x:1", "oci://ghcr.io/acme/x:1"]
        );
        assert_eq!(names("oci://ghcr.io/acme-evil/x:1")[0], "oci://cache.corp:5000/acme-evil/x:1");
        assert_eq!(names("oci://ghcr.io.evil.example/x:1"), ["oci://ghcr.io.evil.example/x:1"]);
        assert_eq!(names("oci://quay.io/acme/x:1"), ["oci://quay.io/acme/x:1"]);
    }

    #[test]
    fn settings_that_cannot_be_are_told() {
        assert!(mirrored(&[("ghcr.io/acme", "mirror.corp:5000/hub")]).check().is_ok());
        for (from, to) in
            [("ghcr.io/", "m.corp"), ("https://ghcr.io", "m.corp"), ("ghcr.io", ""), ("ghcr.io", "m.corp/x:1")]
        {
            assert!(mirrored(&[(from, to)]).check().is_err(), "{from} {to}");
        }
        for host in ["http://a.b", "a.b/c", "", "A.b"] {
            let settings = Settings { plain_http: vec![host.to_owned()], ..Settings::default() };
            assert!(settings.check().is_err(), "{host}");
        }
        assert!(Settings { plain_http: vec!["127.0.0.1:5000".into()], ..Settings::default() }.check().is_ok());
    }

    #[test]
    fn logins_go_to_their_own_place_only() {
        let settings = Settings { realms: vec![("r.corp".into(), "sso.corp".into())], ..Settings::default() };
        for (host, realm, allowed) in [
            ("ghcr.io", "ghcr.io", true),
            ("ghcr.io", "ghcr.io:443", true),
            ("ghcr.io", "ghcr.io:8443", false),
            ("ghcr.io", "ghcr.io.evil.example", false),
            ("docker.io", "auth.docker.io", true),
            ("evil.example", "auth.docker.io", false),
            ("r.corp", "sso.corp", true),
            ("r.corp", "sso.corp:443", true),
            ("q.corp", "sso.corp", false),
            ("127.0.0.1:5000", "127.0.0.1:5001", false),
        ] {
            assert_eq!(settings.allows_realm(host, realm), allowed, "{host} {realm}");
        }
    }

    #[test]
    fn plain_http_is_told_also_of_a_mirror() {
        let reference = Reference::parse("oci://ghcr.io/x:1").unwrap();
        let mut settings = mirrored(&[("ghcr.io", "m.corp:5000")]);
        assert_eq!(settings.warning(&reference), None);
        settings.plain_http = vec!["m.corp:5000".into()];
        assert!(settings.warning(&reference).unwrap().starts_with("m.corp:5000 is spoken to over plain HTTP"));
        settings.plain_http.push("ghcr.io".into());
        assert!(settings.warning(&reference).unwrap().starts_with("m.corp:5000 and ghcr.io are spoken to over"));
    }
}
