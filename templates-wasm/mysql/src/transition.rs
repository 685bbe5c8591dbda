//! Which changes the data directory survives.
//! It never trusts the image tag alone: the version is a parameter of its own.

use template_sdk::block::{Block, forbid_change};
use template_sdk::{Finding, Findings, Request, State};

use crate::SPEC;
use crate::values::{TlsMode, Values};

/// Judges the change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    for state in request.states() {
        findings.extend(version(&tag_of(state), block.tag()));
        findings.extend(charset(state, values));
        findings.extend(init_scripts(request, state));
        findings.extend(tls(state, values));
    }
    findings.extend(forbid_change::<u8>(
        request,
        "/lowerCaseTableNames",
        "mysql.names.case-immutable",
        "put the old value back; a server refuses to start with another, so the data must be dumped and loaded",
    ));
    findings.extend(forbid_change::<String>(
        request,
        "/database",
        "mysql.names.database-immutable",
        "put the old name back and make further databases with SQL, or publish a second definition",
    ));
    findings.extend(account(request, values));
    findings.extend(forbid_change::<u32>(
        request,
        "/serverIdBase",
        "mysql.server-id.immutable",
        "put the old number back",
    ));
    findings
}

/// The tag an earlier state ran.
pub(crate) fn tag_of(state: &State) -> String {
    let given = state.at::<String>("/image/tag").or_else(|| state.at("/version"));
    given.unwrap_or_else(|| SPEC.tag.to_owned())
}

/// Release series of a tag: 9.7 of 9.7.2-oracle.
pub(crate) fn series(tag: &str) -> Option<(u32, u32)> {
    let mut numbers = tag.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    let major = numbers.next().flatten()?;
    Some((major, numbers.next().flatten().unwrap_or(0)))
}

fn version(before: &str, now: &str) -> Option<Finding> {
    let (old, new) = (series(before)?, series(now)?);
    if new < old {
        let message = format!("data written by MySQL {before} cannot be read by {now}");
        let finding = Finding::error("/version", "mysql.version.down", message);
        return Some(finding.hint(format!("stay on {before}, or publish a second definition and load a dump")));
    }
    if new == old {
        return None;
    }
    let innovation = new.0 > 9;
    let code = if innovation { "mysql.version.innovation" } else { "mysql.version.up" };
    let note = if innovation { "; it is an innovation release, which ends when the next one appears" } else { "" };
    let message = format!("MySQL {before} becomes {now}: the data directory is upgraded and cannot go back{note}");
    Some(Finding::warning("/version", code, message).hint("take a dump first, and try it on a copy"))
}

fn charset(state: &State, values: &Values) -> Option<Finding> {
    let pair = |charset: Option<String>, collation: Option<String>| charset.zip(collation);
    let (charset, collation) = pair(state.at("/charset"), state.at("/collation"))?;
    (charset != values.charset || collation != values.collation).then(|| {
        let message = format!(
            "new tables get {} / {}; existing tables and the database keep {charset} / {collation}",
            values.charset, values.collation
        );
        let finding = Finding::warning("/charset", "mysql.charset.changed", message);
        finding.hint("change existing tables with ALTER TABLE … CONVERT TO, or joins between them get slow")
    })
}

fn init_scripts(request: &Request, state: &State) -> Option<Finding> {
    (state.values.get("initScripts")? != request.values.get("initScripts")?).then(|| {
        let message = "init scripts run once, when the volume is new; this change has no effect";
        Finding::info("/initScripts", "mysql.init-scripts.spent", message)
    })
}

/// Clients that do not encrypt would find out by themselves.
fn tls(state: &State, values: &Values) -> Option<Finding> {
    let before = state.at("/tls/mode").unwrap_or(TlsMode::Auto);
    (before == TlsMode::Auto && values.tls.mode != TlsMode::Auto).then(|| {
        let finding = Finding::warning("/tls/mode", "mysql.tls.required", "clients that do not encrypt are refused");
        finding.hint("let every client connect with TLS first; the server takes it already")
    })
}

/// The account is made at first boot; another name would log in nowhere.
fn account(request: &Request, values: &Values) -> Findings {
    let mut findings = Findings::new();
    for state in request.states() {
        let before = state.at::<String>("/username").or_else(|| state.at("/database"));
        let Some(before) = before.filter(|before| before != values.username()) else { continue };
        let message = format!("the account `{before}` exists with its rights; `{}` would not", values.username());
        let finding = Finding::error("/username", "mysql.names.user-immutable", message);
        findings.push(finding.hint(format!("keep username: {before}, and make further accounts with SQL")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_compared_not_texts() {
        assert_eq!(series("9.7.2-oracle"), Some((9, 7)));
        assert_eq!(version("8.4", "8.4.11"), None);
        assert_eq!(version("8.4", "9.7").unwrap().code, "mysql.version.up");
        assert_eq!(version("9.7", "26.7").unwrap().code, "mysql.version.innovation");
        assert_eq!(version("9.7.2", "8.4").unwrap().code, "mysql.version.down");
        assert_eq!(version("9.10", "9.7").unwrap().code, "mysql.version.down");
    }
}
