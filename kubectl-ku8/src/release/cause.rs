//! Why an operation was started, in the words that are stored and shown.
//! It never says how one ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an operation was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Cause {
    /// `publish`.
    Publish,
    /// `delete`.
    Delete,
    /// `rollback` to a revision, by hand or after a failure.
    Rollback(u32),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publish => f.write_str("publish"),
            Self::Delete => f.write_str("delete"),
            Self::Rollback(to) => write!(f, "rollback to {to}"),
        }
    }
}

impl From<Cause> for String {
    fn from(cause: Cause) -> Self {
        cause.to_string()
    }
}

impl TryFrom<String> for Cause {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "publish" => Ok(Self::Publish),
            "delete" => Ok(Self::Delete),
            other => other
                .strip_prefix("rollback to ")
                .and_then(|number| number.parse().ok())
                .map(Self::Rollback)
                .ok_or_else(|| format!("`{other}` is no cause of an operation")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_reads_back_as_it_is_shown() {
        for (cause, text) in
            [(Cause::Publish, "publish"), (Cause::Delete, "delete"), (Cause::Rollback(7), "rollback to 7")]
        {
            assert_eq!(serde_json::to_value(cause).unwrap(), text);
            assert_eq!(serde_json::from_value::<Cause>(text.into()).unwrap(), cause);
        }
        for bad in ["rollback to x", "rollback to ", "restart", ""] {
            assert!(serde_json::from_value::<Cause>(bad.into()).is_err(), "{bad}");
        }
    }
}
