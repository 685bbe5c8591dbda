//! Words of others inside Markdown and HTML: nothing in them ends a fence, opens a tag, links, or calls a person.
//! It never changes what a word says; what a forge could read as more than a word is shown as code.

use std::fmt::Write as _;

use crate::object::printable;

/// Running text, for a paragraph or a list item.
pub(super) fn text(value: &str) -> String {
    render(value, code)
}

/// Running text inside an HTML element, where no Markdown is read.
pub(super) fn html(value: &str) -> String {
    render(value, |word| format!("<code>{}</code>", escaped(word)))
}

/// A code span that holds any text.
pub(super) fn code(value: &str) -> String {
    let value = one_line(value);
    if value.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&value) + 1);
    let pad = if value.starts_with('`') || value.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{value}{pad}{fence}")
}

/// Text inside an HTML element.
pub(super) fn escaped(value: &str) -> String {
    one_line(value).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Lines inside a fence that is longer than any run of backticks in them.
pub(super) fn fenced(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| printable(line).replace(['\n', '\r'], " ")).collect();
    let fence = "`".repeat(lines.iter().map(|line| longest_run(line)).max().unwrap_or(0).max(2) + 1);
    format!("{fence}diff\n{}\n{fence}", lines.join("\n"))
}

/// Text inside an HTML comment: it can neither end the comment nor be read as anything else.
pub(super) fn comment(value: &str) -> String {
    let mut safe = String::new();
    let mut before = ' ';
    for character in value.chars() {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | ':' | '/' | ',' | '*');
        if plain || (character == '-' && before != '-') {
            safe.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                write!(safe, "%{byte:02X}").expect("memory");
            }
        }
        before = character;
    }
    safe
}

fn one_line(value: &str) -> String {
    printable(value).replace(['\n', '\r', '\t'], " ").trim().to_owned()
}

fn longest_run(line: &str) -> usize {
    line.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

fn render(value: &str, as_code: impl Fn(&str) -> String) -> String {
    let value = one_line(value);
    let words = value.split(' ').filter(|word| !word.is_empty()).map(|word| {
        let opened = word.trim_start_matches(['(', '"']);
        let mut bare = opened;
        while let Some(shorter) = bare.strip_suffix([',', '.', ';', ':', '"', ')']) {
            // A bracket that was opened inside the word belongs to it.
            if bare.ends_with(')') && bare.matches('(').count() == bare.matches(')').count() {
                break;
            }
            bare = shorter;
        }
        if bare.is_empty() || is_plain(bare) {
            return word.to_owned();
        }
        let before = &word[..word.len() - opened.len()];
        let after = &opened[bare.len()..];
        format!("{before}{}{after}", as_code(bare))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A word every forge shows as it is: letters, and what stands between them in a sentence.
fn is_plain(word: &str) -> bool {
    let allowed = |letter: char| {
        letter.is_alphanumeric()
            || matches!(letter, '-' | '\'' | '’' | '→' | '…' | '–' | '—' | '×' | '÷' | '%' | '+' | '=' | '/')
    };
    let looks_like_digest = word.len() >= 7
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_digit());
    let looks_like_issue = word.split_once('-').is_some_and(|(key, number)| {
        key.len() >= 2
            && key.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    // One slash is `and/or`; a name with a slash reads better as code.
    let is_name = word.contains('/') || word.starts_with(['-', '+', '=', '%']) && word.len() > 1;
    word.chars().all(allowed) && !looks_like_digest && !looks_like_issue && !is_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_sentence_stay_words_and_the_rest_is_code() {
        assert_eq!(text("rolling restart of 3 pods"), "rolling restart of 3 pods");
        assert_eq!(text("ask @team (see #12, GH-7), <b>now</b>!"), "ask `@team` (see `#12`, `GH-7`), `<b>now</b>!`");
        assert_eq!(text("from docker.io/redis@sha256:ab."), "from `docker.io/redis@sha256:ab`.");
        assert_eq!(text("*bold* [x](y) ~~z~~ $1$ www.x.org"), "`*bold*` `[x](y)` `~~z~~` `$1$` `www.x.org`");
        assert_eq!(text("a\nb\u{1b}[2J"), "a b\\u{1b}[2J".replace("b\\u{1b}[2J", "`b\\u{1b}[2J`"));
        assert_eq!(text("数据库 已更改"), "数据库 已更改");
        assert_eq!(html("ask @team </summary>"), "ask <code>@team</code> <code>&lt;/summary&gt;</code>");
    }

    #[test]
    fn backticks_end_neither_a_span_nor_a_fence() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``x"), "``` ``x ```");
        assert_eq!(code(""), "(empty)");
        assert_eq!(fenced(&["+ ````".to_owned()]), "`````diff\n+ ````\n`````");
        assert_eq!(fenced(&["a\n```".to_owned()]), "````diff\na ```\n````");
    }

    #[test]
    fn a_comment_is_not_ended_from_inside() {
        assert_eq!(comment("a--> <b>@x"), "a-%2D%3E%20%3Cb%3E%40x");
        assert_eq!(comment("prod-eu/shop/orders-db"), "prod-eu/shop/orders-db");
    }
}
