//! THE SHARED BLOCK: the parameters every template inherits, their schema, their reading and their objects.
//! It never knows a particular software; what differs is in the [`Spec`] a template gives it.
//!
//! ```
//! use template_sdk::block::{Block, Exposure, Image, Monitor, NetworkMode, Size, Spread, Storage};
//! use template_sdk::prelude::*;
//! use template_sdk::testing::Case;
//!
//! const SPEC: Spec = Spec::new("redis", "docker.io/library/redis", "8.2")
//!     .stateful(3)
//!     .auth(AuthMode::Required)
//!     .exporter(Exporter { image: "docker.io/oliver006/redis_exporter:v1.74.0", port: 9121 })
//!     .extra_config("lines of redis.conf");
//!
//! // The schema: the template's own properties on top of the shared ones.
//! let own = vec![
//!     ("modules", Property::boolean("Modules", "Whether modules are loaded.").default(false)),
//!     ("engine", Property::choice(&["redis", "valkey"], "Engine", "Which program.").default("redis").immutable()),
//!     ("heap", Property::quantity("Heap", "How much.").transition("redis.heap.shrinks")),
//!     ("pace", Property::cpu("Pace", "Cores for saving.")),
//!     ("labels", Property::texts("Labels", "Names to texts.").default(json!({}))),
//!     ("prefix", Property::text("Prefix", "Of all keys.").pattern("^[a-z]*$").default("")),
//!     ("timeout", Property::integer("Timeout", "Until an idle client is gone.").unit("seconds").default(0)),
//! ];
//! let schema = block::schema(&SPEC, &json!({"properties": Property::all(own)}));
//!
//! // What a request says, presets and registry map applied.
//! let values = json!({"metrics": {"enabled": true, "monitor": "podMonitor"}, "extraConfig": "maxmemory 1"});
//! let case = Case::new(values).name("cache").mirror("docker.io", "mirror.example.com/hub");
//! let request = Request::parse(&case.request(&schema).to_string())?;
//! let block = Block::read(&SPEC, &request)?;
//! assert_eq!((block.size, block.network, block.exposure), (Size::Small, NetworkMode::SameNamespace, Exposure::Cluster));
//! assert_eq!((block.scheduling.spread, block.metrics.monitor), (Spread::PreferNodes, Monitor::PodMonitor));
//! assert_eq!((block.image.clone().tag, block.storage.clone().size), (Image::default().tag, Storage::default().size));
//! assert_eq!(block.image_name(), "mirror.example.com/hub/library/redis:8.2");
//! assert_eq!(block.image_name_or("docker.io/valkey/valkey", "8.1"), "mirror.example.com/hub/valkey/valkey:8.1");
//! assert_eq!(block.mapped("quay.io/a/b:1"), "quay.io/a/b:1");
//! assert_eq!((block.host("cache"), block.auth_secret()), ("cache.prod.svc".to_owned(), "cache-auth".to_owned()));
//! assert_eq!(block.fqdn("cache"), "cache.prod.svc.cluster.local");
//! assert_eq!(block.owned_settings(&["maxmemory"])[0].path, "/extraConfig");
//! assert_eq!(block.client_label(), "cache-client");
//!
//! // The objects that follow from it.
//! let meta = block.meta("server");
//! let container = block.container("redis", &block.image_name(), block.resources).port("tcp-redis", 6379);
//! let pod = block.scraped(block.pod(&meta, 3).container(container));
//! let set = block.stateful_set(&meta, "cache", 3, "cache-headless", pod).claim(block.claim(&meta, "data"));
//! let rendered = Rendered::new()
//!     .secret(block.auth_intent(&["password"]))
//!     .object("serviceaccount/server", 0, block.service_account(&meta))
//!     .object("service/client", 0, block.client_service(&meta, "cache").port("tcp-redis", 6379).value())
//!     .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[6379], &[]))
//!     .maybe("podmonitor/server", 0, block.pod_monitor(&meta).filter(|_| block.metrics_port().is_some()))
//!     .object("statefulset/server", 0, set.value());
//! assert_eq!(rendered.objects.len(), 5);
//! # let _: (template_sdk::block::Auth, template_sdk::block::Metrics) = (block.auth.clone(), block.metrics);
//! # let _: template_sdk::block::Scheduling = block.scheduling.clone();
//! # Ok::<(), Findings>(())
//! ```

mod annotate;
mod compose;
mod objects;
mod parts;
mod read;
mod rules;
mod schema;
mod spec;
mod transition;

pub use annotate::{Group, Property};
pub use compose::{add, leave_out};
pub use read::{Auth, Block, Exposure, Image, Metrics, Monitor, NetworkMode, Scheduling, Size, Spread, Storage};
pub use rules::rules;
pub use schema::schema;
pub use spec::{AuthMode, Exporter, Preset, Spec};
pub use transition::{forbid_change, image_change, transitions};
