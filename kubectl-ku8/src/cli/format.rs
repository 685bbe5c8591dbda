//! The forms a list is printed in: kubectl's `-o` with its words, and the flags that go with it.
//! It only reads the flag; what each form looks like is the terminal's.

use std::str::FromStr;

use clap::Args;

/// A form of `-o` for lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table.
    #[default]
    Text,
    /// A table with more columns.
    Wide,
    /// `kind/name`, one a line.
    Name,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// YAML that cannot be misread: flow style, every string in quotes.
    Kyaml,
    /// Columns with a JSONPath each: `NAME:.metadata.name,…`.
    Columns(String),
    /// A template in kubectl's JSONPath dialect.
    JsonPath(String),
}

impl Format {
    /// The words after `-o`, as they are listed to people.
    pub const ALLOWED: &str = "custom-columns, json, jsonpath, kyaml, name, text, wide, yaml";

    /// Says whether one document is printed, and errors are JSON too.
    pub fn is_document(&self) -> bool {
        matches!(self, Self::Json | Self::Yaml | Self::Kyaml)
    }

    /// Says whether a table is printed.
    pub fn is_table(&self) -> bool {
        matches!(self, Self::Text | Self::Wide)
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, rest) = text.split_once('=').map_or((text, None), |(word, rest)| (word, Some(rest)));
        match (word, rest) {
            ("text" | "", None) => Ok(Self::Text),
            ("wide", None) => Ok(Self::Wide),
            ("name", None) => Ok(Self::Name),
            ("json", None) => Ok(Self::Json),
            ("yaml", None) => Ok(Self::Yaml),
            ("kyaml", None) => Ok(Self::Kyaml),
            ("custom-columns", Some(columns)) if !columns.is_empty() => Ok(Self::Columns(columns.to_owned())),
            ("custom-columns", _) => Err("custom-columns needs columns: -o custom-columns=NAME:.metadata.name".into()),
            ("jsonpath", Some(template)) if !template.is_empty() => Ok(Self::JsonPath(template.to_owned())),
            ("jsonpath", _) => Err("jsonpath needs a template: -o jsonpath='{.items[*].metadata.name}'".into()),
            _ => Err(format!(
                "unable to match a printer suitable for the output format \"{text}\", allowed formats are: {}",
                Self::ALLOWED
            )),
        }
    }
}

/// Flags of every command that lists.
#[derive(Args, Clone, Debug, Default)]
pub struct ListingArgs {
    /// Output: text, wide, name, json, yaml, kyaml, custom-columns=…, jsonpath=…
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    pub output: Format,
    /// Leave out the heads of a table
    #[arg(long)]
    pub no_headers: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_read_as_kubectls() {
        assert_eq!("jsonpath={.a=1}".parse(), Ok(Format::JsonPath("{.a=1}".into())));
        assert_eq!("custom-columns=A:.a".parse(), Ok(Format::Columns("A:.a".into())));
        for wrong in ["bogus", "JSON", "json=", "wide=x"] {
            let error = wrong.parse::<Format>().unwrap_err();
            assert!(error.starts_with("unable to match") && error.contains("allowed formats are: "), "{error}");
        }
        assert!("jsonpath".parse::<Format>().unwrap_err().contains("template"));
    }
}
