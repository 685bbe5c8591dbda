//! What can be asked of registries: what a reference stands for, a template, the tags beside it.
//! It believes no tag twice: what was resolved is fetched by its digest, from wherever it lies.

use std::collections::BTreeSet;
use std::future::Future;

use http::{Method, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::artifact::{Artifact, Resolved};
use super::exchange::{Answer, Ask, Exchange, Progress};
use super::layout::{self, INDEX, MANIFEST, MAX_MANIFEST};
use super::token::{Access, Tokens};
use super::transport::{self, Http};
use super::{Reference, RegistryError, Settings, digest, failure, json, url};
use crate::object::printable;

/// Everything a manifest can be, so that the registry says what it is and not what it could be made into.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
/// Largest page of a list of tags.
const MAX_PAGE: u64 = 1024 * 1024;
/// Most tags and pages of one repository that are read.
const MAX_TAGS: usize = 10_000;
const MAX_PAGES: usize = 100;

/// Registries, spoken to as the settings say. Logins and tokens are kept for as long as it lives.
pub struct Registry {
    pub(super) settings: Settings,
    pub(super) http: Http,
    pub(super) tokens: Tokens,
}

impl Registry {
    /// Makes a client; nothing is sent.
    ///
    /// # Errors
    /// Settings that cannot be what they should be.
    pub fn new(settings: Settings) -> Result<Self, RegistryError> {
        settings.check()?;
        let http = transport::client(&settings)?;
        Ok(Self { settings, http, tokens: Tokens::default() })
    }

    /// What a person must be told before a reference is used.
    pub fn warning(&self, reference: &Reference) -> Option<String> {
        self.settings.warning(reference)
    }

    /// Looks up what a reference stands for now: its manifest, judged to be a template's.
    ///
    /// # Errors
    /// Whatever keeps it from being found, or makes it something else.
    pub async fn resolve(&self, reference: &Reference) -> Result<Resolved, RegistryError> {
        self.first(reference, |place, until| async move {
            let (host, path) = (place.host().to_owned(), place.path().to_owned());
            let exchange = self.exchange(&host, &path, Access::Pull, until);
            let version = version(&place)?;
            let what = format!("manifest {version} in {}", place.path());
            let answer = exchange.manifest(&version, &what).await?;
            check_named_digest(&answer, &place)?;
            let kind = answer.header("content-type").unwrap_or_default().to_owned();
            Resolved::of(reference, Some(&kind), answer.body)
        })
        .await
    }

    /// Fetches a template that was resolved, by its digests.
    ///
    /// # Errors
    /// Whatever keeps it from coming whole, or bytes that are not what was resolved.
    pub async fn pull(&self, resolved: &Resolved, progress: Option<Progress<'_>>) -> Result<Artifact, RegistryError> {
        self.first(&resolved.reference, |place, until| async move {
            let (host, path) = (place.host().to_owned(), place.path().to_owned());
            let exchange = self.exchange(&host, &path, Access::Pull, until);
            let config = exchange.blob(&resolved.layout.config, "the template's config", None).await?;
            let component = exchange.blob(&resolved.layout.layer, "the component", progress).await?;
            Artifact::of(resolved.clone(), config, component)
        })
        .await
        .map_err(|error| match error {
            // The manifest is there, or was: nobody has misspelt anything.
            RegistryError::NotFound { host, what } => RegistryError::Incomplete {
                host,
                reference: resolved.reference.to_string(),
                what: what.trim_start_matches("the ").trim_start_matches("template's ").to_owned(),
            },
            other => other,
        })
    }

    /// Every tag of a reference's repository, sorted.
    ///
    /// # Errors
    /// Whatever keeps them from being listed; a list without an end is one.
    pub async fn tags(&self, reference: &Reference) -> Result<Vec<String>, RegistryError> {
        self.first(reference, |place, until| async move {
            let (host, path) = (place.host().to_owned(), place.path().to_owned());
            let exchange = self.exchange(&host, &path, Access::Pull, until);
            exchange.tags().await
        })
        .await
    }

    /// Asks the mirrors of a reference and then its own registry; the last word is the registry's.
    pub(super) async fn first<T, F, W>(&self, reference: &Reference, ask: F) -> Result<T, RegistryError>
    where
        F: Fn(Reference, Instant) -> W,
        W: Future<Output = Result<T, RegistryError>>,
    {
        let until = Instant::now() + self.settings.deadline;
        let places = self.settings.candidates(reference);
        let last = places.len() - 1;
        for (index, place) in places.into_iter().enumerate() {
            let host = place.host().to_owned();
            // A mirror that hangs leaves time for the others.
            let share = if index == last {
                until
            } else {
                Instant::now() + until.saturating_duration_since(Instant::now()) / 2
            };
            let answer = timeout_at(share, ask(place, share)).await;
            let answer =
                answer.unwrap_or_else(|_| Err(failure::timeout(&host, "all of it together", self.settings.deadline)));
            match answer {
                Err(error) if index < last => tracing::warn!("the mirror {host} did not help: {error}"),
                other => return other,
            }
        }
        Err(failure::timeout(reference.host(), "all of it together", self.settings.deadline))
    }

    pub(super) fn exchange<'a>(&'a self, host: &'a str, path: &'a str, access: Access, until: Instant) -> Exchange<'a> {
        Exchange::new(&self.http, &self.settings, &self.tokens, (host, path), access, until)
    }
}

/// What a reference asks for: its pin, else its tag.
fn version(reference: &Reference) -> Result<String, RegistryError> {
    let version = reference.digest().or(reference.tag()).map(str::to_owned);
    version.ok_or_else(|| RegistryError::Reference {
        text: reference.to_string(),
        reason: format!("it names no version: add a tag, such as {reference}:1.0.0"),
    })
}

/// A registry that names another digest than its bytes have is damaged or lying.
fn check_named_digest(answer: &Answer, place: &Reference) -> Result<(), RegistryError> {
    let found = digest::of(&answer.body);
    match answer.header("docker-content-digest") {
        Some(named) if named != found => Err(RegistryError::Digest {
            what: format!("the manifest of {place}"),
            reason: format!(
                "the registry calls it {} and it is {found}",
                printable(&named.chars().take(100).collect::<String>())
            ),
        }),
        _ => Ok(()),
    }
}

impl Exchange<'_> {
    /// A manifest, unread.
    pub(super) async fn manifest(&self, version: &str, what: &str) -> Result<Answer, RegistryError> {
        self.expect(
            &Ask {
                method: Method::GET,
                address: self.address(&format!("/manifests/{version}"))?,
                accept: MANIFESTS,
                content: None,
                longest: MAX_MANIFEST,
                what,
                progress: None,
            },
            &[StatusCode::OK],
        )
        .await
    }

    /// A blob, exactly as long as its descriptor says and with its digest.
    pub(super) async fn blob(
        &self,
        wanted: &layout::Descriptor,
        what: &str,
        progress: Option<Progress<'_>>,
    ) -> Result<Vec<u8>, RegistryError> {
        let total = wanted.size;
        let tell = |read: u64, _: u64| progress.iter().for_each(|progress| progress(read, total));
        let answer = self
            .expect(
                &Ask {
                    method: Method::GET,
                    address: self.address(&format!("/blobs/{}", wanted.digest))?,
                    accept: "*/*",
                    content: None,
                    longest: total,
                    what,
                    progress: Some(&tell),
                },
                &[StatusCode::OK],
            )
            .await?;
        let found = digest::of(&answer.body);
        if found != wanted.digest {
            let size = answer.body.len();
            let cut = if super::exchange::len(&answer.body) < total {
                format!("only {size} of its {total} bytes came")
            } else {
                format!("it should be {} and is {found}", wanted.digest)
            };
            return Err(RegistryError::Digest {
                what: format!("{what} from {}/{}", self.host, self.path),
                reason: cut,
            });
        }
        Ok(answer.body)
    }

    async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let home = self.address("/tags/list?n=1000")?;
        let (mut next, mut tags) = (Some(home.clone()), BTreeSet::new());
        let what = format!("list of tags of {}", self.path);
        for _ in 0..MAX_PAGES {
            let Some(address) = next.take() else { return Ok(tags.into_iter().collect()) };
            let ask = Ask {
                method: Method::GET,
                address: address.clone(),
                accept: "application/json",
                content: None,
                longest: MAX_PAGE,
                what: &what,
                progress: None,
            };
            let answer = self.expect(&ask, &[StatusCode::OK]).await?;
            let page = json::parse(&answer.body).map_err(|reason| self.reply(&format!("{what}: {reason}")))?;
            let found = match &page["tags"] {
                serde_json::Value::Null => &Vec::new(),
                found => found.as_array().ok_or_else(|| self.reply(&format!("{what}: `tags` is no list")))?,
            };
            // What is no tag cannot be asked for, and never becomes part of an address.
            let reference = Reference::parse(&format!("oci://{}/{}", self.host, self.path))?;
            tags.extend(
                found
                    .iter()
                    .filter_map(|tag| tag.as_str())
                    .filter(|tag| reference.with_tag(tag).is_ok())
                    .map(str::to_owned),
            );
            if tags.len() > MAX_TAGS {
                return Err(failure::too_large(&format!("the {what}, with more than {MAX_TAGS} tags,"), MAX_PAGE));
            }
            let Some(link) = answer.header("link").and_then(next_page) else { continue };
            let link =
                url::join(&address, &link).map_err(|reason| self.reply(&format!("{what} goes on at {reason}")))?;
            if url::origin(&link) != url::origin(&home) || link.path() != home.path() {
                return Err(self.elsewhere(format!("continues the {what} at {}", printable(&url::host(&link)))));
            }
            if link == address {
                return Err(self.reply(&format!("the {what} goes round in a circle")));
            }
            next = Some(link);
        }
        if next.is_none() {
            return Ok(tags.into_iter().collect());
        }
        Err(self.reply(&format!("the {what} has more than {MAX_PAGES} pages")))
    }
}

/// `</v2/…>; rel="next"` (RFC 8288).
fn next_page(header: &str) -> Option<String> {
    let (address, parameters) = header.trim().strip_prefix('<')?.split_once('>')?;
    let next = parameters.split([';', ',']).any(|one| matches!(one.trim(), "rel=\"next\"" | "rel=next"));
    next.then(|| address.to_owned())
}

/// Whether an answer is a manifest of one of the two kinds that are read.
pub(super) fn is_manifest_or_index(kind: &str) -> bool {
    kind == MANIFEST || kind == INDEX
}
