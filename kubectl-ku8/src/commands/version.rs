//! `version`: this program, its formats, and the server when one answers.
//! A missing server is no error.

use clap::Args;
use serde_json::{Value, json};

use super::{Context, print_document};
use crate::cli::Output;
use crate::error::{CommandError, exit};
use crate::release::FORMAT_VERSION;

/// Show versions of this program, its formats and the server
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 version\n  kubectl ku8 version --client -o json")]
pub struct VersionArgs {
    /// Do not ask the server
    #[arg(long)]
    client: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Shows versions.
///
/// # Errors
/// None; a server that does not answer is said on stderr.
pub async fn run(context: &Context, args: VersionArgs) -> Result<u8, CommandError> {
    let server = if args.client { None } else { server(context).await };
    let document = json!({
        "version": env!("CARGO_PKG_VERSION"), "contract": "ku8:template@1.0.0", "recordFormat": FORMAT_VERSION,
        "server": server.clone().map_or(Value::Null, Value::String),
    });
    if args.output == Output::Text {
        context.ui.print(&format!("kubectl-ku8 {}", env!("CARGO_PKG_VERSION")));
        context.ui.print(&format!("templates: ku8:template@1.0.0, records: format {FORMAT_VERSION}"));
        if let Some(server) = server {
            context.ui.print(&format!("server: {server}"));
        }
    } else {
        print_document(context, &document, args.output);
    }
    Ok(exit::DONE)
}

async fn server(context: &Context) -> Option<String> {
    let version = match context.cluster() {
        Ok(cluster) => cluster.reader().version().await.map_err(CommandError::from),
        Err(error) => Err(error),
    };
    match version {
        Ok((_, full)) => Some(full),
        Err(error) => {
            context.ui.say(&format!("server: {}", error.message));
            None
        }
    }
}
