//! `template verify`: every signature of a template, whose key made it, and what the policy says.
//! It changes nothing, runs nothing of a template that the policy refuses, and is content only when the policy is.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Output;
use crate::commands::resolve::{load_by_name, policy, settings};
use crate::commands::{Context, print_document};
use crate::error::{CommandError, exit, id};
use crate::object::printable;
use crate::registry::{Artifact, Reference, Registry, Stored, archive};
use crate::render::Origin;
use crate::terminal::Table;
use crate::trust::{Examination, Examined, Policy, PublicKey, Tier};

/// Show who signed a template, and whether the policy allows it
///
/// The exit code is 0 only when it does.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 template verify mysql\n  kubectl ku8 template verify oci://ghcr.io/acme/web:1.0.0\n  kubectl ku8 template verify oci://ghcr.io/acme/web:1.0.0 --key cosign.pub\n  kubectl ku8 template verify templates.tar --policy policy.yaml -o json"
)]
pub(super) struct VerifyArgs {
    /// Reference of a registry, archive of `template save`, or built-in name
    #[arg(value_name = "TEMPLATE")]
    template: String,
    /// Public key in PEM that has to have signed, instead of the policy
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// One template, looked at.
struct Looked {
    reference: String,
    manifest: Option<String>,
    component: String,
    /// How many signatures there are.
    found: usize,
    policy: String,
    signatures: Vec<Examined>,
    /// The tier, of one that the policy admits.
    outcome: Result<Tier, CommandError>,
}

/// Runs `template verify`.
///
/// # Errors
/// A policy, key or reference that does not read, a registry that does not answer, or a template that the policy
/// refuses.
pub(super) async fn run(context: &Context, args: &VerifyArgs) -> Result<u8, CommandError> {
    let looked = if Reference::is_meant(&args.template) {
        let reference = Reference::parse(&args.template)?;
        vec![of_registry(context, &policy_of(context, args)?, &reference).await?]
    } else if args.template.contains('/') || Path::new(&args.template).extension().is_some() {
        of_archive(context, &policy_of(context, args)?, &args.template)?
    } else {
        vec![built_in(context, args)?]
    };
    if args.output == Output::Text {
        for one in looked.iter().filter(|one| one.outcome.is_ok()) {
            context.ui.print(&text(context, one));
        }
    } else {
        print_document(context, &document(&looked), args.output);
    }
    looked.into_iter().try_for_each(|one| one.outcome.map(drop))?;
    Ok(exit::DONE)
}

fn policy_of(context: &Context, args: &VerifyArgs) -> Result<Policy, CommandError> {
    let Some(path) = &args.key else { return policy(context) };
    let pem = crate::files::read_text(path)?;
    let name = path.display().to_string();
    Ok(Policy::of_key(&name, PublicKey::from_pem(&name, &pem)?))
}

async fn of_registry(context: &Context, policy: &Policy, reference: &Reference) -> Result<Looked, CommandError> {
    // One the policy refuses is not even asked for.
    policy.needs_signatures(&reference.repository())?;
    let registry = Registry::new(settings(context)?)?;
    if let Some(warning) = registry.warning(reference) {
        context.ui.warn(&warning);
    }
    let resolved = registry.resolve(reference).await?;
    let signatures = registry.signatures(reference, &resolved.digest).await?;
    // The bytes are fetched by what the manifest says, so that a registry that serves others is found out here.
    let artifact = registry.pull(&resolved, None).await?;
    Ok(look(context, policy, Stored { artifact, signatures }))
}

fn of_archive(context: &Context, policy: &Policy, file: &str) -> Result<Vec<Looked>, CommandError> {
    let bytes = crate::files::read_archive(Path::new(file))?;
    if bytes.starts_with(b"\0asm") {
        return Err(CommandError::new(format!("{}: a component carries no signatures", printable(file)))
            .id(id::USAGE)
            .hint("signatures are kept beside it in its registry, and in archives: kubectl ku8 template save"));
    }
    let all = archive::read(file, &bytes)?;
    Ok(all.into_iter().map(|one| look(context, policy, one)).collect())
}

fn look(context: &Context, policy: &Policy, stored: Stored) -> Looked {
    let Stored { artifact: Artifact { resolved, component, .. }, signatures } = stored;
    let examined = policy.examine(&resolved.reference.repository(), &resolved.digest, &signatures);
    let reference = resolved.reference.to_string();
    let outcome = match &examined.outcome {
        Err(error) => Err(error.clone().into()),
        // Only what is allowed so far is run, to be asked for its version.
        Ok(verdict) if verdict.wants_version() => version(context, component, &reference)
            .and_then(|version| verdict.admit(&version).map_err(CommandError::from)),
        Ok(verdict) => verdict.admit("").map_err(CommandError::from),
    };
    let (manifest, component) = (Some(resolved.digest), resolved.layer_digest);
    let (found, Examination { policy, signatures, .. }) = (signatures.len(), examined);
    Looked { reference, manifest, component, found, policy, signatures, outcome }
}

fn version(context: &Context, component: Vec<u8>, reference: &str) -> Result<String, CommandError> {
    let template = context.runtime()?.load(component, Origin::Registry(reference.to_owned()))?;
    Ok(template.metadata().version.clone())
}

/// One that is part of this program needs nobody's word.
fn built_in(context: &Context, args: &VerifyArgs) -> Result<Looked, CommandError> {
    let template = load_by_name(context, &args.template)?;
    if args.key.is_some() {
        return Err(CommandError::new(format!(
            "template `{}` is part of this program, which no key signed",
            args.template
        ))
        .id(id::USAGE)
        .hint("the program itself is verified when it is installed: docs/install.md"));
    }
    Ok(Looked {
        reference: args.template.clone(),
        manifest: None,
        component: format!("sha256:{}", template.digest()),
        found: 0,
        policy: "not asked: it is about registries".to_owned(),
        signatures: Vec::new(),
        outcome: Ok(Tier::BuiltIn),
    })
}

fn text(context: &Context, looked: &Looked) -> String {
    let mut table = Table::headless();
    let mut row = |name: &str, text: String| table.row(&[format!("  {name}"), printable(&text)]);
    if let Some(manifest) = &looked.manifest {
        row("manifest", manifest.clone());
    }
    row("component", looked.component.clone());
    row("policy", looked.policy.clone());
    for (at, one) in looked.signatures.iter().enumerate() {
        row(&format!("signature {}", at + 1), told(one));
    }
    let untried = looked.found - looked.signatures.len();
    if looked.manifest.is_some() && (untried > 0 || looked.found == 0) {
        let why = match (looked.found, looked.signatures.is_empty()) {
            (0, _) => "none".to_owned(),
            (_, true) => format!("{untried}, not checked: the policy names no key for this repository"),
            _ => format!("{untried} more were not tried"),
        };
        row("signatures", why);
    }
    let tier = looked.outcome.as_ref().map(ToString::to_string).unwrap_or_default();
    let ui = &context.ui;
    format!("{}\n{}\n  {}", ui.out.bold(&printable(&looked.reference)), table.render(), ui.out.good(&printable(&tier)))
}

fn told(one: &Examined) -> String {
    let by: Vec<String> = one.made_by.iter().map(|by| format!("{} ({}…)", by.owner, &by.fingerprint[..19])).collect();
    let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
    let said: Vec<String> = one.annotations.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let said = if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) };
    let made_for = one.repository.as_ref().map(|name| format!("; for {name}")).unwrap_or_default();
    match &one.problem {
        Some(problem) => format!("{}{by}: {problem}", one.form),
        None => format!("{}{by}: good{made_for}{said}", one.form),
    }
}

fn document(looked: &[Looked]) -> Value {
    let item = |one: &Looked| {
        let signatures = one.signatures.iter().map(|one| {
            json!({"form": one.form, "madeBy": one.made_by, "repository": one.repository,
                "annotations": one.annotations, "problem": one.problem})
        });
        json!({
            "reference": one.reference, "manifest": one.manifest, "component": one.component,
            "policy": one.policy, "accepted": one.outcome.is_ok(), "found": one.found,
            "trust": one.outcome.as_ref().ok().map(ToString::to_string),
            "reason": one.outcome.as_ref().err().map(|error| &error.message),
            "signatures": signatures.collect::<Vec<_>>(),
        })
    };
    let accepted = looked.iter().all(|one| one.outcome.is_ok());
    let items: Vec<Value> = looked.iter().map(item).collect();
    json!({"apiVersion": "ku8.dev/v1", "kind": "TemplateVerification", "accepted": accepted, "items": items})
}
