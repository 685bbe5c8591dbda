//! The sigstore bundle that newer cosign writes: a signed statement about a manifest, with a key of the signer's own.
//! It never counts a statement of another kind: who signs a test report or a list of parts has not signed the template.

use std::borrow::Cow;

use serde_json::Value;

use super::base64;
use super::signature::{Claim, MAX_SIGNATURE_BYTES, Sealed};
use super::simple::{MAX_SIGNATURE, json, texts};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

pub(super) fn unseal(bytes: &[u8]) -> Result<Sealed<'static>, String> {
    let document = json(bytes).map_err(|error| error.replacen("its payload", "it", 1))?;
    expect(&document["mediaType"], BUNDLE, "the bundle's mediaType")?;
    let material = document["verificationMaterial"].as_object().ok_or("the bundle has no verificationMaterial")?;
    if material.contains_key("certificate") || material.contains_key("x509CertificateChain") {
        return Err("made with a certificate (keyless), which is not supported: sign with a key".into());
    }
    if !material.get("publicKey").is_some_and(Value::is_object) {
        return Err("the bundle does not say that it was made with a key (verificationMaterial.publicKey)".into());
    }
    if document.get("messageSignature").is_some() {
        return Err("the bundle signs a file, not a manifest: sign with `cosign sign`".into());
    }
    let envelope = document["dsseEnvelope"].as_object().ok_or("the bundle has no dsseEnvelope")?;
    let kind = envelope.get("payloadType").unwrap_or(&Value::Null);
    expect(kind, PAYLOAD, "the envelope's payloadType")?;
    let [signature] = envelope.get("signatures").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) else {
        return Err("the envelope has not exactly one signature".into());
    };
    let decoded = |value: Option<&Value>, limit: usize, what: &str| {
        let bytes = value.and_then(Value::as_str).and_then(|text| base64::decode(text, limit));
        bytes.ok_or_else(|| format!("the envelope's {what} is not Base64"))
    };
    let signature = decoded(signature.get("sig"), MAX_SIGNATURE, "signature")?;
    let payload = decoded(envelope.get("payload"), MAX_SIGNATURE_BYTES, "payload")?;
    Ok(Sealed { signed: Cow::Owned(pae(PAYLOAD, &payload)), signature, payload: Cow::Owned(payload), read })
}

/// What is signed of an envelope (DSSE's pre-authentication encoding): the payload cannot be taken for another type's.
fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn read(payload: &[u8]) -> Result<Claim, String> {
    let statement = json(payload)?;
    expect(&statement["_type"], STATEMENT, "the statement's type")?;
    expect(&statement["predicateType"], PREDICATE, "the statement's predicateType")?;
    let [subject] = statement["subject"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err("the statement is not about exactly one subject".into());
    };
    let digest = subject["digest"]["sha256"].as_str().ok_or("the statement's subject has no sha256 digest")?;
    let annotations = subject.get("annotations").and_then(Value::as_object).map(texts).unwrap_or_default();
    let repository = subject.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(Claim { digest: format!("sha256:{digest}"), repository, annotations })
}

fn expect(value: &Value, wanted: &str, what: &str) -> Result<(), String> {
    match value.as_str() {
        Some(text) if text == wanted => Ok(()),
        Some(text) => Err(format!("{what} is `{text}`, not `{wanted}`")),
        None => Err(format!("{what} is missing")),
    }
}
