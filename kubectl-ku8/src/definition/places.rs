//! Where each value of a YAML text stands: line, column and length, by JSON pointer.
//! It never judges a value, and a text that does not parse simply has no places.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

/// A stretch of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// 1-based line.
    pub(super) line: usize,
    /// 1-based column, in characters.
    pub(super) column: usize,
    /// How many characters, at least one; never past the end of the line.
    pub(super) length: usize,
}

/// The line on which each value of a document begins, counted from 1, by JSON pointer; a value with a name is where its
/// name is.
pub fn lines_of(text: &str) -> BTreeMap<String, usize> {
    let places = Places::of(text);
    let values = places.values.iter().chain(&places.names);
    values.map(|(pointer, place)| (pointer.clone(), place.line)).collect()
}

/// The places of every name and value of one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    names: BTreeMap<String, Place>,
    values: BTreeMap<String, Place>,
    repeated: Vec<(String, Place, Place)>,
}

impl Places {
    /// Finds the places of the first document of a text.
    pub(super) fn of(text: &str) -> Self {
        // What stands twice is kept twice, so that both places can be told.
        let options = serde_saphyr::options! {
            legacy_octal_numbers: true,
            with_snippet: false,
            duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        };
        let documents: Vec<Spanned<Node>> = serde_saphyr::from_multiple_with_options(text, options).unwrap_or_default();
        let mut places = Self::default();
        let lines: Vec<&str> = text.lines().collect();
        if let Some(document) = documents.iter().find(|document| !matches!(document.value, Node::Scalar)) {
            places.collect(&lines, "", &document.value);
        }
        places
    }

    /// Where the value at a pointer is written; a list or object is told by its name.
    pub(super) fn value(&self, pointer: &str) -> Option<Place> {
        self.values.get(pointer).copied()
    }

    /// Where the name of the value at a pointer is written.
    pub(super) fn name(&self, pointer: &str) -> Option<Place> {
        self.names.get(pointer).copied()
    }

    /// A name that stands twice in one object: the name, where it was first and where it is again.
    pub(super) fn repeated(&self) -> Option<(&str, Place, Place)> {
        self.repeated.first().map(|(name, first, again)| (name.as_str(), *first, *again))
    }

    /// The same places of a text that stands inside another one: below a pointer, so many characters to the right.
    pub(super) fn moved(self, below: &str, by: usize) -> Self {
        let move_all = |places: BTreeMap<String, Place>| {
            let moved = |(pointer, place): (String, Place)| {
                (format!("{below}{pointer}"), Place { column: place.column + by, ..place })
            };
            places.into_iter().map(moved).collect()
        };
        Self { names: move_all(self.names), values: move_all(self.values), repeated: Vec::new() }
    }

    /// Adds the place of one entry.
    pub(super) fn put(&mut self, pointer: &str, name: Place, value: Place) {
        self.names.insert(pointer.to_owned(), name);
        self.values.insert(pointer.to_owned(), value);
    }

    /// The pointer of the one entry there is.
    pub(super) fn only(&self) -> Option<&str> {
        self.values.keys().next().filter(|_| self.values.len() == 1).map(String::as_str)
    }

    /// The entry whose name or value begins at a line and column.
    pub(super) fn at(&self, line: usize, column: usize) -> Option<Place> {
        let here = |place: &&Place| place.line == line && place.column == column;
        self.names.values().chain(self.values.values()).find(here).copied()
    }

    /// Pointers of everything that begins on a line.
    pub(super) fn on_line(&self, line: usize) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(_, place)| place.line == line).map(|(pointer, _)| pointer.as_str())
    }

    fn collect(&mut self, lines: &[&str], pointer: &str, node: &Node) {
        match node {
            Node::Scalar => {}
            Node::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let below = format!("{pointer}/{index}");
                    self.keep(lines, &below, element, None);
                }
            }
            Node::Map(entries) => {
                for (name, value) in entries {
                    let below = format!("{pointer}/{}", name.value.0.replace('~', "~0").replace('/', "~1"));
                    let place = place(lines, &name.referenced);
                    if let (Some(first), Some(again)) = (self.names.get(&below), place) {
                        self.repeated.push((name.value.0.clone(), *first, again));
                    }
                    self.keep(lines, &below, value, place);
                }
            }
        }
    }

    fn keep(&mut self, lines: &[&str], pointer: &str, value: &Spanned<Node>, name: Option<Place>) {
        if let Some(name) = name {
            self.names.insert(pointer.to_owned(), name);
        }
        let own = place(lines, &value.referenced);
        let shown = match value.value {
            Node::Scalar => own.or(name),
            Node::List(_) | Node::Map(_) => name.or(own),
        };
        if let Some(shown) = shown {
            self.values.insert(pointer.to_owned(), shown);
        }
        self.collect(lines, pointer, &value.value);
    }
}

/// The part of a location that lies on its first line.
fn place(lines: &[&str], location: &Location) -> Option<Place> {
    let line = usize::try_from(location.line()).ok().filter(|line| *line > 0)?;
    let column = usize::try_from(location.column()).ok().filter(|column| *column > 0)?;
    let rest: String = lines.get(line - 1)?.chars().skip(column - 1).collect();
    let length = usize::try_from(location.span().len()).unwrap_or(1).min(rest.chars().count());
    // A span may run on over blanks; nobody underlines those.
    let length = rest.chars().take(length).collect::<String>().trim_end().chars().count();
    Some(Place { line, column, length: length.max(1) })
}

/// A document's skeleton.
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<Name>, Spanned<Node>)>),
}

/// A key as JSON has it: text, whatever YAML took it for.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeReader)
    }
}

struct NodeReader;

impl<'de> Visitor<'de> for NodeReader {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = elements.next_element()? {
            found.push(element);
        }
        Ok(Node::List(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            found.push(entry);
        }
        Ok(Node::Map(found))
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        let _: (IgnoredAny, _) = tagged.variant()?;
        Ok(Node::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\nstorage:\n  size: 10GB   # too large\n  class: \"fast\"\nlist: [a, {b: 0644}]\n\
        zahlen: {größe: 8Gi, y: yes}\ntext: |\n  one\n  two\n1: x\n";

    fn at(pointer: &str) -> (usize, usize, String) {
        let place = Places::of(TEXT).value(pointer).unwrap_or_else(|| panic!("no place for {pointer}"));
        let line: Vec<char> = TEXT.lines().nth(place.line - 1).unwrap().chars().collect();
        (place.line, place.column, line[place.column - 1..place.column - 1 + place.length].iter().collect())
    }

    #[test]
    fn every_value_is_found_where_it_is_written() {
        assert_eq!(at("/storage/size"), (3, 9, "10GB".into()));
        assert_eq!(at("/storage/class"), (4, 10, "\"fast\"".into()));
        assert_eq!(at("/storage"), (2, 1, "storage".into()));
        assert_eq!(at("/list/1/b"), (5, 15, "0644".into()));
        assert_eq!(at("/zahlen/größe"), (6, 17, "8Gi".into()));
        assert_eq!(at("/zahlen/y"), (6, 25, "yes".into()));
        assert_eq!(at("/text").0, 8, "the first line of a block is where its text begins");
        assert_eq!(at("/1"), (10, 4, "x".into()));
        assert_eq!(Places::of(TEXT).name("/storage/size"), Some(Place { line: 3, column: 3, length: 4 }));
        assert_eq!(Places::of(TEXT).on_line(6).count(), 3);
    }

    #[test]
    fn what_stands_twice_is_found_twice() {
        let places = Places::of("a: 1\nb: {c: 1}\na: 2\n");
        let (name, first, again) = places.repeated().unwrap();
        assert_eq!((name, first.line, again.line), ("a", 1, 3));
        assert!(Places::of("a: 1\nb: 2\n").repeated().is_none());
    }

    #[test]
    fn a_text_that_does_not_parse_has_no_places() {
        assert!(Places::of("a: [").value("/a").is_none());
        assert!(Places::of("").value("").is_none());
    }
}
