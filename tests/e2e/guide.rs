//! A guide as its reader meets it: commands, and what is shown of their output.
//! It never runs anything.

/// One command.
pub(crate) struct Step {
    /// The command with its here-document and continued lines.
    pub(crate) command: String,
    /// How it must end: what `# exit N` behind it says, else 0.
    pub(crate) code: i32,
    /// Line of the guide, from 1.
    pub(crate) line: usize,
    /// Lines of the guide that show its output, from 0; nothing in a block that shows none.
    shown: Option<(usize, usize)>,
    /// What those lines say.
    output: Vec<String>,
}

/// A guide, read.
pub(crate) struct Guide {
    lines: Vec<String>,
    /// Its commands, in order.
    pub(crate) steps: Vec<Step>,
    /// Why blocks of commands are not run, by what their first lines say.
    pub(crate) not_run: Vec<String>,
    replaced: Vec<((usize, usize), Vec<String>)>,
}

impl Guide {
    /// Reads blocks of `sh`, where every line is a command, and of `console`, where `$ ` begins one.
    pub(crate) fn parse(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut guide = Self { lines, steps: Vec::new(), not_run: Vec::new(), replaced: Vec::new() };
        let mut at = next_fence(&guide.lines, 0);
        while let Some(fence) = guide.lines.get(at).map(|line| line[3..].to_owned()) {
            let end = next_fence(&guide.lines, at + 1);
            let (language, rest) = fence.split_once(' ').unwrap_or((&fence, ""));
            match (language, rest.strip_prefix("not run: ")) {
                ("sh" | "console", Some(reason)) => guide.not_run.push(reason.to_owned()),
                ("sh" | "console", None) => {
                    assert_eq!(rest, "", "line {}: ```{fence}", at + 1);
                    let steps = steps(&guide.lines, at + 1, end, language == "console");
                    guide.steps.extend(steps);
                }
                _ => {}
            }
            at = next_fence(&guide.lines, end + 1);
        }
        guide
    }

    /// Shows this output instead, when the guide is written anew.
    pub(crate) fn replace(&mut self, step: usize, output: &str) {
        if let Some(place) = self.steps[step].shown {
            let mut lines: Vec<String> = output.lines().map(|line| line.trim_end().to_owned()).collect();
            while lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
            self.replaced.push((place, lines));
        }
    }

    /// The guide with what was replaced.
    pub(crate) fn text(mut self) -> String {
        for ((from, to), lines) in self.replaced.into_iter().rev() {
            self.lines.splice(from..to, lines);
        }
        self.lines.join("\n") + "\n"
    }
}

impl Step {
    /// Whether what it wrote is what is shown: all of it, where `…` stands for any text, on a line of its own for any
    /// lines. Ages, digests and the width of gaps may differ, empty lines count for nothing.
    ///
    /// # Errors
    /// Both texts.
    pub(crate) fn shows(&self, written: &str) -> Result<(), String> {
        if self.shown.is_none() {
            return Ok(());
        }
        let lines = |text: &mut dyn Iterator<Item = &str>| -> Vec<Vec<char>> {
            text.map(comparable).filter(|line| !line.is_empty()).map(|line| line.chars().collect()).collect()
        };
        let shown = lines(&mut self.output.iter().map(String::as_str));
        let got = lines(&mut written.lines());
        let same = |shown: &Vec<char>, got: &Vec<char>| fits(shown, got, |a| *a == GAP, |a, b| a == b);
        if fits(&shown, &got, |line| line[..] == [GAP], same) {
            return Ok(());
        }
        Err(format!("--- shown\n{}\n--- written\n{written}", self.output.join("\n")))
    }
}

const GAP: char = '…';

/// Whether `text` is `pattern`, where an item that is a gap stands for any number of items.
fn fits<T>(pattern: &[T], text: &[T], gap: impl Fn(&T) -> bool + Copy, same: impl Fn(&T, &T) -> bool + Copy) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((first, rest)) if gap(first) => (0..=text.len()).any(|from| fits(rest, &text[from..], gap, same)),
        Some((first, rest)) => {
            text.split_first().is_some_and(|(got, left)| same(first, got) && fits(rest, left, gap, same))
        }
    }
}

/// A line without what differs between two runs: `12s ago`, `sha256:0a1b…`, gaps that follow the widest cell.
fn comparable(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut result = String::new();
    let mut word = String::new();
    for letter in line.chars().chain([' ']) {
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
            continue;
        }
        result.push_str(if is_age(&word) || is_digest(&word) { "#" } else { &word });
        word.clear();
        result.push(letter);
    }
    result.trim_end().to_owned()
}

/// `7s`, `5d3h`, `120ms`.
fn is_age(word: &str) -> bool {
    let units = |letter: char| "dhms".contains(letter);
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.ends_with(units)
        && word.chars().all(|letter| letter.is_ascii_digit() || units(letter))
}

fn is_digest(word: &str) -> bool {
    word.len() >= 12 && word.chars().all(|letter| letter.is_ascii_hexdigit())
}

/// The next line that opens or closes a block, or the end.
fn next_fence(lines: &[String], from: usize) -> usize {
    let found = lines.get(from..).and_then(|rest| rest.iter().position(|line| line.starts_with("```")));
    found.map_or(lines.len(), |index| from + index)
}

/// The commands between two lines, with their here-documents and continued lines.
fn steps(lines: &[String], mut at: usize, end: usize, console: bool) -> Vec<Step> {
    let mut found = Vec::new();
    while at < end {
        let first = if console { lines[at].strip_prefix("$ ") } else { Some(lines[at].as_str()) };
        let Some(first) = first.filter(|line| !line.is_empty()) else {
            assert!(lines[at].is_empty(), "line {}: output of no command", at + 1);
            at += 1;
            continue;
        };
        let line = at + 1;
        let mut command = first.to_owned();
        let stop = first.rsplit_once("<<'").and_then(|(_, rest)| rest.strip_suffix('\''));
        let open = |text: &str| match stop {
            Some(stop) => text != stop,
            None => text.ends_with('\\'),
        };
        let mut last = if stop.is_some() { "" } else { first };
        while open(last) {
            at += 1;
            assert!(at < end, "line {line}: the command has no end");
            last = &lines[at];
            command = format!("{command}\n{last}");
        }
        at += 1;
        let code = command.rsplit_once("# exit ").and_then(|(_, code)| code.trim().parse().ok()).unwrap_or(0);
        let from = at;
        while console && at < end && !lines[at].starts_with("$ ") {
            at += 1;
        }
        // The empty lines before the next command belong to nothing.
        let to = (from..at).rev().find(|index| !lines[*index].is_empty()).map_or(from, |index| index + 1);
        let shown = console.then_some((from, to));
        found.push(Step { command, code, line, shown, output: lines[from..to].to_vec() });
    }
    found
}
