//! Watches objects of a kind and tells the name of each that changes, without their bodies.
//! It only says that something happened; what is so is read anew, so a lost event costs time and never truth.

use std::time::Duration;

use ::http::{Method, Request};
use futures::AsyncBufReadExt as _;
use serde::Deserialize;

use super::wire::{encode, reason};
use super::{ClusterError, PlanClient, Resource};

/// Small events: labels and annotations instead of whole objects.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// How long a server may take to begin answering.
const BEGIN: Duration = Duration::from_secs(5);

/// Which objects of a kind to watch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// The one of this name.
    Name(String),
    /// Those with these labels.
    Labels(String),
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

impl PlanClient {
    /// Tells `on` the name of every object that is there, and of each that changes later, until the server ends it.
    ///
    /// # Errors
    /// When it may not be watched, or the connection breaks.
    pub async fn watch(
        &self,
        resource: &Resource,
        namespace: &str,
        selection: &Selection,
        on: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), ClusterError> {
        let broken =
            |reason: String| ClusterError::Unreachable { server: self.target.server.clone(), reason, sent: true };
        // Ended by the server before the connection counts as idle.
        let seconds = (self.target.request_timeout.as_secs() / 2).clamp(1, 300);
        let (field, value) = match selection {
            Selection::Name(name) => ("fieldSelector", format!("metadata.name={name}")),
            Selection::Labels(labels) => ("labelSelector", labels.clone()),
        };
        let path = resource.collection(namespace);
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{path}?watch=true&timeoutSeconds={seconds}&{field}={}", encode(&value)))
            .header("accept", METADATA_ONLY)
            // A compressed stream holds events back until a block is full.
            .header("accept-encoding", "identity")
            .body(Vec::new())
            .map_err(|error| broken(error.to_string()))?;
        let client = self.http.client().await?;
        tracing::debug!("GET {path} watch");
        let stream = tokio::time::timeout(BEGIN, client.request_stream(request))
            .await
            .map_err(|_| broken("a watch was not answered".into()))?
            .map_err(|error| broken(reason(&error)))?;
        let mut stream = std::pin::pin!(stream);
        let mut line = String::new();
        loop {
            line.clear();
            let read = stream.read_line(&mut line).await.map_err(|error| broken(reason(&error)))?;
            if read == 0 {
                return Ok(());
            }
            match serde_json::from_str::<Event>(&line) {
                Ok(event) if event.kind == "ERROR" => return Err(broken("the server ended a watch".into())),
                Ok(event) => on(&event.object.metadata.name),
                // A line cut by the end of the watch.
                Err(_) => return Ok(()),
            }
        }
    }
}
