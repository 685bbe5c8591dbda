//! The languages a template is written in, and the project each begins with.
//! It never names a file of a project that its skeleton does not have.

use clap::ValueEnum;

include!(concat!(env!("OUT_DIR"), "/skeletons.rs"));

/// A language with a kit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::commands::template) enum Language {
    /// Small components, compiled in a blink.
    Rust,
    /// The standard toolchain, nothing else.
    Go,
    /// node and npm.
    #[value(alias = "js")]
    Javascript,
    /// python3 with venv.
    Python,
}

impl Language {
    /// All of them, in the order people are asked.
    pub(in crate::commands::template) const ALL: [Self; 4] = [Self::Rust, Self::Go, Self::Javascript, Self::Python];

    /// As people write it.
    pub(in crate::commands::template) fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Go => "Go",
            Self::Javascript => "JavaScript",
            Self::Python => "Python",
        }
    }

    /// The file by which a project of it is known.
    pub(in crate::commands::template) fn manifest(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Go => "go.mod",
            Self::Javascript => "package.json",
            Self::Python => "pyproject.toml",
        }
    }

    /// What one should know before choosing.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::Rust => "the smallest components, about 0.1 MB; needs cargo and the target wasm32-unknown-unknown",
            Self::Go => "about 3.5 MB; needs Go 1.24 or newer",
            Self::Javascript => "about 12 MB; needs node 20 or newer and npm",
            Self::Python => "about 18 MB; needs python3 with venv",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Javascript => "javascript",
            Self::Python => "python",
        }
    }

    /// The files of a new project of this name: path and text, in the order of their paths.
    pub(super) fn files(self, name: &str) -> Vec<(&'static str, String)> {
        let found = SKELETONS.iter().find(|(language, _)| *language == self.word());
        let (crate_name, title) = (name.replace('-', "_"), title(name));
        let fill =
            |text: &str| text.replace("{{name}}", name).replace("{{crate}}", &crate_name).replace("{{title}}", &title);
        found.into_iter().flat_map(|(_, files)| *files).map(|(path, text)| (*path, fill(text))).collect()
    }
}

/// `orders-db` is called `Orders db`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_whole_project_with_nothing_left_to_fill_in() {
        for language in Language::ALL {
            let files = language.files("orders-db");
            for wanted in [
                language.manifest(),
                "README.md",
                ".gitignore",
                "tests/defaults/definition.yaml",
                "tests/defaults/expected.yaml",
            ] {
                assert!(files.iter().any(|(path, _)| *path == wanted), "{}: no {wanted}", language.title());
            }
            for (path, text) in files {
                let left = ["{{name}}", "{{crate}}", "{{title}}"].iter().any(|word| text.contains(word));
                assert!(!left && !text.is_empty(), "{}: {path}", language.title());
                assert!(path.strip_suffix(".in").is_none() && !path.starts_with('/') && !path.contains(".."), "{path}");
            }
        }
        assert_eq!(title("orders-db"), "Orders db");
    }

    #[test]
    fn the_kit_of_rust_stands_on_its_own() {
        let files = Language::Rust.files("x");
        let (_, manifest) = files.iter().find(|(path, _)| *path == "vendor/template-sdk/Cargo.toml").unwrap();
        assert!(!manifest.contains("workspace") && manifest.contains("\nwit-bindgen = {"), "{manifest}");
        for wanted in ["vendor/template-sdk/src/lib.rs", "vendor/template-sdk/wit/template.wit"] {
            assert!(files.iter().any(|(path, _)| *path == wanted), "no {wanted}");
        }
    }
}
