//! A list in every form of `-o`: table, wide table, names, documents, columns and templates.
//! All forms come from one document and one set of rows; it never fetches anything.

use serde_json::Value;
use thiserror::Error;

use super::jsonpath::{JsonPath, JsonPathError, columns_of};
use super::kyaml::kyaml;
use super::release_view::Table;
use crate::cli::Format;
use crate::definition::yaml;
use crate::object::{printable, printable_json};

/// A form that does not fit.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FormatError {
    /// The template of `-o jsonpath`, or of a column.
    #[error(transparent)]
    JsonPath(#[from] JsonPathError),
    /// The columns of `-o custom-columns`.
    #[error("unexpected custom-columns spec: {0}, expected <header>:<json-path-expr>")]
    Columns(String),
}

/// One thing of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// `kind/name`, for `-o name`.
    pub name: String,
    /// Cells of the table.
    pub cells: Vec<String>,
    /// More cells for `-o wide`.
    pub wide: Vec<String>,
    /// `key=value,…`, for `--show-labels`.
    pub labels: String,
}

/// A list, ready to be shown.
#[derive(Clone, Debug)]
pub struct Listing {
    heads: Vec<&'static str>,
    wide: Vec<&'static str>,
    rows: Vec<Row>,
    show_labels: bool,
}

impl Listing {
    /// A list with these heads; `wide` ones are added with `-o wide`.
    pub fn new(heads: &[&'static str], wide: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), wide: wide.to_vec(), rows: Vec::new(), show_labels: false }
    }

    /// Adds the column LABELS.
    pub fn show_labels(mut self, show: bool) -> Self {
        self.show_labels = show;
        self
    }

    /// Adds a row.
    pub fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Says whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of one form. `document` is the list with its `items`.
    ///
    /// # Errors
    /// When columns or template cannot be read or do not fit.
    pub fn render(&self, document: &Value, format: &Format, heads: bool) -> Result<String, FormatError> {
        Ok(match format {
            Format::Text | Format::Wide => self.table(*format == Format::Wide, heads),
            Format::Name => self.rows.iter().map(|row| printable(&row.name)).collect::<Vec<_>>().join("\n"),
            Format::Json | Format::Yaml | Format::Kyaml => document_text(document, format),
            Format::Columns(spec) => columns(document, spec, heads)?,
            Format::JsonPath(template) => printable(&JsonPath::parse(template)?.fill(document)?),
        })
    }

    /// The table, with the columns LABELS and those of `-o wide` where they are wanted.
    pub fn table(&self, wide: bool, heads: bool) -> String {
        let mut names = self.heads.clone();
        names.extend(wide.then_some(self.wide.as_slice()).into_iter().flatten());
        names.extend(self.show_labels.then_some("LABELS"));
        let mut table = if heads { Table::new(&names) } else { Table::headless() };
        for row in &self.rows {
            let mut cells = row.cells.clone();
            cells.resize(self.heads.len(), String::new());
            cells.extend(row.wide.iter().filter(|_| wide).cloned());
            let labels = if row.labels.is_empty() { "<none>" } else { &row.labels };
            cells.extend(self.show_labels.then(|| labels.to_owned()));
            table.row(&cells);
        }
        table.render()
    }
}

/// One document as text that cannot steer a terminal.
pub fn document_text(document: &Value, format: &Format) -> String {
    match format {
        Format::Yaml => yaml::to_printable(document),
        Format::Kyaml => kyaml(document),
        _ => printable_json(&serde_json::to_string_pretty(document).expect("JSON serialises")),
    }
}

/// `HEAD:.path,…` over the items, or over the document when it is no list.
fn columns(document: &Value, spec: &str, heads: bool) -> Result<String, FormatError> {
    let mut names = Vec::new();
    let mut paths = Vec::new();
    for part in spec.split(',') {
        let (name, path) = part.split_once(':').ok_or_else(|| FormatError::Columns(part.to_owned()))?;
        names.push(name);
        paths.push(columns_of(path)?);
    }
    let mut table = if heads { Table::new(&names) } else { Table::headless() };
    let items = match document["items"].as_array() {
        Some(items) => items.iter().collect(),
        None => vec![document],
    };
    for item in items {
        let cells: Result<Vec<String>, JsonPathError> = paths.iter().map(|path| path.cell(item)).collect();
        table.row(&cells?);
    }
    Ok(table.render())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listing() -> (Listing, Value) {
        let mut listing = Listing::new(&["NAME", "AGE"], &["BY"]);
        for (name, age, by) in [("订单", "5m", "ada"), ("orders-db", "3d", "bob")] {
            let cells = vec![name.to_owned(), age.to_owned()];
            listing.row(Row { name: format!("definition/{name}"), cells, wide: vec![by.into()], labels: "a=b".into() });
        }
        (listing, json!({"items": [{"name": "订单", "n": [1, 2]}, {"name": "orders-db", "m": {"x": 1}}]}))
    }

    #[test]
    fn one_list_has_many_forms() {
        let (listing, document) = listing();
        let form = |text: &str, heads| listing.render(&document, &text.parse().unwrap(), heads).unwrap();
        assert_eq!(form("text", true), "NAME        AGE\n订单        5m\norders-db   3d");
        assert_eq!(form("text", false), "订单        5m\norders-db   3d");
        assert_eq!(form("wide", true).lines().next(), Some("NAME        AGE   BY"));
        assert_eq!(form("name", true), "definition/订单\ndefinition/orders-db");
        assert_eq!(form("jsonpath={.items[1].name}", true), "orders-db");
        let columns = form("custom-columns=A:.name,B:{.n},C:m", true);
        assert_eq!(columns, "A           B        C\n订单        [1 2]    <none>\norders-db   <none>   map[x:1]");
        assert_eq!(
            listing.clone().show_labels(true).render(&document, &Format::Text, true).unwrap().lines().next(),
            Some("NAME        AGE   LABELS")
        );
        for wrong in ["custom-columns=A", "custom-columns=A:.n[", "jsonpath={.n"] {
            assert!(listing.render(&document, &wrong.parse().unwrap(), true).is_err(), "{wrong}");
        }
    }
}
