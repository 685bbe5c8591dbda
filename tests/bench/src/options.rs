//! What the command line asks for: how many runs, how many objects, which build, which form of output.
//! It never looks at anything but its arguments.

/// One line of help.
pub(crate) const USAGE: &str =
    "usage: cargo bench-peers [--quick] [--large] [--templates] [--languages] [--debug] [-o json]
  --quick      fewer runs
  --large      also 5,000 objects
  --templates  only the rows of each template
  --languages  only the rows of templates in other languages
  --debug      measure the debug build, to try the benchmarks themselves
  -o json      the same numbers for programs";

/// The command line, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Fewer runs.
    pub(crate) quick: bool,
    /// Also 5,000 objects.
    pub(crate) large: bool,
    /// Only the rows of each template.
    pub(crate) templates: bool,
    /// Only the rows of templates in other languages.
    pub(crate) languages: bool,
    /// The debug build of the CLI.
    pub(crate) debug: bool,
    /// JSON instead of a table.
    pub(crate) json: bool,
}

impl Options {
    /// Reads the arguments; `None` when help was asked for.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self::default();
        let mut args = args.peekable();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--large" => options.large = true,
                "--templates" => options.templates = true,
                "--languages" => options.languages = true,
                "--debug" => options.debug = true,
                "-ojson" | "-o=json" | "--output=json" => options.json = true,
                "-o" | "--output" if args.next_if(|word| word == "json").is_some() => options.json = true,
                "-h" | "--help" => return Ok(None),
                other => return Err(format!("`{other}` is not understood")),
            }
        }
        Ok(Some(options))
    }

    /// Whether this measurement is taken; all are where none is named.
    pub(crate) fn wants(&self, what: &str) -> bool {
        let named = [(self.templates, "every template"), (self.languages, "other languages")];
        named.iter().all(|(only, _)| !only) || named.iter().any(|(only, name)| *only && *name == what)
    }

    /// Runs of work that takes milliseconds.
    pub(crate) fn short_runs(&self) -> usize {
        if self.quick { 10 } else { 40 }
    }

    /// Runs of work that talks to the cluster.
    pub(crate) fn cluster_runs(&self) -> usize {
        if self.quick { 5 } else { 20 }
    }

    /// Numbers of objects that growth is shown by.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![10, 100, 1_000];
        if self.large {
            sizes.push(5_000);
        }
        sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_are_read_and_typing_errors_named() {
        assert_eq!(parse("--quick -o json"), Ok(Some(Options { quick: true, json: true, ..Options::default() })));
        assert_eq!(parse("-h --what"), Ok(None));
        assert_eq!(parse("--what"), Err("`--what` is not understood".into()));
        assert_eq!(parse("-o yaml"), Err("`-o` is not understood".into()));
    }
}
