//! The container's environment: what other definitions offer, what Secrets hold, what is written plainly.
//! It never holds a password: the kubelet puts it in, from the Secret that is named here.

use template_sdk::build::env;
use template_sdk::{Alphabet, Finding, Findings, Generate, Map, Request, SecretIntent, SecretRef, SecretValue, Value};

use crate::values::Values;

/// Secrets one render may ask for, and keys of each; the host takes no more.
const SECRETS: usize = 16;
const KEYS: usize = 32;

/// Variables in the order the kubelet reads them, and the Secrets they need.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// Entries of `env`.
    pub(crate) variables: Vec<Value>,
    /// What must exist.
    pub(crate) secrets: Vec<SecretIntent>,
    names: Map<String, Value>,
}

impl Environment {
    /// Reads bindings first, then `secretEnv`, then `env`: `$(NAME)` in a value knows only what stands before it.
    pub(crate) fn read(values: &Values, request: &Request, findings: &mut Findings) -> Self {
        let mut environment = Self::default();
        for (input, output) in &request.bindings {
            environment.bind(input, output, findings);
        }
        for (name, secret) in &values.secret_env {
            environment.secret(name, secret, &request.name, findings);
        }
        for (name, text) in &values.env {
            let variable = env::value(name, text.as_str().unwrap_or_default());
            environment.add(name, &format!("/env/{name}"), variable, findings);
        }
        if let Some(ingress) = &values.ingress {
            // A certificate from an issuer is made later; one that is named must be there.
            if let Some(secret) = &ingress.tls.secret {
                environment.needs(secret, "tls.crt", existing(secret, "tls.crt"));
                environment.needs(secret, "tls.key", existing(secret, "tls.key"));
            }
        }
        environment.count(findings);
        environment
    }

    /// Adds what one output offers: `DB_HOST`, `DB_PORT`, … `DB_PASSWORD`, `DB_URL`.
    fn bind(&mut self, input: &str, output: &Value, findings: &mut Findings) {
        let none = Map::new();
        let offered = output.as_object().unwrap_or(&none);
        let prefix = upper(input);
        let at = format!("the binding {input}");
        for (key, value) in
            offered.iter().filter(|(key, _)| !["name", "type", "uri", "password"].contains(&key.as_str()))
        {
            let Some(text) = scalar(value) else { continue };
            let name = format!("{prefix}_{}", upper(key));
            self.add(&name, &at, env::value(&name, literal(&text)), findings);
        }
        let password = format!("{prefix}_PASSWORD");
        let part = |field: &str| offered.get("password").and_then(|found| found.get(field)).and_then(Value::as_str);
        let known = part("secret").zip(part("key"));
        if let Some((secret, key)) = known {
            self.needs(secret, key, existing(secret, key));
            self.add(&password, &at, env::secret(&password, secret, key), findings);
        }
        if let Some(uri) = offered.get("uri").and_then(Value::as_str) {
            let name = format!("{prefix}_URL");
            self.add(&name, &at, env::value(&name, url(uri, offered, known.map(|_| password.as_str()))), findings);
        }
    }

    fn secret(&mut self, name: &str, value: &Value, definition: &str, findings: &mut Findings) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        let (secret, key, wanted) = match (text("/secretRef/name"), text("/secretRef/key")) {
            (Some(secret), Some(key)) => (secret.to_owned(), key, existing(secret, key)),
            _ => (format!("{definition}-auth"), name, generated(value)),
        };
        self.needs(&secret, key, wanted);
        self.add(name, &format!("/secretEnv/{name}"), env::secret(name, &secret, key), findings);
    }

    fn needs(&mut self, secret: &str, key: &str, value: SecretValue) {
        if let Some(intent) = self.secrets.iter_mut().find(|intent| intent.name == secret) {
            intent.keys.insert(key.to_owned(), value);
            return;
        }
        // In the order of their names, without bringing a sort into the component.
        let later = self.secrets.iter().position(|intent| intent.name.as_str() > secret);
        let intent = SecretIntent::existing(secret, &[]).key(key, value);
        self.secrets.insert(later.unwrap_or(self.secrets.len()), intent);
    }

    fn add(&mut self, name: &str, path: &str, variable: Value, findings: &mut Findings) {
        if let Some(first) = self.names.get(name).and_then(Value::as_str) {
            let message = format!("`{name}` is already set by {first}");
            let here = if path.starts_with('/') { path } else { "" };
            let finding = Finding::error(here, "web.env.duplicate", message);
            findings.push(finding.hint("name each variable in one place"));
            return;
        }
        let place = path.rsplit_once('/').map_or(path, |(parent, _)| parent.trim_start_matches('/'));
        self.names.insert(name.to_owned(), Value::from(place));
        self.variables.push(variable);
    }

    fn count(&self, findings: &mut Findings) {
        let keys = self.secrets.iter().map(|intent| intent.keys.len()).max().unwrap_or(0);
        if self.secrets.len() > SECRETS || keys > KEYS {
            let message = format!("at most {SECRETS} Secrets can be used, and {KEYS} keys of each");
            let finding = Finding::error("/secretEnv", "web.secret-env.too-many", message);
            findings
                .push(finding.hint("put values that belong together into one Secret, and those of many into a file"));
        }
    }
}

fn existing(name: &str, key: &str) -> SecretValue {
    SecretValue::SecretRef(SecretRef { name: name.to_owned(), key: key.to_owned() })
}

/// What `{generate: {length, alphabet}}` asks for.
fn generated(value: &Value) -> SecretValue {
    let alphabet = match value.pointer("/generate/alphabet").and_then(Value::as_str) {
        Some("hex") => Alphabet::Hex,
        Some("base64") => Alphabet::Base64,
        _ => Alphabet::Alphanumeric,
    };
    let length = value.pointer("/generate/length").and_then(Value::as_u64).and_then(|length| length.try_into().ok());
    SecretValue::Generate(Generate { length: length.unwrap_or(24), alphabet })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A text the kubelet takes as it is: `$(NAME)` in it is no variable.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// The connection string, with the password left to the kubelet.
fn url(uri: &str, offered: &Map<String, Value>, password: Option<&str>) -> String {
    let mut text = literal(uri);
    for key in ["host", "port", "database", "username"] {
        if let Some(value) = offered.get(key).and_then(scalar) {
            text = text.replace(&format!("{{{key}}}"), &literal(&value));
        }
    }
    match password {
        Some(password) => text.replace("{password}", &format!("$({password})")),
        None => text,
    }
}

/// `ordersDb`, `orders-db` → `ORDERS_DB`.
fn upper(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 4);
    let mut lower = false;
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && lower {
            name.push('_');
        }
        lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        name.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    }
    name
}
