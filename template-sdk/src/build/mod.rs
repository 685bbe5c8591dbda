//! Small builders over JSON for the objects templates render; what is safe is the default.
//! They never check values against each other: rules live in templates, shapes are checked by the host.
//!
//! ```
//! use template_sdk::build::{service_account, volume};
//! use template_sdk::prelude::*;
//!
//! let meta = Meta::new("redis", "cache", "server", "prod").version("8.2");
//! let config = config_map(&meta, "cache-config", [("redis.conf", "port 6379\n")]);
//! let small = Resources::new(Quantity::from_millis(10), Quantity::from_mib(64));
//! let probe = || Probe::tcp("tcp-redis").timeout(3);
//! let server = Container::new("redis", "docker.io/library/redis:8.2", small)
//!     .pull_policy("Always")
//!     .command(["redis-server"])
//!     .args(["/conf/redis.conf"])
//!     .env(env::secret("TOKEN", "cache-auth", "password"))
//!     .env(env::field("POD", "metadata.name"))
//!     .port("tcp-redis", 6379)
//!     .read_only("config", "/conf")
//!     .file("config", "redis.conf", "/etc/redis.conf")
//!     .mount("data", "/data")
//!     .startup(probe().period(2).failures(30))
//!     .liveness(probe().delay(10))
//!     .readiness(Probe::grpc(9000).period(5))
//!     .pre_stop(["redis-cli", "save"]);
//! let exporter = Container::new("exporter", "docker.io/oliver006/redis_exporter:v1.74.0", small).sidecar();
//! let proxy = Container::new("proxy", "docker.io/library/haproxy:3.0", small).pre_stop_sleep(5);
//! let notes = json!({"example.com/team": "cache"});
//! let pod = Pod::new(&meta, 999, 999)
//!     .annotations(notes.as_object().expect("an object"))
//!     .checksum("config", &config)
//!     .grace_period(45)
//!     .volume(volume::config_map("config", "cache-config", 0o444))
//!     .init(exporter)
//!     .container(server)
//!     .container(proxy);
//! let set = StatefulSet::new(&meta, "cache", 3, "cache-headless", pod)
//!     .parallel()
//!     .min_ready(10)
//!     .quorum()
//!     .annotation("example.com/owner", "team-a")
//!     .claim(volume::claim(&meta, "data", Quantity::from_mib(1024), None));
//! let clients = json!({"podSelector": {}});
//! let rendered = Rendered::new()
//!     .object("serviceaccount/server", 0, service_account(&meta, "cache"))
//!     .object("configmap/config", 0, config)
//!     .object("service/headless", 0, Service::headless(&meta, "cache-headless").port("tcp-redis", 6379).value())
//!     .object("service/client", 0, Service::new(&meta, "cache").publish_not_ready().port("tcp-redis", 6379).value())
//!     .object("networkpolicy/server", 0, NetworkPolicy::new(&meta, "cache").allow(&[clients], &[6379]).value())
//!     .object("statefulset/server", 0, set.value());
//! assert_eq!(rendered.find("StatefulSet", "cache").map(|set| &set["spec"]["replicas"]), Some(&json!(3)));
//!
//! let once = Pod::new(&meta.component("setup"), 999, 999);
//! let job = Job::new(&meta.component("setup"), "cache-setup", once).retries(3).deadline(600).value();
//! assert_eq!(job["spec"]["backoffLimit"], 3);
//! let ingress = template_sdk::build::Ingress::new(&meta, "cache", "cache.example.com", "/", ("cache", "http"))
//!     .class("nginx")
//!     .annotations(notes.as_object().expect("an object"));
//! assert_eq!(ingress.value()["spec"]["ingressClassName"], "nginx");
//! ```

mod autoscaler;
mod config;
mod container;
mod ingress;
mod job;
mod labels;
mod pod;
mod policy;
mod probe;
mod service;
pub mod volume;
mod workload;

pub use autoscaler::horizontal_pod_autoscaler;
pub use config::{checksum, config_map, service_account};
pub use container::{Container, Resources, env};
pub use ingress::{Ingress, http_route};
pub use job::Job;
pub use labels::Meta;
pub use pod::Pod;
pub use policy::{NetworkPolicy, pod_disruption_budget};
pub use probe::Probe;
pub use service::Service;
pub use workload::{Deployment, StatefulSet};
