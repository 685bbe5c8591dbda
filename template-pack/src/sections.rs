//! What a template says of itself, written beside its code so that lists and registries read it without running anything.
//! It never vouches for what it reads: the functions' own answers are what counts.

use std::ops::Range;

use wasm_encoder::{ComponentSection, CustomSection};

/// Section with the metadata as JSON.
pub const METADATA: &str = "ku8:metadata";
/// Section with the schema of the values as JSON.
pub const SCHEMA: &str = "ku8:schema";

/// What a component carries of its own description, as text that nobody has checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Metadata, where there is a section of it.
    pub metadata: Option<String>,
    /// Schema of the values, where there is a section of it.
    pub schema: Option<String>,
}

/// Returns the component with its description in two sections at its end, in place of any it had.
///
/// # Errors
/// In words, when the bytes are no component.
pub fn describe(component: &[u8], metadata: &str, schema: &str) -> Result<Vec<u8>, String> {
    let mut written = component.get(..HEADER.len()).unwrap_or_default().to_vec();
    for section in sections(component)? {
        let own = section.name(component).is_some_and(|name| name == METADATA || name == SCHEMA);
        if !own {
            written.extend_from_slice(&component[section.whole]);
        }
    }
    for (name, text) in [(METADATA, metadata), (SCHEMA, schema)] {
        CustomSection { name: name.into(), data: text.as_bytes().into() }.append_to_component(&mut written);
    }
    Ok(written)
}

/// Reads a component's description from its bytes; nothing inside it is looked at.
///
/// # Errors
/// In words, when the bytes are no component, or a section is there twice or is not text.
pub fn described(component: &[u8]) -> Result<Description, String> {
    let mut found = Description::default();
    for section in sections(component)? {
        let Some(name) = section.name(component) else { continue };
        let place = match name {
            METADATA => &mut found.metadata,
            SCHEMA => &mut found.schema,
            _ => continue,
        };
        let start = section.content.start + 1 + name.len();
        let text = component.get(start..section.content.end).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| format!("the section {name} is not UTF-8"))?;
        if place.replace(text.to_owned()).is_some() {
            return Err(format!("there are two sections {name}"));
        }
    }
    Ok(found)
}

/// How every component begins.
pub(crate) const HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// Says whether bytes begin as a component does; a core module begins otherwise.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(&HEADER)
}

/// One section of the outermost component.
pub(crate) struct Section {
    pub(crate) id: u8,
    /// With its id and length.
    pub(crate) whole: Range<usize>,
    /// Without them.
    pub(crate) content: Range<usize>,
}

impl Section {
    /// The name of a custom section of ours; others may be longer than one byte can count.
    fn name<'b>(&self, bytes: &'b [u8]) -> Option<&'b str> {
        let content = bytes.get(self.content.clone()).filter(|_| self.id == 0)?;
        let (length, rest) = content.split_first().filter(|(length, _)| **length < 0x80)?;
        std::str::from_utf8(rest.get(..usize::from(*length))?).ok()
    }
}

/// The outermost sections: an id, a length, and so many bytes, one after another.
pub(crate) fn sections(component: &[u8]) -> Result<Vec<Section>, String> {
    if !is_component(component) {
        return Err("it does not begin as a component does".to_owned());
    }
    let cut_off = || "it is cut off".to_owned();
    let mut found = Vec::new();
    let mut at = HEADER.len();
    while let Some(id) = component.get(at) {
        let mut reader = wasmparser::BinaryReader::new(&component[at + 1..], at + 1);
        let length = reader.read_var_u32().map_err(|_| cut_off())?;
        let start = reader.original_position();
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length)).ok_or_else(cut_off)?;
        if end > component.len() {
            return Err(cut_off());
        }
        found.push(Section { id: *id, whole: at..end, content: start..end });
        at = end;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_as_it_was_written_and_replaces_another() {
        let once = describe(&HEADER, "{\"name\":\"web\"}", "{}").unwrap();
        let read = described(&once).unwrap();
        assert_eq!((read.metadata.as_deref(), read.schema.as_deref()), (Some("{\"name\":\"web\"}"), Some("{}")));
        let long = "x".repeat(100_000);
        let twice = describe(&once, "{}", &long).unwrap();
        let read = described(&twice).unwrap();
        assert_eq!((read.metadata.as_deref(), read.schema), (Some("{}"), Some(long)));
        assert_eq!(describe(&once, "{\"name\":\"web\"}", "{}"), Ok(once), "the same description, the same bytes");
        assert_eq!(described(&HEADER), Ok(Description::default()));
    }

    #[test]
    fn other_sections_stay_and_damage_is_told() {
        let mut other = HEADER.to_vec();
        CustomSection { name: "kept".into(), data: b"as it is".as_slice().into() }.append_to_component(&mut other);
        let described_one = describe(&other, "{}", "{}").unwrap();
        assert!(described_one.starts_with(&other));
        let mut doubled = described_one.clone();
        doubled.extend_from_slice(&described_one[other.len()..]);
        assert!(described(&doubled).unwrap_err().contains("two sections"));
        assert!(described(&described_one[..described_one.len() - 1]).unwrap_err().contains("cut off"));
        assert!(described(b"\0asm\x01\0\0\0").is_err() && describe(b"junk", "", "").is_err());
        let mut odd = HEADER.to_vec();
        CustomSection { name: METADATA.into(), data: [0xff].as_slice().into() }.append_to_component(&mut odd);
        assert!(described(&odd).unwrap_err().contains("UTF-8"));
    }
}
