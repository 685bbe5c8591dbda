//! Acting as somebody else: the flags, and the headers the server reads.
//! It never says who is asking: that is the login's.

use ::http::{HeaderName, HeaderValue};

use super::kubeconfig::UserEntry;
use crate::object::printable;

/// Whom to act as, from `--as` and its companions.
#[derive(Clone, Debug, Default)]
pub struct Impersonation {
    /// `--as`.
    pub user: Option<String>,
    /// `--as-uid`.
    pub uid: Option<String>,
    /// `--as-group`.
    pub groups: Vec<String>,
    /// `--as-user-extra`, in the order given.
    pub extra: Vec<(String, String)>,
}

impl Impersonation {
    /// The flags replace what the kubeconfig says, each for itself.
    pub(super) fn go_over(&self, entry: &mut UserEntry) {
        if let Some(user) = self.user.as_ref().filter(|user| !user.is_empty()) {
            entry.as_user.clone_from(user);
        }
        if let Some(uid) = self.uid.as_ref().filter(|uid| !uid.is_empty()) {
            entry.as_uid.clone_from(uid);
        }
        if !self.groups.is_empty() {
            entry.as_groups.clone_from(&self.groups);
        }
        for (key, _) in &self.extra {
            entry.as_user_extra.remove(key);
        }
        for (key, value) in &self.extra {
            entry.as_user_extra.entry(key.clone()).or_default().push(value.clone());
        }
    }
}

/// Header names and values as client-go makes them; values may be any text but control characters.
pub(super) fn headers(entry: &UserEntry) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let value = |text: &str| {
        HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| format!("`{}` cannot be sent as a name to act as", printable(text)))
    };
    let mut headers = Vec::new();
    if !entry.as_user.is_empty() {
        headers.push((HeaderName::from_static("impersonate-user"), value(&entry.as_user)?));
    }
    if !entry.as_uid.is_empty() {
        headers.push((HeaderName::from_static("impersonate-uid"), value(&entry.as_uid)?));
    }
    for group in &entry.as_groups {
        headers.push((HeaderName::from_static("impersonate-group"), value(group)?));
    }
    for (key, values) in &entry.as_user_extra {
        let name = HeaderName::try_from(format!("impersonate-extra-{}", header_key(key)))
            .map_err(|_| format!("`{}` cannot be sent as an extra", printable(key)))?;
        for text in values {
            headers.push((name.clone(), value(text)?));
        }
    }
    Ok(headers)
}

/// Bytes that are no token characters (RFC 9110, section 5.6.2), and `%`, are percent-encoded.
fn header_key(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'!'
            | b'#'
            | b'$'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~' => char::from(byte).to_ascii_lowercase().to_string(),
            other => format!("%{other:02x}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extra_is_sent_as_client_go_sends_it() {
        assert_eq!(header_key("scopes.Example.com/a"), "scopes.example.com%2fa");
        assert_eq!(header_key("a%2f"), "a%252f");
        assert_eq!(header_key("ä"), "%c3%a4");
    }

    #[test]
    fn names_to_act_as_may_be_in_any_language() {
        let entry =
            UserEntry { as_user: "张三".into(), as_groups: vec!["a".into(), "b".into()], ..UserEntry::default() };
        let sent = headers(&entry).unwrap();
        assert_eq!(sent[0].1.as_bytes(), "张三".as_bytes());
        assert_eq!(sent.len(), 3);
        let broken = UserEntry { as_user: "a\nb".into(), ..UserEntry::default() };
        assert!(headers(&broken).is_err(), "no second header can be smuggled in");
    }
}
