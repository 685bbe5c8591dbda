//! Reads a template into nodes, with the grammar of client-go's `util/jsonpath`.
//! It never looks at a document.

/// One step of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// `{…}`: its steps, one after the other.
    Action(Vec<Node>),
    /// Literal text.
    Text(String),
    /// A whole number inside an action.
    Number(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `range`, `end`, or a word that means nothing.
    Word(String),
    /// `.name`.
    Field(String),
    /// `.*`.
    Wildcard,
    /// `..`.
    Recursive,
    /// `[from:to:step]`.
    Slice(Slice),
    /// `[?(left operator right)]`.
    Filter(Vec<Node>, String, Vec<Node>),
    /// `[a,b]`.
    Union(Vec<Vec<Node>>),
}

/// Bounds as they were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// `to` is not written: one element is meant.
    pub(super) single: bool,
    pub(super) step: Option<i64>,
}

/// Reads text with `{actions}` in it.
pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let mut reader = Reader { letters: text.chars().collect(), at: 0 };
    let mut nodes = Vec::new();
    let mut words = String::new();
    while let Some(letter) = reader.next() {
        if letter != '{' {
            words.push(letter);
            continue;
        }
        if !words.is_empty() {
            nodes.push(Node::Text(std::mem::take(&mut words)));
        }
        nodes.push(Node::Action(reader.action()?));
    }
    if !words.is_empty() {
        nodes.push(Node::Text(words));
    }
    Ok(nodes)
}

/// Reads the inside of one action.
fn steps(text: &str) -> Result<Vec<Node>, String> {
    Reader { letters: format!("{text}}}").chars().collect(), at: 0 }.action()
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn starts_with(&self, words: &str) -> bool {
        words.chars().enumerate().all(|(offset, letter)| self.letters.get(self.at + offset) == Some(&letter))
    }

    /// Up to and with the closing brace.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.starts_with("[?(") {
                self.at += 3;
                nodes.push(self.filter()?);
                continue;
            }
            if self.starts_with("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".into());
                }
                self.at += 2;
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_word) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                None | Some('\n' | '\r') => return Err("unclosed action".into()),
                Some('}') => return Ok(nodes),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(Node::Text(self.quoted(quote)?)),
                Some('.') => nodes.push(self.field()),
                Some(letter) if letter == '+' || letter == '-' || letter.is_ascii_digit() => {
                    self.at -= 1;
                    nodes.push(self.number()?);
                }
                Some(letter) if is_word(letter) => {
                    self.at -= 1;
                    nodes.push(self.word());
                }
                Some(letter) => return Err(format!("unrecognized character in action: {letter:?}")),
            }
        }
    }

    fn word(&mut self) -> Node {
        let mut word = String::new();
        while let Some(letter) = self.peek().filter(|letter| !ends(*letter)) {
            word.push(letter);
            self.at += 1;
        }
        match word.as_str() {
            "true" | "True" | "TRUE" => Node::Bool(true),
            "false" | "False" | "FALSE" => Node::Bool(false),
            _ => Node::Word(word),
        }
    }

    fn field(&mut self) -> Node {
        let mut name = String::new();
        while let Some(letter) = self.peek() {
            if letter == '\\' {
                self.at += 1;
                name.extend(self.next());
            } else if ends(letter) {
                break;
            } else {
                name.push(letter);
                self.at += 1;
            }
        }
        if name == "*" { Node::Wildcard } else { Node::Field(name) }
    }

    fn number(&mut self) -> Result<Node, String> {
        let mut text = String::new();
        text.extend(self.next());
        while let Some(letter) = self.peek().filter(|letter| letter.is_ascii_digit() || *letter == '.') {
            text.push(letter);
            self.at += 1;
        }
        if let Ok(number) = text.parse() {
            return Ok(Node::Number(number));
        }
        text.parse().map(Node::Float).map_err(|_| format!("cannot parse number {text}"))
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".into()),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(letter @ ('\\' | '"' | '\'' | '/')) => text.push(letter),
                    Some('u') => {
                        let code: String = (0..4).filter_map(|_| self.next()).collect();
                        let letter = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                        text.push(letter.ok_or("invalid syntax")?);
                    }
                    _ => return Err("invalid syntax".into()),
                },
                Some(letter) if letter == quote => return Ok(text),
                Some(letter) => text.push(letter),
            }
        }
    }

    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated array".into()),
                Some(']') => break,
                Some(letter) => text.push(letter),
            }
        }
        if text.contains(',') {
            let parts: Result<Vec<_>, _> =
                text.split(',').map(|part| steps(&format!("[{}]", part.trim_matches(' ')))).collect();
            nodes.push(Node::Union(parts?));
        } else if let Some(key) =
            text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).filter(|key| !key.contains('\''))
        {
            nodes.extend(steps(&format!(".{key}"))?);
        } else {
            nodes.push(Node::Slice(slice(if text == "*" { ":" } else { &text })?));
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, String> {
        let mut text = String::new();
        let mut open = None;
        let mut closed = false;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".into()),
                Some(')') if open.is_some() == closed => break,
                Some(letter) => {
                    if matches!(letter, '"' | '\'') {
                        match open {
                            None => open = Some(letter),
                            Some(pair) => closed |= pair == letter && !text.ends_with('\\'),
                        }
                    }
                    text.push(letter);
                }
            }
        }
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".into());
        }
        let is_operator = |letter: char| "!<>=".contains(letter);
        let comparison = text.find(is_operator).filter(|start| *start > 0).and_then(|start| {
            let (left, rest) = text.split_at(start);
            let end = rest.find(|letter| !is_operator(letter))?;
            Some((left, &rest[..end], &rest[end..]))
        });
        match comparison {
            Some((left, operator, right)) => Ok(Node::Filter(steps(left)?, operator.to_owned(), steps(right)?)),
            None => Ok(Node::Filter(steps(&text)?, "exists".into(), Vec::new())),
        }
    }
}

fn slice(text: &str) -> Result<Slice, String> {
    let wrong = || format!("invalid array index {text}");
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(wrong());
    }
    let number = |at: usize| match parts.get(at) {
        None | Some(&"") => Ok(None),
        Some(digits) => digits.parse::<i64>().map(Some).map_err(|_| wrong()),
    };
    let (from, to, step) = (number(0)?, number(1)?, number(2)?);
    let single = parts.len() == 1;
    // `[]` is the first element.
    Ok(Slice { from, to: if single { Some(from.unwrap_or(0) + 1) } else { to }, single, step })
}

fn is_word(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

/// Whether a letter ends a name.
fn ends(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}
