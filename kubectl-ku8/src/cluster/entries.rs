//! The names in the kubeconfig files, for who chooses among them.
//! It never reads a credential, and what cannot be read holds no names.

use std::path::PathBuf;

use serde_json::Value;

use super::ConnectOptions;
use crate::definition::yaml;
use crate::files::read_text;

/// Names with a word of help each, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Contexts, with cluster and namespace.
    pub contexts: Vec<(String, String)>,
    /// Clusters, with their address.
    pub clusters: Vec<(String, String)>,
    /// Users.
    pub users: Vec<(String, String)>,
}

/// Reads the names of all entries.
pub fn entries(options: &ConnectOptions) -> Entries {
    let list: Vec<PathBuf> = match (&options.kubeconfig, options.kubeconfig_list.is_empty()) {
        (Some(path), _) => vec![path.clone()],
        (None, false) => options.kubeconfig_list.clone(),
        (None, true) => options.default_kubeconfig.iter().cloned().collect(),
    };
    let files: Vec<Value> = list
        .iter()
        .filter_map(|path| read_text(path).ok())
        .filter_map(|text| yaml::documents(&text).ok())
        .flatten()
        .collect();
    let names = |kind: &str, help: &dyn Fn(&Value) -> String| {
        let all = files.iter().flat_map(|file| file[kind].as_array().into_iter().flatten());
        let mut found: Vec<(String, String)> =
            all.filter_map(|entry| Some((entry["name"].as_str()?.to_owned(), help(entry)))).collect();
        // The first file wins, as everywhere.
        found.sort_by(|left, right| left.0.cmp(&right.0));
        found.dedup_by(|later, first| later.0 == first.0);
        found
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let context = |entry: &Value| {
        let parts = [text(&entry["context"]["cluster"]), text(&entry["context"]["namespace"])];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    Entries {
        contexts: names("contexts", &context),
        clusters: names("clusters", &|entry| text(&entry["cluster"]["server"])),
        users: names("users", &|_| String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_files_are_found_and_what_is_missing_or_broken_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one =
            "contexts: [{name: b, context: {cluster: eu, namespace: team}}]\nusers: [{name: ada, user: {token: t}}]";
        let two = "contexts: [{name: a, context: {cluster: us}}, {name: b, context: {cluster: x}}]";
        let list = vec![file("1", one), folder.path().join("missing"), file("3", "{"), file("4", two)];
        let found = entries(&ConnectOptions { kubeconfig_list: list, ..crate::cluster::connect::tests::options() });
        let pair = |name: &str, help: &str| (name.to_owned(), help.to_owned());
        assert_eq!(found.contexts, [pair("a", "us"), pair("b", "eu, team")]);
        assert_eq!(found.users, [pair("ada", "")]);
    }
}
