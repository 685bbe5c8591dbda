//! Credential plugins: one run of a program that prints a credential (client-go's `exec` credential protocol).
//! It never shows what the program prints on standard output, and gives it our standard input only when that is a
//! terminal nobody else reads.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::connect::Notice;
use super::exec_credential::{Issued, read};
use super::kubeconfig::ExecEntry;
use crate::object::printable;

/// Where the program's standard error goes, as it comes.
pub type RawNotice = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Longest answer that is read.
const LONGEST: usize = 1024 * 1024;
/// A program that takes longer is named aloud: somebody may have to log in elsewhere.
const SILENT: Duration = Duration::from_secs(5);
/// What is left of its standard error when it has ended; a child of its own may hold that open for ever.
const REST: Duration = Duration::from_millis(100);

/// A program that makes credentials, ready to run.
pub(super) struct Plugin {
    pub(super) command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    version: String,
    install_hint: String,
    /// Whether it gets our standard input.
    interactive: bool,
    cluster: Option<Value>,
    tell: Option<Notice>,
    stderr: Option<RawNotice>,
}

/// Why it made nothing, and what to do.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) next: String,
}

impl Plugin {
    /// Reads the entry. `cluster` is what the program is told when it asks; `terminal` is whether our standard input
    /// is a terminal that nobody else reads.
    ///
    /// # Errors
    /// What client-go refuses.
    pub(super) fn new(
        entry: &ExecEntry,
        cluster: Value,
        terminal: bool,
        tell: Option<Notice>,
        stderr: Option<RawNotice>,
    ) -> Result<Self, String> {
        let (group, version) = entry.api_version.split_once('/').unwrap_or(("", ""));
        if group != "client.authentication.k8s.io" || !matches!(version, "v1" | "v1beta1") {
            return Err(format!(
                "exec has apiVersion `{}`; use client.authentication.k8s.io/v1 or v1beta1",
                printable(&entry.api_version)
            ));
        }
        if entry.command.is_empty() {
            return Err("exec has no command".into());
        }
        if entry.env.iter().any(|variable| variable.name.is_empty()) {
            return Err("a variable of exec.env has no name".into());
        }
        let interactive = match (entry.interactive_mode.as_str(), version) {
            ("Never", _) => false,
            ("IfAvailable", _) | ("", "v1beta1") => terminal,
            ("Always", _) if terminal => true,
            ("Always", _) => {
                return Err(format!(
                    "the credential plugin {} must be answered at a terminal (interactiveMode: Always), and standard input is none that is free",
                    printable(&entry.command)
                ));
            }
            ("", _) => return Err("exec has no interactiveMode: set Never, IfAvailable or Always".into()),
            (other, _) => {
                return Err(format!(
                    "exec has interactiveMode `{}`: set Never, IfAvailable or Always",
                    printable(other)
                ));
            }
        };
        Ok(Self {
            command: entry.command.clone(),
            args: entry.args.clone(),
            env: entry.env.iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect(),
            version: entry.api_version.clone(),
            install_hint: entry.install_hint.trim().to_owned(),
            interactive,
            cluster: entry.provide_cluster_info.then_some(cluster),
            tell,
            stderr,
        })
    }

    /// Runs it once.
    ///
    /// # Errors
    /// It is not there, fails, or prints no credential.
    pub(super) async fn run(&self) -> Result<Issued, Failure> {
        let mut spec = json!({"interactive": self.interactive});
        if let Some(cluster) = &self.cluster {
            spec["cluster"].clone_from(cluster);
        }
        let info = json!({"kind": "ExecCredential", "apiVersion": self.version, "spec": spec}).to_string();
        let mut command = Command::new(&self.command);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", info)
            .stdin(if self.interactive { Stdio::inherit() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        tracing::debug!("running the credential plugin {}", self.command);
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        let (status, output, last) = self.attend(child).await?;
        if !status.success() {
            let ended =
                status.code().map_or_else(|| "was killed".to_owned(), |code| format!("ended with exit code {code}"));
            let last = if last.is_empty() { String::new() } else { format!(": {last}") };
            return Err(self.failure(&format!("{ended}{last}")));
        }
        read(&output, &self.version).map_err(|reason| self.failure(&reason))
    }

    /// Waits for its end, passing its standard error on. Returns how it ended, what it printed, and its last words.
    async fn attend(&self, mut child: Child) -> Result<(ExitStatus, Vec<u8>, String), Failure> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut last = Vec::new();
        let (status, output) = {
            let copy = self.pass_on(stderr, &mut last);
            let work = async {
                let output = read_capped(stdout).await?;
                Ok::<_, std::io::Error>((child.wait().await?, output))
            };
            tokio::pin!(copy, work);
            let (mut copied, mut told) = (false, false);
            let ended = loop {
                tokio::select! {
                    ended = &mut work => break ended,
                    () = &mut copy, if !copied => copied = true,
                    () = tokio::time::sleep(SILENT), if !told => {
                        told = true;
                        if let Some(tell) = &self.tell {
                            tell(&format!("Waiting for the credential plugin {}", self.command));
                        }
                    }
                }
            };
            if !copied {
                // Best effort: these are only its last words.
                let _ = tokio::time::timeout(REST, &mut copy).await;
            }
            ended.map_err(|error| self.failure(&format!("could not be read: {error}")))?
        };
        let last = String::from_utf8_lossy(&last).lines().map(str::trim).rfind(|line| !line.is_empty()).map(printable);
        Ok((status, output, last.unwrap_or_default()))
    }

    async fn pass_on(&self, stderr: Option<impl AsyncRead + Unpin>, last: &mut Vec<u8>) {
        let Some(mut stderr) = stderr else { return };
        let mut block = vec![0; 4096];
        while let Ok(size @ 1..) = stderr.read(&mut block).await {
            if let Some(pass) = &self.stderr {
                pass(&block[..size]);
            }
            last.extend_from_slice(&block[..size]);
            let excess = last.len().saturating_sub(block.len());
            last.drain(..excess);
        }
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        let what = if error.kind() == std::io::ErrorKind::NotFound {
            "is not installed: it was not found".to_owned()
        } else {
            format!("cannot be run: {error}")
        };
        let failure = self.failure(&what);
        if self.install_hint.is_empty() {
            return Failure {
                next: "install it, or log in again with the tool that wrote the kubeconfig".into(),
                ..failure
            };
        }
        failure
    }

    fn failure(&self, what: &str) -> Failure {
        let reason = format!("its credential plugin {} {what}", printable(&self.command));
        Failure {
            reason,
            next: if self.install_hint.is_empty() { self.again() } else { printable(&self.install_hint) },
        }
    }

    /// How people log in with the plugins that are met most.
    pub(super) fn again(&self) -> String {
        let name = self.command.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe");
        let first = self.args.first().map_or("", String::as_str);
        match (name, first) {
            ("aws" | "aws-iam-authenticator", _) => "log in again: aws sso login".into(),
            ("gke-gcloud-auth-plugin" | "gcloud", _) => "log in again: gcloud auth login".into(),
            ("kubelogin", "get-token") if self.args.iter().any(|arg| arg.contains("azure") || arg == "--server-id") => {
                "log in again: az login".into()
            }
            ("kubectl", "oidc-login") | ("kubectl-oidc_login" | "kubelogin", _) => {
                "log in again: kubectl oidc-login clean, and answer it in the browser at the next command".into()
            }
            ("tsh", _) => "log in again: tsh login".into(),
            ("doctl", _) => "log in again: doctl auth init".into(),
            ("oci", _) => "log in again: oci session authenticate".into(),
            _ => format!("log in again with {}, or run it by hand to see what it says", printable(name)),
        }
    }
}

async fn read_capped(stdout: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let Some(mut stdout) = stdout else { return Ok(Vec::new()) };
    let (mut bytes, mut block) = (Vec::new(), vec![0; 8192]);
    loop {
        let size = stdout.read(&mut block).await?;
        if size == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&block[..size]);
        if bytes.len() > LONGEST {
            return Err(std::io::Error::other("it prints more than 1 MiB"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(entry: ExecEntry, terminal: bool) -> Result<Plugin, String> {
        let entry = ExecEntry { command: "demo-login".into(), ..entry };
        Plugin::new(&entry, Value::Null, terminal, None, None)
    }

    fn entry(version: &str, mode: &str) -> ExecEntry {
        let api_version = format!("client.authentication.k8s.io/{version}");
        ExecEntry { api_version, interactive_mode: mode.into(), ..ExecEntry::default() }
    }

    #[test]
    fn standard_input_is_given_as_the_entry_and_the_terminal_say() {
        for (version, mode, terminal, given) in [
            ("v1", "Never", true, Some(false)),
            ("v1", "IfAvailable", true, Some(true)),
            ("v1", "IfAvailable", false, Some(false)),
            ("v1", "Always", true, Some(true)),
            ("v1", "Always", false, None),
            ("v1", "", true, None),
            ("v1beta1", "", true, Some(true)),
            ("v1beta1", "", false, Some(false)),
            ("v1", "Sometimes", true, None),
            ("v1alpha1", "Never", true, None),
        ] {
            let made = plugin(entry(version, mode), terminal).ok().map(|plugin| plugin.interactive);
            assert_eq!(made, given, "{version} {mode} {terminal}");
        }
    }
}
