//! Signatures as they are kept beside a component: on this machine and in the cluster, as JSON.
//! They are kept, not believed: each use judges them again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::files::ComponentStore;
use crate::registry::Reference;
use crate::trust::Signature;

/// Kind of the notes in the store.
const KIND: &str = "signatures";

/// Signatures as a document.
pub(in crate::commands) fn to_json(signatures: &[Signature]) -> Vec<u8> {
    let items: Vec<Value> = signatures
        .iter()
        .map(|signature| match signature {
            Signature::Simple { payload, signature } => {
                json!({"payload": STANDARD.encode(payload), "signature": signature})
            }
            Signature::Bundle(bytes) => json!({"bundle": STANDARD.encode(bytes)}),
        })
        .collect();
    serde_json::to_vec(&items).expect("JSON serialises")
}

/// Signatures of a document; what does not read is left out, because no signature is the same as one too few.
pub(in crate::commands) fn from_json(bytes: &[u8]) -> Vec<Signature> {
    let items: Vec<Value> = serde_json::from_slice(bytes).unwrap_or_default();
    let read = |item: &Value| {
        let bytes = |field: &str| STANDARD.decode(item[field].as_str()?).ok();
        if let Some(bundle) = bytes("bundle") {
            return Some(Signature::Bundle(bundle));
        }
        Some(Signature::Simple { payload: bytes("payload")?, signature: item["signature"].as_str()?.to_owned() })
    };
    items.iter().filter_map(read).collect()
}

/// What a note is about: the same manifest in another repository has its own signatures.
fn about(pinned: &Reference) -> String {
    format!("{}@{}", pinned.repository(), pinned.digest().unwrap_or_default())
}

/// The signatures of a manifest that are kept on this machine.
pub(in crate::commands) fn kept(store: Option<&ComponentStore>, pinned: &Reference) -> Vec<Signature> {
    store.and_then(|store| store.note(KIND, &about(pinned))).map(|bytes| from_json(&bytes)).unwrap_or_default()
}

/// Keeps the signatures of a manifest; a folder that cannot be written only means that they are asked for again.
pub(in crate::commands) fn keep(store: Option<&ComponentStore>, pinned: &Reference, signatures: &[Signature]) {
    if let Some(store) = store
        && !signatures.is_empty()
    {
        let _ = store.keep_note(KIND, &about(pinned), &to_json(signatures));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_what_is_damaged_is_left_out() {
        let both = [
            Signature::Simple { payload: b"{}".to_vec(), signature: "c2ln".into() },
            Signature::Bundle(b"{\"a\":1}".to_vec()),
        ];
        assert_eq!(from_json(&to_json(&both)), both);
        let home = tempfile::tempdir().unwrap();
        let store = ComponentStore::new(home.path().join("components"));
        let pinned = Reference::parse(&format!("oci://a.b/c:1@sha256:{}", "a".repeat(64))).unwrap();
        keep(Some(&store), &pinned, &both);
        assert_eq!(kept(Some(&store), &pinned), both);
        // The tag says nothing about who signed; the repository does.
        let other = Reference::parse(&format!("oci://a.b/d:1@sha256:{}", "a".repeat(64))).unwrap();
        assert!(kept(Some(&store), &other).is_empty());
        for odd in ["", "[]", "{}", "[{\"payload\": \"%\"}]", "[{\"bundle\": 1}]", "[null]"] {
            assert!(from_json(odd.as_bytes()).is_empty(), "{odd}");
        }
    }
}
