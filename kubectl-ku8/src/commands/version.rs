//! `version`: this program, its formats, how it came here, and the server when one answers.
//! A missing server is no error, and nobody but the server is asked: there is no check for newer versions.

use clap::Args;
use serde_json::{Value, json};

use super::installed::this_one;
use super::{Context, print_document};
use crate::cli::Output;
use crate::error::{CommandError, exit};
use crate::object::printable;
use crate::release::FORMAT_VERSION;

/// Oldest Kubernetes minor that is supported (decisions.md, 31).
pub(super) const OLDEST: (u32, u32) = (1, 30);

/// The Kubernetes minor every change is tested with.
const TESTED: (u32, u32) = (1, 36);

/// The newest minors at the time of a release, the tested one included, are looked after.
const WINDOW: u32 = 4;

/// What templates are written against.
const CONTRACT: &str = "ku8:template@1.0.0";

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
    let place = this_one(context);
    let commit = env!("KU8_BUILT_FROM");
    let skew = server.as_ref().and_then(|(minor, full)| skew(minor, full));
    if args.output == Output::Text {
        let built = if commit.is_empty() { "a working tree".to_owned() } else { format!("commit {commit}") };
        let records = match FORMAT_VERSION {
            1 => "reads and writes format 1".to_owned(),
            newest => format!("reads formats 1 to {newest}, writes format {newest}"),
        };
        let mut rows = vec![
            ("built", format!("from {built} for {}", env!("KU8_TARGET"))),
            ("templates", format!("contract {CONTRACT}, run by wasmtime {}", env!("KU8_WASMTIME"))),
            ("records", records),
        ];
        if let Some((_, installed)) = &place {
            let by = match installed.channel {
                "file" => "as a file of its own".to_owned(),
                "system" => "by the system".to_owned(),
                channel => format!("by {channel}"),
            };
            rows.push(("installed", format!("{by}; upgrade: {}", installed.upgrade)));
        }
        rows.push(("supports", format!("Kubernetes {} and newer; tested with {}", words(OLDEST), words(TESTED))));
        rows.extend(server.iter().map(|(_, full)| ("server", printable(full))));
        context.ui.print(&format!("kubectl-ku8 {}", env!("CARGO_PKG_VERSION")));
        for (name, text) in rows {
            context.ui.print(&format!("{:<11}{text}", format!("{name}:")));
        }
    } else {
        let document = json!({
            "apiVersion": "ku8.dev/v1", "kind": "Version",
            "version": env!("CARGO_PKG_VERSION"),
            "commit": commit,
            "target": env!("KU8_TARGET"),
            "wasmtime": env!("KU8_WASMTIME"),
            "templateContracts": [CONTRACT],
            "recordFormats": {"reads": (1..=FORMAT_VERSION).collect::<Vec<u32>>(), "writes": FORMAT_VERSION},
            "kubernetes": {"oldest": words(OLDEST), "tested": words(TESTED)},
            "installed": place.map_or(Value::Null, |(path, installed)| json!({
                "path": path.display().to_string(), "channel": installed.channel, "upgrade": installed.upgrade,
            })),
            "server": server.as_ref().map_or(Value::Null, |(_, full)| json!(full)),
            "skew": skew,
        });
        print_document(context, &document, args.output);
    }
    if let Some(skew) = skew {
        context.ui.warn(&skew);
    }
    Ok(exit::DONE)
}

async fn server(context: &Context) -> Option<(String, String)> {
    let version = match context.cluster() {
        Ok(cluster) => cluster.reader().version().await.map_err(CommandError::from),
        Err(error) => Err(error),
    };
    match version {
        Ok(version) => Some(version),
        Err(error) => {
            context.ui.say(&format!("server: {}", printable(&error.message)));
            None
        }
    }
}

fn words((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

/// `1.36` as numbers.
pub(super) fn minor_version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// What a person should know about a server of this version; nothing when it is looked after.
fn skew(minor: &str, full: &str) -> Option<String> {
    let (server, full) = (minor_version(minor), printable(full));
    let eldest = (TESTED.0, TESTED.1 + 1 - WINDOW);
    if server < OLDEST {
        return Some(format!(
            "Kubernetes {full} is older than {}: what is read is right, plans may not be",
            words(OLDEST)
        ));
    }
    if server < eldest {
        return Some(format!(
            "Kubernetes {full} is older than the newest {WINDOW} minors ({} to {}): it is expected to work, and faults are only mended for those",
            words(eldest),
            words(TESTED)
        ));
    }
    (server > TESTED).then(|| {
        format!(
            "Kubernetes {full} is newer than {}, which this version was tested with: look for a newer one",
            words(TESTED)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distance_has_its_words() {
        for (minor, says) in [
            ("1.29", Some("older than 1.30")),
            ("1.30", Some("older than the newest 4 minors (1.33 to 1.36)")),
            ("1.32", Some("older than the newest 4 minors")),
            ("1.33", None),
            ("1.36", None),
            ("1.37", Some("newer than 1.36")),
            ("2.0", Some("newer than 1.36")),
        ] {
            let found = skew(minor, &format!("v{minor}.1"));
            assert_eq!(found.is_some(), says.is_some(), "{minor}: {found:?}");
            assert!(found.unwrap_or_default().contains(says.unwrap_or_default()), "{minor}");
        }
        assert_ne!(env!("KU8_WASMTIME"), "", "the lock file was not read");
    }
}
