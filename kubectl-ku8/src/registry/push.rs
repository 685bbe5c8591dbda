//! Templates to a registry: blobs that are missing, then the manifest that makes them one.
//! It never sends a byte to another place than the registry's own, and names no tag before its blobs are there.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};

use super::artifact::{Artifact, Stored};
use super::client::Registry;
use super::exchange::{Ask, Exchange, Progress, len};
use super::layout::{self, MANIFEST, MAX_COMPONENT};
use super::token::Access;
use super::{Reference, RegistryError, digest, failure, signatures, url};
use crate::object::printable;
use crate::trust::Signature;

/// Longest answer to something that was sent.
const ANSWER: u64 = 64 * 1024;

impl Registry {
    /// Pushes a component under a tag and returns its manifest's digest. The same component and annotations give the
    /// same digest everywhere.
    ///
    /// # Errors
    /// Whatever keeps the registry from taking it. No tag is moved unless everything before it succeeded.
    pub async fn push(
        &self,
        reference: &Reference,
        component: &[u8],
        annotations: &BTreeMap<String, String>,
        progress: Option<Progress<'_>>,
    ) -> Result<String, RegistryError> {
        if len(component) > MAX_COMPONENT {
            return Err(failure::too_large("the component", MAX_COMPONENT));
        }
        let built = layout::build(component, annotations);
        self.put(reference, &built.manifest, &[&built.config, component], progress).await
    }

    /// Pushes a template byte for byte as it was pulled or stored, and its signatures, to another place.
    ///
    /// # Errors
    /// As [`Registry::push`].
    pub async fn push_stored(
        &self,
        reference: &Reference,
        stored: &Stored,
        progress: Option<Progress<'_>>,
    ) -> Result<String, RegistryError> {
        let Artifact { resolved, config, component } = &stored.artifact;
        let pushed = self.put(reference, &resolved.manifest, &[config, component], progress).await?;
        self.push_signatures(reference, &resolved.digest, len(&resolved.manifest), &stored.signatures).await?;
        Ok(pushed)
    }

    /// Puts signatures beside a manifest, as cosign does.
    async fn push_signatures(
        &self,
        reference: &Reference,
        manifest: &str,
        size: u64,
        found: &[Signature],
    ) -> Result<(), RegistryError> {
        let items = signatures::items(manifest, size, found);
        for item in items {
            let blobs: Vec<&[u8]> = item.blobs.iter().map(Vec::as_slice).collect();
            let place = match &item.tag {
                Some(tag) => reference.with_tag(tag)?,
                None => reference.without_digest().with_digest(&digest::of(&item.manifest))?,
            };
            self.send(&place, item.kind, &item.manifest, &blobs, None).await?;
        }
        Ok(())
    }

    async fn put(
        &self,
        reference: &Reference,
        manifest: &[u8],
        blobs: &[&[u8]],
        progress: Option<Progress<'_>>,
    ) -> Result<String, RegistryError> {
        if reference.tag().is_none() || reference.digest().is_some() {
            return Err(RegistryError::Reference {
                text: reference.to_string(),
                reason: "what is pushed needs a tag and no digest, such as oci://ghcr.io/acme/rabbitmq:1.0.0".into(),
            });
        }
        self.send(reference, MANIFEST, manifest, blobs, progress).await
    }

    /// Blobs, then the manifest. A push goes to the registry itself, never to a mirror.
    async fn send(
        &self,
        reference: &Reference,
        kind: &str,
        manifest: &[u8],
        blobs: &[&[u8]],
        progress: Option<Progress<'_>>,
    ) -> Result<String, RegistryError> {
        let until = Instant::now() + self.settings.deadline;
        let exchange = self.exchange(reference.host(), reference.path(), Access::Push, until);
        let work = async {
            let total: u64 = blobs.iter().map(|blob| len(blob)).sum();
            let mut done = 0;
            for blob in blobs {
                exchange.upload(blob).await?;
                done += len(blob);
                if let Some(progress) = progress {
                    progress(done, total);
                }
            }
            exchange.put_manifest(reference, kind, manifest).await
        };
        let late = |_| failure::timeout(reference.host(), "all of it together", self.settings.deadline);
        timeout_at(until, work).await.map_err(late)?
    }
}

impl Exchange<'_> {
    /// Sends a blob that is not there yet.
    async fn upload(&self, blob: &[u8]) -> Result<(), RegistryError> {
        let named = digest::of(blob);
        let what = format!("blob {named} in {}", self.path);
        let ask = |method: Method, address, content| Ask {
            method,
            address,
            accept: "*/*",
            content,
            longest: ANSWER,
            what: &what,
            progress: None,
        };
        let there = self.send(&ask(Method::HEAD, self.address(&format!("/blobs/{named}"))?, None)).await?;
        match there.status {
            StatusCode::OK => return Ok(()),
            // Some registries tell nobody what is not theirs to see; the upload shows what is allowed.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => {}
            _ => return Err(failure::of_status(self, &what, &there)),
        }
        let begun = self.address("/blobs/uploads/")?;
        let empty = Some(("application/octet-stream", Bytes::new()));
        let begun = self.expect(&ask(Method::POST, begun, empty), &[StatusCode::ACCEPTED]).await?;
        let location = begun.header("location").ok_or_else(|| self.reply("an upload without a place to go to"))?;
        let place =
            url::join(&begun.address, location).map_err(|reason| self.reply(&format!("an upload to {reason}")))?;
        if url::origin(&place) != url::origin(&begun.address) {
            return Err(self.elsewhere(format!(
                "wants what is pushed sent to {}",
                printable(&format!("{}://{}", place.scheme_str().unwrap_or_default(), url::host(&place)))
            )));
        }
        let place = url::with_query(&place, &[("digest", &named)]).map_err(|reason| self.reply(&reason))?;
        let content = Some(("application/octet-stream", Bytes::copy_from_slice(blob)));
        self.expect(&ask(Method::PUT, place, content), &[StatusCode::CREATED, StatusCode::NO_CONTENT]).await?;
        Ok(())
    }

    async fn put_manifest(&self, reference: &Reference, kind: &str, manifest: &[u8]) -> Result<String, RegistryError> {
        let named = digest::of(manifest);
        // What has no tag of its own goes by its digest, and never moves the tag of what it is beside.
        let version = if reference.digest().is_some() { &named } else { reference.tag().unwrap_or(&named) };
        let what = format!("manifest {version} in {}", self.path);
        let ask = Ask {
            method: Method::PUT,
            address: self.address(&format!("/manifests/{version}"))?,
            accept: "*/*",
            content: Some((kind, Bytes::copy_from_slice(manifest))),
            longest: ANSWER,
            what: &what,
            progress: None,
        };
        let answer = self.expect(&ask, &[StatusCode::CREATED, StatusCode::OK]).await?;
        match answer.header("docker-content-digest") {
            Some(stored) if stored != named => Err(RegistryError::Digest {
                what: format!("the {what}"),
                reason: format!(
                    "{named} was pushed and the registry calls it {}",
                    printable(&stored.chars().take(100).collect::<String>())
                ),
            }),
            _ => Ok(named),
        }
    }
}
