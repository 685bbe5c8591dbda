//! What a credential plugin prints: an ExecCredential (client.authentication.k8s.io).
//! It never repeats any of it: all of it may be the credential.

use serde::Deserialize;

use super::login::bearer;
use crate::secrets::redact;

/// What it made.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) token: Option<String>,
    /// Certificate and key, both PEM.
    pub(super) certificate: Option<(String, String)>,
    pub(super) expires: Option<jiff::Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    status: Option<Status>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// Reads what a plugin printed, which must be of the version it was asked for.
///
/// # Errors
/// What is wrong with it, without repeating any of it.
pub(super) fn read(output: &[u8], version: &str) -> Result<Issued, String> {
    // What it printed is the credential, or may be: none of it is repeated.
    let no_credential = || "printed something that is no ExecCredential".to_owned();
    let text = std::str::from_utf8(output).map_err(|_| no_credential())?;
    let answer: ExecCredential = if let Ok(answer) = serde_json::from_str(text) {
        answer
    } else {
        let documents = crate::definition::yaml::documents(text).map_err(|_| no_credential())?;
        let first = documents.into_iter().next().ok_or_else(no_credential)?;
        serde_json::from_value(first).map_err(|_| no_credential())?
    };
    if answer.kind != "ExecCredential" {
        return Err(no_credential());
    }
    if answer.api_version != version {
        return Err(format!("answers in another version than the kubeconfig asks for, which is {version}"));
    }
    let status = answer.status.ok_or("printed an ExecCredential without a status")?;
    let set = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = set(status.token);
    let (certificate, key) = (set(status.client_certificate_data), set(status.client_key_data));
    token.iter().chain(&key).for_each(|secret| redact::learn(secret));
    if let Some(token) = &token {
        bearer(token)?;
    }
    let certificate = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("printed a certificate without its key, or a key alone".into()),
    };
    if token.is_none() && certificate.is_none() {
        return Err("printed neither a token nor a certificate".into());
    }
    let expires = set(status.expiration_timestamp).map(|time| time.parse::<jiff::Timestamp>());
    let expires = expires.transpose().map_err(|_| "printed an expirationTimestamp that is no time")?;
    Ok(Issued { token, certificate, expires })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const V1: &str = "client.authentication.k8s.io/v1";

    #[test]
    fn only_whole_credentials_of_the_asked_version_are_taken() {
        let read = |version: &str, status: &Value| {
            let text = json!({"apiVersion": format!("client.authentication.k8s.io/{version}"), "kind": "ExecCredential", "status": status});
            super::read(text.to_string().as_bytes(), V1)
        };
        let issued =
            read("v1", &json!({"token": "plugin-canary-1", "expirationTimestamp": "2030-01-01T00:00:00Z"})).unwrap();
        assert_eq!(issued.token.as_deref(), Some("plugin-canary-1"));
        assert_eq!(redact::redact("plugin-canary-1"), "(redacted)");
        assert!(issued.expires.is_some());
        assert!(
            read("v1", &json!({"clientCertificateData": "c", "clientKeyData": "k"})).unwrap().certificate.is_some()
        );
        for wrong in [
            json!({}),
            json!({"token": ""}),
            json!({"clientKeyData": "k"}),
            json!({"token": "a\nb"}),
            Value::Null,
            json!({"token": "t", "expirationTimestamp": "soon"}),
        ] {
            assert!(read("v1", &wrong).is_err(), "{wrong}");
        }
        assert!(read("v1beta1", &json!({"token": "t"})).unwrap_err().contains("another version"));
        assert!(
            super::read(b"apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus: {token: t}\n", V1)
                .is_ok()
        );
        let fault = super::read(b"secret-canary-2", V1).unwrap_err();
        assert!(!fault.contains("canary"), "{fault}");
    }
}
