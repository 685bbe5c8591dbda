//! Rules about passwords: which names are taken, and what a change of them does to those who are connected.
//! It never sees a password.

use template_sdk::block::Block;
use template_sdk::{Finding, Findings, Request, State};

use crate::values::Values;

/// The account that may change the member list.
const SUPER: &str = "super";

/// Judges authentication, and its change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    if values.auth.client && values.auth.username == SUPER {
        let message = "the server gives this name every right, also over what others protected";
        let finding = Finding::error("/auth/username", "zookeeper.auth.username", message);
        findings.push(finding.hint("choose another name"));
    }
    let passwords = values.passwords();
    if let Some(secret) = &block.auth.existing_secret {
        let (message, hint) = if passwords.is_empty() {
            (format!("nothing asks for a password, so the Secret {secret} is not read"), "leave it out")
        } else {
            let keys = passwords.join(", ");
            (format!("the Secret {secret} must hold {keys}"), "use letters and digits, or -_.,:+/=@%~!*^ among them")
        };
        findings.push(Finding::info("/auth/existingSecret", "zookeeper.auth.secret-keys", message).hint(hint));
    }
    let paused = request.observed_replicas(&request.name).unwrap_or(0) == 0;
    for state in request.states() {
        findings.extend(quorum(&request.name, state, values).filter(|_| !paused));
        findings.extend(client(state, values));
    }
    findings
}

/// A member that asks for a password and one that does not cannot talk, and members restart one by one.
fn quorum(name: &str, state: &State, values: &Values) -> Option<Finding> {
    let before = state.at::<bool>("/auth/quorum").unwrap_or(false);
    (before != values.auth.quorum).then(|| {
        let message = "members restart one by one, and those that log in cannot talk to those that do not: the first one \
                       to restart would not come back";
        let finding = Finding::error("/auth/quorum", "zookeeper.auth.quorum-running", message);
        finding.hint(format!(
            "stop all members first (kubectl scale statefulset {name} --replicas=0), then publish: they start with their data"
        ))
    })
}

fn client(state: &State, values: &Values) -> Option<Finding> {
    let before = state.at::<bool>("/auth/client").unwrap_or(false);
    let name = state.at::<String>("/auth/username").filter(|name| *name != values.auth.username);
    let warn = |path: &str, code: &str, message: String, hint: &str| {
        Some(Finding::warning(path, format!("zookeeper.auth.{code}"), message).hint(hint))
    };
    match (before, values.auth.client) {
        (false, true) => {
            let message = "clients that do not log in are refused, from the restart of each member on".to_owned();
            warn("/auth/client", "client-on", message, "give every client the name and the password first")
        }
        (true, false) => {
            let message =
                "everybody who can connect may read and write, and znodes whose ACL names a SASL user are out \
                           of reach"
                    .to_owned();
            warn(
                "/auth/client",
                "client-off",
                message,
                "open those ACLs first; restrict networkPolicy.mode to labelled",
            )
        }
        (true, true) if name.is_some() => {
            let message = format!("clients that log in as `{}` are refused", name.unwrap_or_default());
            warn("/auth/username", "renamed", message, "give every client the new name, and open ACLs to it first")
        }
        _ => None,
    }
}
