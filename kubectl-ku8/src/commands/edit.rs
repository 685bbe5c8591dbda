//! `edit`: the stored definition in an editor, validated before it is stored.
//! What was typed is never lost: on an error the file stays and is named.

use clap::Args;

use super::Context;
use super::define::{pin_template, validate};
use super::resolve::require_head;
use super::save::save;
use crate::definition::{parse, yaml};
use crate::error::{CommandError, exit, id};
use crate::files;

/// Edit a definition in your editor
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 edit orders-db\n  EDITOR=nano kubectl ku8 edit orders-db")]
pub struct EditArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
}

/// Edits.
///
/// # Errors
/// When the editor fails, the text is wrong, or somebody else wrote meanwhile.
pub async fn run(context: &Context, args: EditArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let head = require_head(cluster.reader(), &namespace, &args.name).await?;
    let before = yaml::to_string(&serde_json::to_value(&head.definition).expect("a definition is plain data"));
    let draft = files::Draft::create(&args.name, &before)?;
    let editor = context.editor();
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi").to_owned();
    let ended =
        tokio::process::Command::new(&program).args(words).arg(draft.path()).status().await.map_err(|error| {
            CommandError::new(format!("editor `{program}`: {error}")).id(id::EDITOR).hint("set EDITOR")
        })?;
    if !ended.success() {
        return Err(
            CommandError::new(format!("editor `{program}` ended with {ended}; nothing was changed")).id(id::EDITOR)
        );
    }
    let after = draft.read()?;
    if after == before {
        context.ui.print("nothing changed");
        return Ok(exit::DONE);
    }
    let outcome = async {
        let mut definition = parse(&draft.path().display().to_string(), &after)?;
        if definition.name() != args.name {
            return Err(CommandError::new("the name cannot be edited")
                .id(id::CONTRADICTION)
                .hint("define another one with: kubectl ku8 define NAME -f FILE"));
        }
        definition.metadata.namespace = Some(namespace.clone());
        let template =
            pin_template(context, &mut definition, Some(&head), Some((cluster.reader(), &namespace))).await?;
        validate(context, &definition, template.as_ref())?;
        save(context, cluster, &namespace, Some(head), definition).await
    }
    .await;
    outcome.map_err(|error| match draft.keep() {
        Ok(path) => error.hint(format!("your text is kept in {}", path.display())),
        Err(_) => error,
    })
}
