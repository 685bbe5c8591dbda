//! Objects as flags name them: `Service/web`, `service/web`.
//! It compares names and never looks an object up.

use std::collections::BTreeSet;

use super::ObjectKey;

/// A set of `KIND/NAME` words; kinds compare without case, as kubectl reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// Collects words as they were written.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(folded).collect())
    }

    /// Says whether an object is named.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.0.contains(&folded(&key.to_string()))
    }

    /// The words that name none of these objects.
    pub fn strangers<'a>(&self, keys: impl IntoIterator<Item = &'a ObjectKey>) -> Vec<String> {
        let known: BTreeSet<String> = keys.into_iter().map(|key| folded(&key.to_string())).collect();
        self.0.difference(&known).cloned().collect()
    }
}

fn folded(word: &str) -> String {
    word.split_once('/').map_or_else(|| word.to_lowercase(), |(kind, name)| format!("{}/{name}", kind.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_compare_without_case_and_names_with_it() {
        let names = Names::new(["statefulset/db", "Service/web"]);
        let key = |kind: &str, name: &str| ObjectKey::new("", kind, "n", name);
        assert!(names.contains(&key("StatefulSet", "db")) && names.contains(&key("Service", "web")));
        assert!(!names.contains(&key("Service", "db")));
        assert_eq!(names.strangers([&key("Service", "web")]), ["statefulset/db"]);
    }
}
