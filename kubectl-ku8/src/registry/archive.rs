//! Templates in one file for machines without a network: an OCI image layout in a plain tar file. Pure.
//! Every byte read is checked against its digest before anything else sees it; nothing is written but what is returned.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::artifact::{Artifact, Resolved, Stored};
use super::layout::{self, Descriptor, INDEX, MANIFEST};
use super::{Reference, RegistryError, digest, json, signatures, tar};
use crate::trust::Signature;

/// Largest archive.
pub const MAX_ARCHIVE: u64 = 512 * 1024 * 1024;
/// Most templates of one archive.
const MOST: usize = 256;

const LAYOUT: &str = "oci-layout";
const LIST: &str = "index.json";
const BLOBS: &str = "blobs/sha256/";
const NAME: &str = "org.opencontainers.image.ref.name";
const LAYOUT_TEXT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes templates with their signatures. The same templates give the same bytes, whatever their order.
pub fn write(templates: &[Stored]) -> Vec<u8> {
    let mut blobs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut entries: BTreeMap<(String, String), Value> = BTreeMap::new();
    for Stored { artifact, signatures } in templates {
        let Artifact { resolved, config, component } = artifact;
        let name = name(&resolved.reference);
        for bytes in [&resolved.manifest, config, component] {
            blobs.insert(digest::of(bytes), bytes.clone());
        }
        let mut list = |name: String, kind: &str, manifest: &[u8]| {
            let named = digest::of(manifest);
            let entry = json!({
                "mediaType": kind,
                "digest": named,
                "size": manifest.len(),
                "annotations": {NAME: name},
            });
            entries.insert((name, named), entry);
        };
        list(name, MANIFEST, &resolved.manifest);
        let size = super::exchange::len(&resolved.manifest);
        for item in signatures::items(&resolved.digest, size, signatures) {
            let tag = item.tag.unwrap_or_else(|| format!("sha256-{}", digest::hex(&digest::of(&item.manifest))));
            list(format!("{}:{tag}", resolved.reference.repository()), item.kind, &item.manifest);
            let bytes = item.blobs.into_iter().chain([item.manifest]);
            blobs.extend(bytes.map(|bytes| (digest::of(&bytes), bytes)));
        }
    }
    let entries: Vec<Value> = entries.into_values().collect();
    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string();
    let blobs: Vec<(String, Vec<u8>)> =
        blobs.into_iter().map(|(named, bytes)| (format!("{BLOBS}{}", digest::hex(&named)), bytes)).collect();
    let first = [(LAYOUT, LAYOUT_TEXT), (LIST, list.as_bytes())];
    tar::write(first.into_iter().chain(blobs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))))
}

/// Reads templates with their signatures. `name` is the file's, for messages.
///
/// # Errors
/// Anything that is not an archive as [`write()`] makes them; nothing of it is used then.
pub fn read(name: &str, archive: &[u8]) -> Result<Vec<Stored>, RegistryError> {
    let wrong = |reason: String| RegistryError::Archive { name: crate::object::printable(name), reason };
    if super::exchange::len(archive) > MAX_ARCHIVE {
        return Err(wrong("it is larger than 512 MiB".into()));
    }
    let files = tar::read(archive, is_ours).map_err(wrong)?;
    let contents = Contents::of(files).map_err(wrong)?;
    let entries = contents.entries().map_err(wrong)?;
    let mut found = Vec::new();
    for (reference, entry) in &entries {
        let is_signature = reference.tag().is_some_and(|tag| tag.starts_with("sha256-"));
        if is_signature || entry.media_type != MANIFEST {
            continue;
        }
        if found.len() == MOST {
            return Err(wrong(format!("it holds more than {MOST} templates")));
        }
        let manifest = contents.blob(entry).map_err(wrong)?.to_vec();
        let resolved = Resolved::of(reference, None, manifest)?;
        let config = contents.blob(&resolved.layout.config).map_err(wrong)?.to_vec();
        let component = contents.blob(&resolved.layout.layer).map_err(wrong)?.to_vec();
        let signatures = contents.signatures(&entries, &resolved).map_err(wrong)?;
        found.push(Stored { artifact: Artifact::of(resolved, config, component)?, signatures });
    }
    if found.is_empty() {
        return Err(wrong("it holds no template".into()));
    }
    Ok(found)
}

/// The name of a template in the list: what it is pulled by, without its pin.
fn name(reference: &Reference) -> String {
    let tag = reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
    format!("{}{tag}", reference.repository())
}

/// `oci-layout`, `index.json`, `blobs/sha256/<64 hexadecimal digits>`.
fn is_ours(name: &str) -> bool {
    matches!(name, LAYOUT | LIST)
        || name.strip_prefix(BLOBS).is_some_and(|hex| digest::is(&format!("{}{hex}", digest::PREFIX)))
}

/// An archive whose blobs are what their names say.
struct Contents<'a> {
    list: &'a [u8],
    blobs: BTreeMap<String, &'a [u8]>,
}

impl<'a> Contents<'a> {
    fn of(files: Vec<(String, &'a [u8])>) -> Result<Self, String> {
        let (mut list, mut layout, mut blobs) = (None, None, BTreeMap::new());
        for (name, bytes) in files {
            match name.strip_prefix(BLOBS) {
                Some(hex) => {
                    let found = digest::of(bytes);
                    if digest::hex(&found) != hex {
                        return Err(format!("its blob {hex} is {found}: the file is damaged"));
                    }
                    blobs.insert(found, bytes);
                }
                None if name == LIST => list = Some(bytes),
                None => layout = Some(bytes),
            }
        }
        let version = json::parse(layout.ok_or("it has no oci-layout")?)?;
        if version["imageLayoutVersion"] != "1.0.0" {
            return Err("its image layout is of another version than 1.0.0".into());
        }
        Ok(Self { list: list.ok_or("it has no index.json")?, blobs })
    }

    /// What the list names.
    fn entries(&self) -> Result<Vec<(Reference, Descriptor)>, String> {
        let list = json::parse(self.list)?;
        let listed = list["manifests"].as_array().ok_or("its index.json lists nothing")?;
        listed
            .iter()
            .map(|entry| {
                let descriptor = layout::descriptor(Some(entry), "list")?;
                let name = descriptor.annotations.get(NAME).ok_or("its index.json has an entry without a name")?;
                let reference = Reference::parse(&format!("oci://{name}")).map_err(|error| error.to_string())?;
                if reference.digest().is_some() {
                    return Err("its index.json has a name with a digest".into());
                }
                Ok((reference, descriptor))
            })
            .collect()
    }

    fn blob(&self, wanted: &Descriptor) -> Result<&'a [u8], String> {
        let bytes = self.blobs.get(&wanted.digest).ok_or_else(|| format!("its blob {} is missing", wanted.digest))?;
        if super::exchange::len(bytes) != wanted.size {
            return Err(format!("its blob {} has another size than its manifest says", wanted.digest));
        }
        Ok(bytes)
    }

    /// Signatures of one template, wherever the list has them.
    fn signatures(&self, entries: &[(Reference, Descriptor)], of: &Resolved) -> Result<Vec<Signature>, String> {
        let mut found = Vec::new();
        let tag = format!("sha256-{}.sig", digest::hex(&of.digest));
        for (reference, entry) in entries {
            let here = reference.repository() == of.reference.repository() && entry.media_type == MANIFEST;
            if !here || reference.tag().is_none_or(|tag| !tag.starts_with("sha256-")) {
                continue;
            }
            let document = json::parse(self.blob(entry)?)?;
            let mine = reference.tag() == Some(&tag) || document["subject"]["digest"] == of.digest.as_str();
            if !mine {
                continue;
            }
            for layer in document["layers"].as_array().into_iter().flatten() {
                let layer = layout::descriptor(Some(layer), "signature")?;
                found.extend(signatures::of_layer(&layer, self.blob(&layer)?.to_vec()));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, component: &[u8], signatures: Vec<Signature>) -> Stored {
        let built = layout::build(component, &BTreeMap::from([("org.opencontainers.image.title".into(), name.into())]));
        let reference = Reference::parse(&format!("oci://ghcr.io/acme/{name}")).unwrap();
        let resolved = Resolved::of(&reference, None, built.manifest).unwrap();
        Stored { artifact: Artifact::of(resolved, built.config, component.to_vec()).unwrap(), signatures }
    }

    fn several() -> Vec<Stored> {
        let simple = |text: &str| Signature::Simple { payload: text.into(), signature: "c2ln".into() };
        vec![
            stored(
                "rabbitmq:1.0.0",
                b"one",
                vec![simple("{\"a\":1}"), simple("{\"a\":2}"), Signature::Bundle(b"{}".to_vec())],
            ),
            stored("rabbitmq:1.1.0", b"two", vec![]),
            stored(
                "redis:1.0.0",
                b"three",
                vec![Signature::Bundle(b"{\"b\":1}".to_vec()), Signature::Bundle(b"{\"b\":2}".to_vec())],
            ),
        ]
    }

    #[test]
    fn templates_and_their_signatures_come_back_as_they_were() {
        let archive = write(&several());
        let mut read = read("t.tar", &archive).unwrap();
        let mut wanted = several();
        for one in read.iter_mut().chain(&mut wanted) {
            one.signatures.sort_by_key(|one| format!("{one:?}"));
        }
        assert_eq!(read, wanted);
        let mut reversed = several();
        reversed.reverse();
        assert_eq!(write(&reversed), archive, "the order changes the bytes");
    }

    #[test]
    fn no_bit_can_be_changed_unnoticed() {
        let archive = write(&several());
        let told = read("t.tar", &archive).unwrap();
        for at in (0..archive.len()).step_by(7) {
            let mut damaged = archive.clone();
            damaged[at] ^= 0x10;
            // Where it is read all the same, nothing that matters has changed.
            if let Ok(read) = read("t.tar", &damaged) {
                for one in read {
                    assert_eq!(digest::of(&one.artifact.component), one.artifact.resolved.layer_digest);
                    assert!(told.iter().any(|known| known.artifact.component == one.artifact.component), "at {at}");
                }
            }
        }
        for cut in (0..archive.len()).step_by(97) {
            assert!(read("t.tar", &archive[..cut]).is_err(), "cut at {cut}");
        }
    }

    /// Files, and words of what is told about them.
    type Case<'a> = (Vec<(&'a str, &'a [u8])>, &'a str);

    #[test]
    fn foreign_and_hostile_archives_are_refused_with_their_reason() {
        let layout = (LAYOUT, LAYOUT_TEXT);
        let blob = format!("{BLOBS}{}", digest::hex(&digest::of(b"x")));
        let entry = |name: &str, digest: &str| {
            format!(
                r#"{{"manifests":[{{"mediaType":"{MANIFEST}","digest":"{digest}","size":1,"annotations":{{"{NAME}":"{name}"}}}}]}}"#
            )
        };
        let missing = entry("ghcr.io/a:1", &digest::of(b"y"));
        let path = entry("ghcr.io/a:1", "sha256:../../../etc/passwd");
        let name = entry("../../a", &digest::of(b"x"));
        let no_manifest = entry("ghcr.io/a:1", &digest::of(b"x"));
        let other = format!("{BLOBS}{}", digest::hex(&digest::of(b"z")));
        let cases: [Case<'_>; 11] = [
            (vec![], "no oci-layout"),
            (vec![layout], "no index.json"),
            (vec![(LAYOUT, br#"{"imageLayoutVersion":"2.0.0"}"#), (LIST, b"{}")], "another version"),
            (vec![layout, (LIST, b"{}")], "lists nothing"),
            (vec![layout, (LIST, br#"{"manifests":[]}"#)], "no template"),
            (vec![layout, (LIST, br#"{"manifests":[],"manifests":[]}"#)], "duplicate key"),
            (vec![layout, (LIST, missing.as_bytes())], "is missing"),
            (vec![layout, (LIST, path.as_bytes())], "only sha256"),
            (vec![layout, (LIST, name.as_bytes())], "no reference"),
            (vec![layout, (LIST, no_manifest.as_bytes()), (&blob, b"x")], "is no template"),
            (vec![layout, (LIST, b"{}"), (&other, b"x")], "damaged"),
        ];
        for (files, words) in cases {
            let told = read("t.tar", &tar::write(files)).unwrap_err().to_string();
            assert!(told.contains(words), "{told}: {words}");
        }
        for name in ["blobs/sha256/../../x", "blobs/sha512/x", "/etc/passwd", "oci-layout/x", "manifest.json"] {
            let told = read("t.tar", &tar::write([(name, &b""[..])])).unwrap_err().to_string();
            assert!(told.contains("does not belong"), "{told}");
        }
    }
}
