//! The bare API: the requests a plan or a publish cannot do without, eight at a time, and nothing else.
//! It is the limit that ours is held against, and it fills the cluster for the lists; it never reads a reply's content.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::Error;

/// As many requests as ours has under way.
const CONCURRENCY: usize = 8;

/// What is done to each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// GET.
    Get,
    /// Server-side apply that changes nothing.
    DryRun,
    /// Server-side apply.
    Apply,
}

/// Sends requests with a connection pool of its own.
pub(crate) struct Api {
    runtime: Runtime,
    config: Config,
}

impl Api {
    /// Reads the kubeconfig.
    pub(crate) fn new(kubeconfig: &Path) -> Result<Self, Error> {
        let runtime = Runtime::new()?;
        let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let config = runtime.block_on(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()))?;
        Ok(Self { runtime, config })
    }

    /// Connects, does this to every object (ConfigMaps and Secrets), and returns how long all of it took.
    pub(crate) fn each(&self, namespace: &str, objects: &[Value], verbs: &[Verb]) -> Result<Duration, Error> {
        let started = Instant::now();
        self.runtime.block_on(async {
            let client = Client::try_from(self.config.clone())?;
            for verb in verbs {
                stream::iter(objects)
                    .map(|object| send(&client, namespace, object, *verb))
                    .buffer_unordered(CONCURRENCY)
                    .try_for_each(|()| async { Ok(()) })
                    .await?;
            }
            Ok::<(), Error>(())
        })?;
        Ok(started.elapsed())
    }
}

async fn send(client: &Client, namespace: &str, object: &Value, verb: Verb) -> Result<(), Error> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (plural, name) = (word(&object["kind"]).to_lowercase() + "s", word(&object["metadata"]["name"]));
    let path = format!("/api/v1/namespaces/{namespace}/{plural}/{name}");
    let (method, query, body) = match verb {
        Verb::Get => ("GET", "", Vec::new()),
        Verb::DryRun => ("PATCH", "?fieldManager=bench&force=true&dryRun=All", serde_json::to_vec(object)?),
        Verb::Apply => ("PATCH", "?fieldManager=bench&force=true", serde_json::to_vec(object)?),
    };
    let request = http::Request::builder()
        .method(method)
        .uri(path + query)
        .header("content-type", "application/apply-patch+yaml")
        .header("accept", "application/json")
        .body(body)?;
    client.request_text(request).await?;
    Ok(())
}
