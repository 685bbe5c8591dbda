//! Rules about changing shared parameters, judged against every earlier state.
//! They never look at the cluster: what was there before comes with the request.

use serde::de::DeserializeOwned;

use super::read::{Block, Exposure, NetworkMode, sizes};
use super::spec::AuthMode;
use crate::finding::{Finding, Findings};
use crate::input::{Request, State};
use crate::quantity::Quantity;

/// Judges the shared parameters: storage, image, authentication, reach. `persistent` says whether data is kept at all.
///
/// ```
/// use template_sdk::{block::transitions, prelude::*, testing::Case};
/// const SPEC: Spec = Spec::new("store", "docker.io/library/store", "2.0").stateful(2);
/// # let schema = block::schema(&SPEC, &json!({}));
/// let case = Case::new(json!({"storage": {"size": "1Gi"}})).previous(json!({"storage": {"size": "8Gi"}}));
/// let request = Request::parse(&case.request(&schema).to_string())?;
/// let findings = transitions(&Block::read(&SPEC, &request)?, &request, true);
/// assert!(findings.has("store.storage.shrink") && findings.has_errors());
/// # Ok::<(), Findings>(())
/// ```
pub fn transitions(block: &Block, request: &Request, persistent: bool) -> Findings {
    let mut findings = Findings::new();
    findings.extend(shut_out(block));
    findings.extend(image_change(None, block.tag(), block.spec.template, block.spec.major_downgrade));
    for state in request.states() {
        if persistent && block.spec.stateful {
            storage(block, state, &mut findings);
        }
        let before: Option<String> = state.at("/image/tag");
        let before = before.unwrap_or_else(|| block.spec.tag.to_owned());
        let change = image_change(Some(&before), block.tag(), block.spec.template, block.spec.major_downgrade);
        findings.extend(change);
        auth(block, state, &mut findings);
    }
    findings
}

/// Says that a Service opened to the outside leads to pods whose network policy lets only pods in.
fn shut_out(block: &Block) -> Option<Finding> {
    if block.exposure == Exposure::Cluster || block.network == NetworkMode::Off {
        return None;
    }
    let message = "the Service is open to the outside, and the network policy lets only pods of this namespace in";
    let code = format!("{}.service.policy-shuts-out", block.spec.template);
    let hint = "set networkPolicy.mode to off and add a policy with your clients' addresses";
    Some(Finding::warning("/service/exposure", code, message).hint(hint))
}

/// Refuses any change of a value; the hint says what to do instead.
///
/// ```
/// use template_sdk::{block::forbid_change, json, testing::Case, Request};
/// let case = Case::new(json!({"user": "b"})).previous(json!({"user": "a"}));
/// let request = Request::parse(&case.request(&json!({})).to_string())?;
/// let findings = forbid_change::<String>(&request, "/user", "store.user.changed", "keep the old name");
/// assert!(findings.has("store.user.changed"));
/// # Ok::<(), template_sdk::Findings>(())
/// ```
pub fn forbid_change<T>(request: &Request, pointer: &str, code: &str, hint: &str) -> Findings
where
    T: DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let mut findings = Findings::new();
    let Some(now) = findings.keep(request.maybe::<T>(pointer)) else { return findings };
    for state in request.states() {
        let before: Option<T> = state.at(pointer);
        if before.is_some() && before != now {
            let (was, is) = (state.values.pointer(pointer), request.values.pointer(pointer));
            let text = |value: Option<&serde_json::Value>| value.map_or("nothing".to_owned(), crate::shape::text);
            let message = format!("was {}, would become {}; it cannot change", text(was), text(is));
            findings.push(Finding::error(pointer, code, message).hint(hint));
        }
    }
    findings
}

/// Judges an image tag: `latest`, and a jump between major versions.
///
/// ```
/// use template_sdk::block::image_change;
/// assert_eq!(image_change(None, "latest", "redis", false)[0].code, "redis.image.moving-tag");
/// assert_eq!(image_change(Some("8.2"), "7.2", "redis", false)[0].code, "redis.image.major-down");
/// assert!(image_change(Some("8.0"), "8.2", "redis", false).is_empty());
/// ```
pub fn image_change(before: Option<&str>, now: &str, template: &str, may_go_down: bool) -> Vec<Finding> {
    let code = |rule: &str| format!("{template}.image.{rule}");
    let Some(before) = before else {
        let moving = now == "latest" || !now.starts_with(|c: char| c.is_ascii_digit() || c == 'v');
        let finding =
            Finding::warning("/image/tag", code("moving-tag"), format!("`{now}` may be another version tomorrow"));
        return if moving { vec![finding.hint("name a minor version")] } else { Vec::new() };
    };
    match (major(before), major(now)) {
        (Some(old), Some(new)) if new > old => {
            let message = format!("major version {old} becomes {new}: the data cannot go back");
            vec![Finding::warning("/image/tag", code("major-up"), message).hint("take a backup first")]
        }
        (Some(old), Some(new)) if new < old && !may_go_down => {
            let message = format!("data written by version {old} cannot be read by version {new}");
            let finding = Finding::error("/image/tag", code("major-down"), message);
            vec![finding.hint(format!("stay on {before}, or publish a new definition and copy the data"))]
        }
        _ => Vec::new(),
    }
}

fn major(tag: &str) -> Option<u32> {
    let digits = tag.trim_start_matches('v');
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

fn storage(block: &Block, state: &State, findings: &mut Findings) {
    let code = |rule: &str| format!("{}.storage.{rule}", block.spec.template);
    let (_, before) = sizes(&block.spec, &state.values, &mut Findings::new());
    let now = block.storage_size;
    if now < before {
        let message = format!("the volumes have {before}; {now} is less, and volumes cannot shrink");
        let hint = format!("keep storage.size at {before}, or publish a new definition and copy the data");
        findings.push(Finding::error("/storage/size", code("shrink"), message).hint(hint));
    }
    if now > before && before > Quantity::from_bytes(0) {
        let message = format!("the volumes grow from {before} to {now}; the StorageClass must allow it");
        findings.push(Finding::info("/storage/size", code("grow"), message));
    }
    let class: Option<String> = state.at("/storage/className");
    if class != block.storage.class_name {
        let text = |class: &Option<String>| class.clone().unwrap_or_else(|| "the cluster's default".to_owned());
        let message = format!("the volumes are of {}, not {}", text(&class), text(&block.storage.class_name));
        let hint = "put the old class back, or publish a new definition and copy the data";
        findings.push(Finding::error("/storage/className", code("class-changed"), message).hint(hint));
    }
}

fn auth(block: &Block, state: &State, findings: &mut Findings) {
    let AuthMode::Optional(default) = block.spec.auth else { return };
    let before = state.at::<bool>("/auth/enabled").unwrap_or(default);
    let code = |rule: &str| format!("{}.auth.{rule}", block.spec.template);
    if block.auth.enabled && !before {
        let message = "clients that connect without a password will be refused";
        let finding = Finding::warning("/auth/enabled", code("switched-on"), message);
        findings.push(finding.hint("give every client the password first"));
    }
    if !block.auth.enabled && before {
        let message = "everybody who can connect will read and write without a password";
        let finding = Finding::warning("/auth/enabled", code("switched-off"), message);
        findings.push(finding.hint("restrict networkPolicy.mode to labelled"));
    }
}
