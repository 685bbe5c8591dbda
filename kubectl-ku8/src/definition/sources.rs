//! What values were written in, files and flags, kept so that a finding can point at the very words.
//! It shows one line at a time, and none that holds something whose name says that it is secret.

use unicode_width::UnicodeWidthStr;

use super::SetKind;
use super::places::{Place, Places};
use crate::object::{is_sensitive_name, printable};

/// Widest line shown; of a longer one only the part around the place is.
const WIDTH: usize = 100;

/// One file or flag.
#[derive(Clone, Debug)]
struct Source {
    /// File name; empty for a flag.
    name: String,
    text: String,
    /// Pointer of the values inside the document: empty, or `/spec/values`.
    below: &'static str,
    places: Places,
}

/// Where something is written, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// `values.yaml:3:9`; empty for a flag.
    pub head: String,
    /// The line and what is underlined in it; empty when the line is not shown.
    pub lines: Vec<String>,
    /// The words at the place, as they are written; empty when they are not shown.
    pub words: String,
    /// For a flag: its name, such as `--set`.
    pub flag: Option<&'static str>,
}

/// Which part of an entry is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name.
    Name,
    /// The value; the name of a list or object.
    Value,
    /// The object an entry is missing in.
    Around,
}

/// Files and flags in the order they are read: what comes later counts.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a values file.
    pub fn values(&mut self, name: &str, text: &str) {
        self.add(name, text, "");
    }

    /// Adds a definition document, whose values are below `spec`.
    pub fn definition(&mut self, name: &str, text: &str) {
        self.add(name, text, "/spec/values");
    }

    fn add(&mut self, name: &str, text: &str, below: &'static str) {
        self.0.push(Source { name: name.to_owned(), text: text.to_owned(), below, places: Places::of(text) });
    }

    /// Adds a flag that set the value at `pointer`.
    pub fn flag(&mut self, kind: SetKind, argument: &str, pointer: &str) {
        let flag = kind.flag();
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        let at =
            |before: usize, words: &str| Place { line: 1, column: before + 1, length: words.chars().count().max(1) };
        let start = flag.chars().count() + 1;
        let after = start + name.chars().count() + 1;
        let mut places =
            if kind == SetKind::Json { Places::of(value).moved(pointer, after) } else { Places::default() };
        places.put(pointer, at(start, name), if value.is_empty() { at(start, name) } else { at(after, value) });
        // A flag is shown on one line, whatever its value holds.
        let text = format!("{flag} {argument}").replace('\n', " ");
        self.0.push(Source { name: String::new(), text, below: "", places });
    }

    /// Pointers of the values that a bare `--set` gave last, with the text as it was typed.
    pub fn guessed(&self) -> impl Iterator<Item = (&str, &str)> {
        let bare = SetKind::Guess.flag();
        self.0.iter().filter(move |source| source.name.is_empty() && source.starts_with(bare)).filter_map(|source| {
            let (_, text) = source.text.split_once('=')?;
            Some((source.places.only()?, text))
        })
    }

    /// Finds where the value at `pointer` was written, in what was read last. `hidden` values are not shown.
    pub fn find(&self, pointer: &str, part: Part, hidden: &[&str]) -> Option<Spot> {
        self.0.iter().rev().find_map(|source| {
            let full = format!("{}{pointer}", source.below);
            let place = match part {
                Part::Name => source.places.name(&full).or_else(|| source.places.value(&full)),
                Part::Value => source.places.value(&full),
                Part::Around => source.places.value(full.rsplit_once('/')?.0),
            }?;
            Some(source.spot(place, hidden))
        })
    }
}

impl Source {
    fn spot(&self, place: Place, hidden: &[&str]) -> Spot {
        let is_flag = self.name.is_empty();
        let head = if is_flag { String::new() } else { format!("{}:{}:{}", self.name, place.line, place.column) };
        let flag = if is_flag {
            SetKind::ALL.iter().map(|kind| kind.flag()).find(|flag| self.starts_with(flag))
        } else {
            None
        };
        let mut spot = Spot { head, flag, ..Spot::default() };
        let secret = |pointer: &str| {
            let below = pointer.strip_prefix(self.below).unwrap_or(pointer);
            is_sensitive_name(pointer.rsplit('/').next().unwrap_or_default())
                || hidden.iter().any(|secret| {
                    below == *secret || below.strip_prefix(*secret).is_some_and(|rest| rest.starts_with('/'))
                })
        };
        if self.places.on_line(place.line).any(secret) {
            return spot;
        }
        let line = self.text.lines().nth(place.line - 1).unwrap_or_default();
        spot.words = line.chars().skip(place.column - 1).take(place.length).collect();
        spot.lines = underlined(line, place, !is_flag);
        spot
    }

    fn starts_with(&self, flag: &str) -> bool {
        self.text.strip_prefix(flag).is_some_and(|rest| rest.starts_with(' '))
    }
}

/// A line of a file and the underline below it.
pub(super) fn underlined(line: &str, place: Place, numbered: bool) -> Vec<String> {
    let letters: Vec<char> = line.chars().map(|letter| if letter == '\t' { ' ' } else { letter }).collect();
    let from = (place.column - 1).min(letters.len());
    let cut = if letters.len() > WIDTH { from.saturating_sub(WIDTH / 2) } else { 0 };
    let shown = &letters[cut..letters.len().min(cut + WIDTH)];
    let text = |letters: &[char]| printable(&letters.iter().collect::<String>());
    let before = &shown[..(from - cut).min(shown.len())];
    let marked = &shown[before.len()..(before.len() + place.length).min(shown.len())];
    let (start, end) = (if cut > 0 { "…" } else { "" }, if letters.len() > cut + WIDTH { "…" } else { "" });
    let blank = " ".repeat(text(before).width() + start.width());
    let caret = "^".repeat(text(marked).width().max(1));
    let (gutter, below) = if numbered {
        (format!("  {} | ", place.line), format!("  {} | ", " ".repeat(place.line.to_string().len())))
    } else {
        ("  ".to_owned(), "  ".to_owned())
    };
    vec![format!("{gutter}{start}{}{end}", text(shown)), format!("{below}{blank}{caret}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        let mut sources = Sources::default();
        sources.values("values.yaml", "storage:\n  size: 10GB\nauth: {password: hunter22, mode: x}\nreplicas: 1\n");
        sources.flag(SetKind::Guess, "replicas=many", "/replicas");
        sources.flag(SetKind::Json, r#"list=[{"größe": 1}, 2]"#, "/list");
        sources
    }

    #[test]
    fn a_value_is_shown_in_its_line_and_underlined() {
        let spot = sources().find("/storage/size", Part::Value, &[]).unwrap();
        assert_eq!(spot.head, "values.yaml:2:9");
        assert_eq!(spot.lines, ["  2 |   size: 10GB", "    |         ^^^^"]);
        assert_eq!(spot.words, "10GB");
        let name = sources().find("/storage/size", Part::Name, &[]).unwrap();
        assert_eq!(name.lines[1], "    |   ^^^^");
        let around = sources().find("/storage/class", Part::Around, &[]).unwrap();
        assert_eq!(around.head, "values.yaml:1:1");
    }

    #[test]
    fn a_flag_wins_over_a_file_and_is_shown_as_typed() {
        let spot = sources().find("/replicas", Part::Value, &[]).unwrap();
        assert_eq!((spot.head.as_str(), spot.flag), ("", Some("--set")));
        assert_eq!(spot.lines, ["  --set replicas=many", "                 ^^^^"]);
        let inside = sources().find("/list/0/größe", Part::Value, &[]).unwrap();
        assert_eq!(inside.words, "1");
    }

    #[test]
    fn a_line_with_a_secret_is_never_shown() {
        let spot = sources().find("/auth/mode", Part::Value, &[]).unwrap();
        assert_eq!((spot.head.as_str(), spot.lines.len(), spot.words.as_str()), ("values.yaml:3:34", 0, ""));
        let marked = sources().find("/storage/size", Part::Value, &["/storage"]).unwrap();
        assert!(marked.lines.is_empty());
    }

    #[test]
    fn long_and_wide_lines_stay_readable() {
        let line = format!("{}größe: 中文字", "x".repeat(300));
        let place = Place { line: 7, column: 308, length: 3 };
        let shown = underlined(&line, place, true);
        assert!(shown[0].chars().count() < 130 && shown[0].ends_with("中文字"), "{shown:?}");
        assert!(shown[1].ends_with("^^^^^^"), "{shown:?}");
    }
}
