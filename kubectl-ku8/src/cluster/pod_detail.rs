//! What a failed pod leaves to read: the last lines of a container's log and the Warning events of an object.
//! All of it is extra: what cannot be read is left out, and nothing here can fail a command.

use ::http::Request;
use serde_json::Value;

use super::wire::encode;
use super::{PlanClient, Resource};
use crate::object::{GroupKind, printable};

/// A line of a log may be a whole document; a screen is not the place for one.
const LINE: usize = 400;

/// One Warning event.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// `Kind/name` it is about.
    pub object: String,
    /// `FailedScheduling`, `BackOff`, …
    pub reason: String,
    /// In words.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// When it happened last, RFC 3339.
    pub at: String,
}

impl PlanClient {
    /// The last lines of a container's log; of the run before this one if `previous`.
    pub async fn log_tail(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: usize,
        previous: bool,
    ) -> Option<Vec<String>> {
        let path = format!("{}/{pod}/log", Self::core("Pod").collection(namespace));
        let uri =
            format!("{path}?container={}&tailLines={lines}&limitBytes=65536&previous={previous}", encode(container));
        tracing::debug!("GET {path}");
        let request = Request::get(uri).body(Vec::new()).ok()?;
        let text = self.http.client().await.ok()?.request_text(request).await.ok()?;
        let shown: Vec<String> = text.lines().map(|line| printable(&cut(line))).collect();
        Some(shown[shown.len().saturating_sub(lines)..].to_vec())
    }

    /// The last Warning events of an object, oldest first.
    pub async fn warnings_about(&self, namespace: &str, uid: &str, most: usize) -> Vec<Warning> {
        let mut found: Vec<Warning> = self
            .events_of(namespace, uid)
            .await
            .into_iter()
            .filter(|event| event["type"] == "Warning")
            .map(|event| warning(&event))
            .collect();
        found.sort_by(|left, right| left.at.cmp(&right.at));
        found.split_off(found.len().saturating_sub(most))
    }

    /// Whether an autoscaler said that it makes a node for this pod.
    pub async fn is_scaled_up_for(&self, namespace: &str, uid: &str) -> bool {
        let events = self.events_of(namespace, uid).await;
        events.iter().any(|event| event["reason"] == "TriggeredScaleUp" || event["reason"] == "Nominated")
    }

    async fn events_of(&self, namespace: &str, uid: &str) -> Vec<Value> {
        let Some(events) = Resource::built_in(&GroupKind::new("", "Event")) else { return Vec::new() };
        let selector = format!("involvedObject.uid={uid}");
        let query = [("fieldSelector", selector.as_str()), ("limit", "500")];
        let found = self.http.get(&events.collection(namespace), &query, "list", "events", "").await;
        found.ok().and_then(|mut list| list["items"].as_array_mut().map(std::mem::take)).unwrap_or_default()
    }
}

fn warning(event: &Value) -> Warning {
    let text = |value: &Value| value.as_str().map(printable).unwrap_or_default();
    let about = &event["involvedObject"];
    let at =
        [&event["series"]["lastObservedTime"], &event["lastTimestamp"], &event["eventTime"], &event["firstTimestamp"]];
    Warning {
        object: format!("{}/{}", text(&about["kind"]), text(&about["name"])),
        reason: text(&event["reason"]),
        message: cut(&text(&event["message"])),
        count: event["series"]["count"].as_u64().or_else(|| event["count"].as_u64()).unwrap_or(1),
        at: at.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned(),
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LINE {
        return line.to_owned();
    }
    let short: String = line.chars().take(LINE).collect();
    format!("{short}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_of_either_form_reads_as_a_line() {
        let old = json!({"involvedObject": {"kind": "Pod", "name": "db-0"}, "reason": "BackOff", "count": 7,
            "message": "Back-off\u{1b}[2J", "lastTimestamp": "2026-01-01T00:00:00Z"});
        let found = warning(&old);
        assert_eq!((found.object.as_str(), found.count, found.at.as_str()), ("Pod/db-0", 7, "2026-01-01T00:00:00Z"));
        assert_eq!(found.message, "Back-off\\u{1b}[2J");
        let new = json!({"involvedObject": {}, "eventTime": "2026-01-02T00:00:00.000000Z", "series": {"count": 3}});
        assert_eq!((warning(&new).count, warning(&new).at.len()), (3, 27));
        assert_eq!(cut(&"x".repeat(500)).chars().count(), LINE + 1);
    }
}
