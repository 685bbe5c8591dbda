//! Tells the redactor what a person typed and what a definition's objects carry that looks like a secret.
//! It goes by names alone, and what it does not recognise stays as it is.

use std::collections::BTreeSet;
use std::ffi::OsString;

use serde_json::Value;

use crate::object::Observed;
use crate::plan::is_sensitive_name;
use crate::secrets::redact;
use crate::transform::Desired;

/// Values of `--set …password=…`: refused where a schema marks a secret, and repeated by no message either way.
pub(super) fn learn_arguments(arguments: &[OsString]) {
    for word in arguments.iter().filter_map(|word| word.to_str()) {
        let setting = ["--set=", "--set-string=", "--set-json="].iter().find_map(|flag| word.strip_prefix(flag));
        if let Some((path, value)) = setting.unwrap_or(word).split_once('=') {
            learn_setting(path, value);
        }
    }
    // `secret set` takes no value; one that is given all the same is refused, and not repeated.
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    if let Some(at) = words.windows(2).position(|pair| pair == ["secret", "set"]) {
        words[at + 2..].iter().filter(|word| !word.starts_with('-')).skip(2).for_each(|word| redact::learn(word));
    }
}

/// One value that was set, when its name says that it is secret.
pub(super) fn learn_setting(path: &str, value: &str) {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    // `existingSecret=name` names a Secret and is none.
    if is_sensitive_name(&last) && !last.contains("secret") {
        redact::learn(value);
    }
}

/// Variables of a definition's objects whose name says that they are secret: the server's messages may quote them.
pub(super) fn learn_objects(desired: &Desired, observed: &Observed) {
    let live = observed.iter().filter_map(|(key, seen)| Some((key, &seen.live.as_ref()?.value)));
    let wanted = desired.objects.iter().map(|object| (object.manifest.key(), object.manifest.value()));
    let all: Vec<_> = wanted.chain(live).collect();
    let secrets = desired.secrets.iter().map(|intent| intent.name.as_str());
    let names: BTreeSet<&str> = all.iter().map(|(key, _)| key.name.as_str()).chain(secrets).collect();
    let mut found = Vec::new();
    for (_, object) in &all {
        collect(object, &mut found);
    }
    // A variable may hold the name of a Secret; names stand in every plan.
    for value in found.into_iter().filter(|value| !names.contains(value)) {
        redact::learn(value);
    }
}

fn collect<'a>(object: &'a Value, found: &mut Vec<&'a str>) {
    match object {
        Value::Object(fields) => {
            if let (Some(name), Some(value)) = (object["name"].as_str(), object["value"].as_str())
                && is_sensitive_name(name)
                && !is_elsewhere(name, value)
            {
                found.push(value);
            }
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}

/// `PASSWORD_FILE=/run/secrets/db` and `TOKEN_URL=https://…` say where a secret is, and hold none.
fn is_elsewhere(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let url = value.contains("://") && !value.contains('@');
    url || value.starts_with('/') || ["_FILE", "_PATH", "_URL", "_NAME", "_TTL"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_password_is_learned_and_the_name_of_a_secret_is_not() {
        let words = ["define", "--set", "auth.password=typed-canary-1", "--set=x.token=typed-canary-2", "--set"];
        let more =
            ["auth.existingSecret=a-secret-by-name", "auth.passwordRef.name=another-by-name", "size=large-enough"];
        let all: Vec<OsString> = words.iter().chain(&more).map(|word| (*word).into()).collect();
        learn_arguments(&all);
        let text = "typed-canary-1 typed-canary-2 a-secret-by-name another-by-name large-enough";
        assert_eq!(redact::redact(text), "(redacted) (redacted) a-secret-by-name another-by-name large-enough");
    }
}
