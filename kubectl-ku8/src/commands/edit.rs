//! `edit`: the stored definition in an editor, opened again with what is wrong until it is right or given up.
//! What was typed is never lost: when the command ends with an error the file stays and is named.

use clap::Args;

use super::Context;
use super::define::validate;
use super::explain::schema_of;
use super::resolve::{Pin, load_template, pin_template, require_head};
use super::save::save;
use crate::cluster::PlanClient;
use crate::definition::{Definition, Sources, document, json_schema, modeline, parse};
use crate::error::{CommandError, exit, id};
use crate::files::{Draft, SCHEMA};
use crate::object::printable;
use crate::release::Head;
use crate::render::Template;
use crate::schema::{Group, questions};

/// The last line of what stands above the definition and is not part of it.
const HEAD: &str =
    "# Edit the definition below; lines that begin with # are not kept. Saved as it is, nothing changes.";
/// The first line of what stands below it.
const FOOT: &str = "# Further parameters";
/// An editor that is a script could go on for ever.
const ROUNDS: usize = 20;

/// Edit a definition in your editor
#[derive(Args, Debug)]
#[command(after_help = "The editor is KUBE_EDITOR, else EDITOR, else vi; with arguments, such as: code --wait

Examples:
  kubectl ku8 edit orders-db
  EDITOR=nano kubectl ku8 edit orders-db")]
pub struct EditArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
}

/// Edits.
///
/// # Errors
/// When the editor fails, the text stays wrong, or somebody else wrote meanwhile.
pub async fn run(context: &Context, args: EditArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let head = require_head(cluster.reader(), &namespace, &args.name).await?;
    let place = Some((cluster.reader(), namespace.as_str()));
    let template = match &head.definition.spec.template {
        // Without its template a definition can still be looked at and corrected.
        Some(reference) => load_template(context, reference, place).await.ok(),
        None => None,
    };
    let schema = json_schema(template.as_ref().map(schema_of));
    let draft = Draft::create(&args.name, &serde_json::to_string_pretty(&schema).expect("JSON serialises"))?;
    let before = format!("{}{}", body(&head.definition), foot(&head.definition, template.as_ref()));
    let wanted = Wanted { context, reader: cluster.reader(), namespace: &namespace, head: &head, draft: &draft };
    let outcome = wanted.ask(&before).await;
    let definition = match outcome {
        Ok(Some(definition)) => definition,
        Ok(None) => {
            context.ui.print("nothing changed");
            return Ok(exit::DONE);
        }
        Err((error, typed)) => return Err(kept(error, draft, typed)),
    };
    let saved = save(context, cluster, &namespace, Some(head), definition).await;
    saved.map_err(|error| kept(error, draft, true))
}

/// The error with where the text is, when a person typed something.
fn kept(error: CommandError, draft: Draft, typed: bool) -> CommandError {
    if !typed {
        return error;
    }
    let path = draft.keep();
    error.hint(format!("your text is kept in {}", path.display()))
}

/// What is edited, and against what it is judged.
struct Wanted<'a> {
    context: &'a Context,
    reader: &'a PlanClient,
    namespace: &'a str,
    head: &'a Head,
    draft: &'a Draft,
}

impl Wanted<'_> {
    /// Opens the editor until the text is right, as it was before, or was left wrong twice. The error says whether
    /// something was typed.
    async fn ask(&self, before: &str) -> Result<Option<Definition>, (CommandError, bool)> {
        let mut shown = before.to_owned();
        let mut last: Option<CommandError> = None;
        for _ in 0..ROUNDS {
            let text = self.with_head(&shown, last.as_ref()).await;
            self.draft.write(&text).map_err(|error| (error.into(), last.is_some()))?;
            // What an editor that failed left in the file may be wanted.
            self.open().await.map_err(|error| {
                let typed = self.draft.read().is_ok_and(|now| now != text) || last.is_some();
                (error, typed)
            })?;
            let after = self.draft.read().map_err(|error| (error.into(), true))?;
            let after = without_head(&after);
            if after.trim() == before.trim() || only_comments(&after) {
                return Ok(None);
            }
            if let Some(error) = last.take().filter(|_| after == shown) {
                return Err((error, true));
            }
            let whole = format!("{}\n{after}", head_lines(None));
            match self.judge(&whole).await {
                Ok(definition) => return Ok(Some(definition)),
                Err(error) if is_correctable(&error) => {
                    self.context.ui.say("the text is not right yet; it is opened again");
                    last = Some(error);
                }
                Err(error) => return Err((error, true)),
            }
            shown = after;
        }
        let error = CommandError::new("the text was wrong too many times").id(id::EDITOR);
        Err((last.unwrap_or(error), true))
    }

    /// The text under its head. An error above moves the lines it talks about, so it is asked for once more.
    async fn with_head(&self, body: &str, error: Option<&CommandError>) -> String {
        let text = format!("{}\n{body}", head_lines(error));
        if error.is_none() {
            return text;
        }
        match self.judge(&text).await {
            Err(moved) => format!("{}\n{body}", head_lines(Some(&moved))),
            Ok(_) => text,
        }
    }

    async fn judge(&self, text: &str) -> Result<Definition, CommandError> {
        let name = self.draft.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut definition = parse(&name, text)?;
        if definition.name() != self.head.definition.name() {
            return Err(CommandError::new("the name cannot be edited")
                .id(id::CONTRADICTION)
                .hint("define another one with: kubectl ku8 define NAME -f FILE"));
        }
        if definition.metadata.namespace.as_ref().is_some_and(|namespace| namespace != self.namespace) {
            return Err(CommandError::new("a definition cannot be moved to another namespace")
                .id(id::CONTRADICTION)
                .hint("define another one there: kubectl ku8 export NAME | kubectl ku8 define -f - -n OTHER"));
        }
        definition.metadata.namespace = Some(self.namespace.to_owned());
        let place = Some((self.reader, self.namespace));
        let pin = Pin { stored: self.head.definition.spec.template.as_ref(), ..Pin::default() };
        let template = pin_template(self.context, &mut definition, pin, place).await?.map(|loaded| loaded.template);
        let mut sources = Sources::default();
        sources.definition(&name, text);
        validate(self.context, &definition, template.as_ref()).map_err(|error| error.pointing_into(&sources))?;
        Ok(definition)
    }

    async fn open(&self) -> Result<(), CommandError> {
        let editor = self.context.editor();
        let path = self.draft.path();
        let (program, words) = command(&editor);
        let ended = tokio::process::Command::new(&program).args(words).arg(path).status().await.map_err(|error| {
            CommandError::new(format!("editor `{program}`: {error}")).id(id::EDITOR).hint("set EDITOR")
        })?;
        if ended.success() {
            return Ok(());
        }
        Err(CommandError::new(format!("editor `{program}` ended with {ended}; nothing was changed")).id(id::EDITOR))
    }
}

/// Program and arguments. What only a shell reads is left to one.
fn command(editor: &str) -> (String, Vec<String>) {
    if editor.contains(['"', '\'', '\\', '$', '~']) {
        return ("sh".into(), vec!["-c".into(), format!("{editor} \"$@\""), "editor".into()]);
    }
    let mut words = editor.split_whitespace().map(str::to_owned);
    (words.next().unwrap_or_else(|| "vi".into()), words.collect())
}

/// What the person can correct in the text, as opposed to a cluster that does not answer.
fn is_correctable(error: &CommandError) -> bool {
    !error.id.starts_with("KU8-C") && error.code == exit::ERROR
}

fn body(definition: &Definition) -> String {
    document(definition, None)
}

/// What stands above the text: the schema for the editor, what is wrong, and what this is.
fn head_lines(error: Option<&CommandError>) -> String {
    let mut lines = vec![modeline(SCHEMA)];
    if let Some(error) = error {
        lines.push("#".into());
        for (index, line) in error.message.lines().enumerate() {
            let word = if index == 0 { "error:" } else { "      " };
            let id = if index == 0 { format!(" [{}]", error.id) } else { String::new() };
            lines.push(format!("# {word} {}{id}", printable(line)));
        }
        lines.extend(error.hints.iter().map(|hint| format!("# hint:  {}", printable(hint))));
        lines.push("#".into());
    }
    lines.push(HEAD.into());
    lines.join("\n")
}

fn without_head(text: &str) -> String {
    match text.split_once(HEAD) {
        Some((_, rest)) => rest.strip_prefix('\n').unwrap_or(rest).to_owned(),
        None => text.to_owned(),
    }
}

fn only_comments(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// Parameters that are not set, as comments: what could be written, and what it is when it is not.
fn foot(definition: &Definition, template: Option<&Template>) -> String {
    let Some(template) = template else { return String::new() };
    let values = serde_json::Value::Object(definition.spec.values.clone());
    let mut lines = Vec::new();
    for question in questions(template.schema(), None) {
        if question.group == Group::Expert || values.pointer(&question.pointer).is_some() {
            continue;
        }
        let default = question.default.as_ref().map_or_else(|| "…".to_owned(), ToString::to_string);
        let choices: Vec<String> = question.choices.iter().map(ToString::to_string).collect();
        let choices = if choices.is_empty() { String::new() } else { format!(" ({})", choices.join(", ")) };
        lines.push(format!("#   {}: {default}   {}{choices}", question.path, question.title));
    }
    if lines.is_empty() {
        return String::new();
    }
    let metadata = template.metadata();
    format!(
        "{FOOT} of {} {}, with their defaults; they go below spec.values. More: kubectl ku8 explain {0}\n{}\n",
        metadata.name,
        metadata.version,
        printable(&lines.join("\n"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_may_have_arguments_and_quotes() {
        let words = |editor: &str| {
            let (program, words) = command(editor);
            format!("{program}|{}", words.join("|"))
        };
        assert_eq!(words("vi"), "vi|");
        assert_eq!(words("code --wait"), "code|--wait");
        assert_eq!(words("'my editor' -n"), "sh|-c|'my editor' -n \"$@\"|editor");
        assert_eq!(words("  "), "vi|");
    }

    #[test]
    fn the_head_comes_off_whatever_it_says() {
        let error = CommandError::new("x.yaml:9:1: wrong\n  9 | size: 1\n    | ^").hint("write 2");
        let text = format!("{}\n# mine\napiVersion: v1\n", head_lines(Some(&error)));
        assert!(
            text.starts_with("# yaml-language-server: $schema=schema.json\n#\n# error: x.yaml:9:1: wrong [KU8-G001]\n")
        );
        assert!(text.contains("#          9 | size: 1\n"), "{text}");
        assert_eq!(without_head(&text), "# mine\napiVersion: v1\n");
        assert!(only_comments("\n# a\n  # b\n") && !only_comments("a: 1"));
    }
}
