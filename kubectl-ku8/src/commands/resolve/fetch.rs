//! A template of a registry on its way in: tag → digest → manifest → signatures → bytes, each checked before the next.
//! What was verified is what runs, and a pinned reference never asks what its tag names now.

use std::cell::OnceCell;

use super::loaded::{Kept, Loaded, Proof};
use super::policy::policy;
use super::settings::{settings, store};
use super::signatures;
use super::tags::{self, Moved};
use crate::commands::Context;
use crate::error::{CommandError, id};
use crate::files::ComponentStore;
use crate::registry::{Artifact, Reference, Registry, Resolved, Settings, Stored};
use crate::render::Origin;
use crate::terminal::Transfer;
use crate::trust::{Policy, Signature, TrustError, Verdict};

/// How far a command may go for a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Reach {
    /// To the registry.
    Network,
    /// Not beyond this machine and the cluster: somebody waits at the keyboard.
    Here,
}

/// One command's way to registries.
pub(in crate::commands) struct Fetcher<'c> {
    context: &'c Context,
    reach: Reach,
    settings: Settings,
    /// This machine's components.
    pub(in crate::commands) store: Option<ComponentStore>,
    policy: Policy,
    registry: OnceCell<Registry>,
}

impl<'c> Fetcher<'c> {
    /// Reads settings and the policy; nothing is sent yet.
    ///
    /// # Errors
    /// Settings or a policy that do not read.
    pub(in crate::commands) fn new(context: &'c Context, reach: Reach) -> Result<Self, CommandError> {
        let (settings, policy) = (settings(context)?, policy(context)?);
        Ok(Self { context, reach, settings, store: store(), policy, registry: OnceCell::new() })
    }

    /// The client, after the warnings that go with this reference.
    ///
    /// # Errors
    /// When the network may not be asked, or the client cannot be built.
    pub(in crate::commands) fn registry(&self, reference: &Reference) -> Result<&Registry, CommandError> {
        if self.reach == Reach::Here {
            return Err(not_here(reference));
        }
        if self.registry.get().is_none() {
            if let Some(warning) = self.settings.warning(reference) {
                self.context.ui.warn(&warning);
            }
            let registry = Registry::new(self.settings.clone())?;
            let _ = self.registry.set(registry);
        }
        Ok(self.registry.get().expect("it was just made"))
    }

    /// What a tag names now, pinned. `stored` is what the definition has.
    ///
    /// # Errors
    /// A reference without a tag, a registry that does not answer, or a tag that was moved and not accepted.
    pub(in crate::commands) async fn pin(
        &self,
        reference: &Reference,
        stored: Option<&Reference>,
        moved: Moved,
    ) -> Result<Reference, CommandError> {
        if reference.digest().is_some() {
            return Ok(reference.clone());
        }
        if reference.tag().is_none() {
            return Err(CommandError::new(format!("{reference} names no version")).id(id::NO_TAG).hint(format!(
                "see which there are, and name one as {reference}:TAG: kubectl ku8 template list --remote {reference}"
            )));
        }
        let last_used = tags::last_used(self.store.as_ref(), reference);
        if self.reach == Reach::Here {
            let digest = last_used.ok_or_else(|| not_here(reference))?;
            return Ok(reference.with_digest(&digest)?);
        }
        let resolved = self.registry(reference)?.resolve(reference).await.map_err(|error| {
            let failed = match CommandError::from(error) {
                failed if failed.id == id::NOT_IN_REGISTRY => failed.hint(format!(
                    "see which there are: kubectl ku8 template list --remote oci://{}",
                    reference.repository()
                )),
                failed => failed,
            };
            match last_used.as_ref().and_then(|digest| reference.with_digest(digest).ok()) {
                Some(pinned) => failed.hint(format!("this machine has used {pinned}, which needs no registry")),
                None => failed,
            }
        })?;
        let pinned = reference.with_digest(&resolved.digest)?;
        tags::check(&pinned, stored, last_used.as_deref(), moved)?;
        self.keep(&resolved.manifest);
        Ok(pinned)
    }

    /// A pinned template: its bytes from here, the cluster or the registry, whichever has them first. `component` is
    /// the digest a definition holds.
    ///
    /// # Errors
    /// When nobody has it, it is not what its digests say, the policy refuses it, or it is no template.
    pub(in crate::commands) async fn load(
        &self,
        pinned: &Reference,
        component: Option<&str>,
        kept: Kept,
    ) -> Result<Loaded, CommandError> {
        let resolved = match self.manifest(pinned, &kept).await {
            Ok(resolved) => resolved,
            Err(error) => return self.without_registry(pinned, component, &kept, error),
        };
        if let Some(wanted) = component.filter(|wanted| *wanted != resolved.layer_digest) {
            return Err(CommandError::new(format!(
                "{pinned} is not the template the definition is pinned to\n  pinned    {wanted}\n  manifest  {}",
                resolved.layer_digest
            ))
            .id(id::OTHER_COMPONENT)
            .hint(format!("pin it again: kubectl ku8 define NAME -t {}", pinned.without_digest())));
        }
        let (verdict, signatures) = self.judge(pinned, &kept).await?;
        let bytes = self.component(&resolved, &kept).await?;
        let source = pinned.without_digest().to_string();
        let template = self.context.runtime()?.load(bytes, Origin::Registry(source))?;
        let trust = verdict.admit(&template.metadata().version)?;
        self.keep(&resolved.manifest);
        self.keep(template.bytes());
        signatures::keep(self.store.as_ref(), pinned, &signatures);
        let proof = Proof { pinned: pinned.clone(), manifest: resolved.manifest, signatures };
        Ok(Loaded { template, trust, proof: Some(proof) })
    }

    /// A pinned template with its config and all its signatures, as an archive carries it, judged like any other.
    ///
    /// # Errors
    /// As [`Fetcher::load`].
    pub(in crate::commands) async fn whole(&self, pinned: &Reference) -> Result<Stored, CommandError> {
        let registry = self.registry(pinned)?;
        let resolved = self.manifest(pinned, &Kept::default()).await?;
        let signatures = registry.signatures(pinned, &resolved.digest).await?;
        signatures::keep(self.store.as_ref(), pinned, &signatures);
        let artifact = self.pull(&resolved).await?;
        let whole = Stored { artifact, signatures };
        self.admit(&whole, Moved::Accept)?;
        Ok(whole)
    }

    /// A template of an archive, judged as one of its registry.
    ///
    /// # Errors
    /// When the policy refuses it, its tag was moved, or it is no template.
    pub(in crate::commands) fn admit(&self, whole: &Stored, moved: Moved) -> Result<Loaded, CommandError> {
        let resolved = &whole.artifact.resolved;
        let pinned = &resolved.reference;
        let last_used = tags::last_used(self.store.as_ref(), pinned);
        tags::check(pinned, None, last_used.as_deref(), moved)?;
        let verdict = self.policy.judge(&pinned.repository(), &resolved.digest, &whole.signatures)?;
        let origin = Origin::Registry(pinned.without_digest().to_string());
        let template = self.context.runtime()?.load(whole.artifact.component.clone(), origin)?;
        let trust = verdict.admit(&template.metadata().version)?;
        let (manifest, signatures) = (resolved.manifest.clone(), whole.signatures.clone());
        Ok(Loaded { template, trust, proof: Some(Proof { pinned: pinned.clone(), manifest, signatures }) })
    }

    /// Keeps a template of an archive on this machine, so that pinned definitions find it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(in crate::commands) fn adopt(&self, whole: &Stored) -> Result<(), CommandError> {
        let store = self.store.as_ref().ok_or_else(|| {
            CommandError::new("there is no folder for components: neither XDG_CACHE_HOME nor HOME is set")
        })?;
        let resolved = &whole.artifact.resolved;
        for bytes in [&resolved.manifest, &whole.artifact.component] {
            store.keep_blob(bytes)?;
        }
        signatures::keep(Some(store), &resolved.reference, &whole.signatures);
        self.remember(&resolved.reference);
        Ok(())
    }

    async fn pull(&self, resolved: &Resolved) -> Result<Artifact, CommandError> {
        let registry = self.registry(&resolved.reference)?;
        let what = format!("fetching {}", resolved.reference.without_digest());
        let shown = Transfer::new(&self.context.ui, &what, resolved.layer_size);
        Ok(registry.pull(resolved, Some(&|bytes, _| shown.at(bytes))).await?)
    }

    /// Says whether all that a pinned reference needs is on this machine.
    pub(super) fn is_here(&self, pinned: &Reference, component: &str) -> bool {
        let has = |digest: &str| self.store.as_ref().is_some_and(|store| store.blob(digest).is_some());
        pinned.digest().is_some_and(&has) && has(component)
    }

    /// Remembers that a tag was used, once all that was asked of it went well.
    pub(in crate::commands) fn remember(&self, pinned: &Reference) {
        tags::remember(self.store.as_ref(), pinned);
    }

    fn keep(&self, bytes: &[u8]) {
        // What cannot be kept is fetched again.
        let _ = self.store.as_ref().map(|store| store.keep_blob(bytes));
    }

    async fn manifest(&self, pinned: &Reference, kept: &Kept) -> Result<Resolved, CommandError> {
        let digest = pinned.digest().unwrap_or_default();
        let here = self.store.as_ref().and_then(|store| store.blob(digest)).or_else(|| kept.manifest.clone());
        if let Some(resolved) = here.and_then(|bytes| Resolved::of(pinned, None, bytes).ok()) {
            return Ok(resolved);
        }
        Ok(self.registry(pinned)?.resolve(pinned).await?)
    }

    /// What the policy says, by the signatures at hand, else by those of the registry.
    async fn judge(&self, pinned: &Reference, kept: &Kept) -> Result<(Verdict, Vec<Signature>), CommandError> {
        let mut signatures = signatures::kept(self.store.as_ref(), pinned);
        signatures.extend(kept.signatures.iter().filter(|one| !signatures.contains(one)).cloned().collect::<Vec<_>>());
        let digest = pinned.digest().unwrap_or_default();
        let refused = match self.policy.judge(&pinned.repository(), digest, &signatures) {
            Ok(verdict) => return Ok((verdict, signatures)),
            Err(refused) => refused,
        };
        // Only a signature that is missing here may be found there.
        let may_help = matches!(refused, TrustError::Unsigned { .. } | TrustError::WronglySigned { .. });
        if !may_help || self.reach == Reach::Here {
            return Err(refused.into());
        }
        let fetched = self.registry(pinned)?.signatures(pinned, digest).await.map_err(|error| {
            CommandError::from(error).hint("the policy requires a signature, and without the registry none can be had")
        })?;
        let verdict = self.policy.judge(&pinned.repository(), digest, &fetched)?;
        Ok((verdict, fetched))
    }

    async fn component(&self, resolved: &Resolved, kept: &Kept) -> Result<Vec<u8>, CommandError> {
        let here = self.store.as_ref().and_then(|store| store.blob(&resolved.layer_digest));
        if let Some(bytes) = here.or_else(|| kept.component(&resolved.layer_digest)) {
            return Ok(bytes);
        }
        let artifact = self.pull(resolved).await.map_err(|error| needed(&resolved.reference, error))?;
        Ok(artifact.component)
    }

    /// The bytes of the cluster's copy where nobody can say any more what its reference stands for: without a policy
    /// it may run, and it is called what it is.
    fn without_registry(
        &self,
        pinned: &Reference,
        component: Option<&str>,
        kept: &Kept,
        error: CommandError,
    ) -> Result<Loaded, CommandError> {
        let bytes = component.and_then(|digest| kept.component(digest));
        // Without its manifest nobody can say what was signed.
        let needs_none = self.policy.needs_signatures(&pinned.repository()).map(|needs| !needs)?;
        match bytes {
            Some(bytes) if needs_none => {
                Ok(Loaded::plain(self.context.runtime()?.load(bytes, Origin::Cluster)?))
            }
            _ if error.id == id::NOT_HERE => Err(error),
            _ => Err(needed(pinned, error).hint(format!(
                "where there is no network: kubectl ku8 template save {pinned} -o FILE elsewhere, then kubectl ku8 template load FILE"
            ))),
        }
    }
}

/// What a registry that is away was needed for.
fn needed(pinned: &Reference, error: CommandError) -> CommandError {
    if ![id::REGISTRY_UNREACHABLE, id::REGISTRY_TIMEOUT].contains(&error.id) {
        return error;
    }
    let message = format!("{} is not on this machine, and {}", pinned.without_digest(), error.message);
    CommandError { message, ..error }
}

/// Somebody waits, so no registry was asked.
fn not_here(reference: &Reference) -> CommandError {
    CommandError::new(format!("{reference} is not on this machine"))
        .id(id::NOT_HERE)
        .hint(format!("fetch it first: kubectl ku8 template pull {reference}"))
}
