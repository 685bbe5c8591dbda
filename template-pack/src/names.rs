//! Rewrites a module's names: the template's own functions, readable, and no others.
//! It never touches anything but the name section.

use std::ops::Range;

use wasm_encoder::{Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// Characters of one name: a trap shows it on one line.
const LONGEST: usize = 100;

/// Returns the module with short names. What a compiler writes there is a quarter of a component; what a trap needs is
/// the innermost function the template's author wrote.
pub(crate) fn shorten(module: &[u8], own: &[&str]) -> Result<Vec<u8>, String> {
    let mut sections: Vec<(u8, Range<usize>)> = Vec::new();
    let mut names = NameMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|error| error.to_string())?;
        if let Payload::CustomSection(section) = &payload
            && let KnownCustom::Name(reader) = section.as_known()
        {
            for part in reader {
                if let Name::Function(functions) = part.map_err(|error| error.to_string())? {
                    for function in functions {
                        let function = function.map_err(|error| error.to_string())?;
                        if let Some(name) = readable(function.name, own) {
                            names.append(function.index, &name);
                        }
                    }
                }
            }
            continue;
        }
        sections.extend(payload.as_section());
    }
    let mut written = Module::new();
    for (id, range) in sections {
        let data = module.get(range).unwrap_or_default();
        written.section(&RawSection { id, data });
    }
    if !names.is_empty() {
        let mut section = NameSection::new();
        section.functions(&names);
        written.section(&section);
    }
    Ok(written.finish())
}

/// The readable name of a function whose path begins as one of `own`; none for the standard library's and for crates.
fn readable(symbol: &str, own: &[&str]) -> Option<String> {
    let name = format!("{:#}", rustc_demangle::try_demangle(symbol).ok()?);
    let path = name.trim_start_matches('<');
    let written = own.iter().any(|prefix| path.starts_with(prefix));
    // Copies for one type each, and what stands inside another function, are told by the function around them.
    let plain = !name.contains("::<") && !name.contains("{closure");
    (written && plain).then(|| name.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{CustomSection, Module};

    use super::*;

    fn module(symbols: &[&str]) -> Vec<u8> {
        let mut names = NameMap::new();
        for (index, symbol) in (0..).zip(symbols) {
            names.append(index, symbol);
        }
        let mut section = NameSection::new();
        section.module("a module");
        section.functions(&names);
        let mut module = Module::new();
        module.section(&CustomSection { name: "kept".into(), data: b"as it is".into() });
        module.section(&section);
        module.finish()
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn only_the_templates_own_names_stay() {
        let own_function = "_RNvNtCs2QgAgBxPbIE_14template_redis7objects6server";
        let librarys = "_RNvNtCs2QgAgBxPbIE_10serde_json5error10make_error";
        let short = shorten(&module(&[librarys, own_function, "memcpy"]), &["template_"]).unwrap();
        let words = text(&short);
        assert!(words.contains("template_redis::objects::server"), "{words}");
        assert!(words.contains("as it is"), "{words}");
        assert!(!words.contains("make_error") && !words.contains("memcpy") && !words.contains("a module"), "{words}");
        assert_eq!(shorten(&short, &["template_"]).map(|again| text(&again).contains("as it is")), Ok(true));
    }

    #[test]
    fn junk_is_refused() {
        assert!(shorten(b"junk", &[]).is_err());
    }
}
