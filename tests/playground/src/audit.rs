//! Reads the API server's audit log, so that a test can say what a command asked for and what it did not.
//! It never judges the requests and never holds their bodies: the policy logs metadata only.

use std::path::Path;

use serde_json::Value;

use crate::error::Error;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEntry {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for paths outside the API
    /// groups the HTTP method in lower case.
    pub verb: String,
    /// Path and query of the request.
    pub uri: String,
    /// The authenticated user.
    pub user: String,
    /// The client's own description of itself.
    pub user_agent: String,
    /// The HTTP status of the answer.
    pub code: u16,
    /// The resource's plural, such as `configmaps`; empty for paths outside the API groups.
    pub resource: String,
    /// The subresource, such as `status`, or empty.
    pub subresource: String,
    /// The namespace, or empty.
    pub namespace: String,
    /// The object's name, or empty.
    pub name: String,
}

impl AuditEntry {
    /// Returns whether the request could change what the server stores: a writing verb without `dryRun`.
    pub fn writes(&self) -> bool {
        let writing = matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection");
        // Reviews of one's own rights are posted but never stored.
        writing && !self.uri.contains("dryRun=All") && !self.resource.ends_with("reviews")
    }
}

/// Reads every finished entry; a line still being written is left out.
pub(crate) fn read(log: &Path) -> Result<Vec<AuditEntry>, Error> {
    let bytes = std::fs::read(log).map_err(Error::file("read", log))?;
    Ok(String::from_utf8_lossy(&bytes).lines().filter_map(parse).collect())
}

/// Parses one line of the log.
fn parse(line: &str) -> Option<AuditEntry> {
    let event: Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(AuditEntry {
        verb: text("/verb"),
        uri: text("/requestURI"),
        user: text("/user/username"),
        user_agent: text("/userAgent"),
        code: event
            .pointer("/responseStatus/code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or_default(),
        resource: text("/objectRef/resource"),
        subresource: text("/objectRef/subresource"),
        namespace: text("/objectRef/namespace"),
        name: text("/objectRef/name"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_does_not_write() {
        let line = r#"{"verb":"patch","requestURI":"/api/v1/namespaces/shop/configmaps/a?dryRun=All",
            "user":{"username":"ada"},"userAgent":"kubectl-ku8","responseStatus":{"code":200},
            "objectRef":{"resource":"configmaps","namespace":"shop","name":"a"}}"#;
        let mut entry = parse(&line.replace('\n', "")).unwrap();
        assert!(!entry.writes());
        assert_eq!((entry.code, entry.name.as_str(), entry.user.as_str()), (200, "a", "ada"));
        entry.uri = "/api/v1/namespaces/shop/configmaps/a".to_owned();
        assert!(entry.writes());
    }

    #[test]
    fn half_a_line_is_left_out() {
        assert_eq!(parse(r#"{"verb":"get","requ"#), None);
    }
}
