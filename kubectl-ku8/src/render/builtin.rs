//! The templates embedded in this program: every component that lay in `templates-wasm/dist` when it was built.
//! It never names one of them; adding a template touches no code here.

/// One embedded template.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// File name without `.wasm`.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
    /// SHA-256 of the bytes, computed when this program was built.
    pub sha256: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// All embedded templates, by name.
pub fn all() -> &'static [BuiltIn] {
    BUILT_IN
}

/// The embedded template of this name.
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|entry| entry.name == name)
}

/// The embedded template with this digest, which was computed when this program was built; the tests compute it again.
pub fn by_digest(wanted: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|entry| entry.sha256 == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::template::digest;

    #[test]
    fn the_table_is_sorted_and_true() {
        assert!(all().is_sorted_by_key(|entry| entry.name));
        for entry in all() {
            // What `Runtime::load_embedded` no longer asks.
            assert_eq!(crate::render::inspect::check(entry.bytes), Ok(()), "{}", entry.name);
            assert_eq!(digest(entry.bytes), entry.sha256, "{}", entry.name);
            assert_eq!(by_digest(entry.sha256).map(|found| found.name), Some(entry.name));
            assert_eq!(find(entry.name).map(|found| found.sha256), Some(entry.sha256));
        }
        assert!(find("no such template").is_none() && by_digest("").is_none());
    }
}
