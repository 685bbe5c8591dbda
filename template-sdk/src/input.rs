//! What a template is asked: the request, read once into types.
//! It never holds a secret's value, a clock or anything else the host did not write down.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::finding::{Finding, Findings};
use crate::typed;

/// Everything a render depends on (wit/request.schema.json); unknown fields are ignored.
#[derive(Clone, Debug)]
pub struct Request {
    /// The definition's name: at most 50 characters, a DNS label.
    pub name: String,
    /// The partition the objects go to.
    pub namespace: String,
    /// Validated by the template's schema, defaults filled in.
    pub values: Value,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// What was there before; absent only when nothing was published and no volume remains.
    pub previous: Option<Previous>,
    /// Input name to one output of another definition.
    pub bindings: Map<String, Value>,
    /// Where images come from.
    pub images: Images,
}

/// What is known of the cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Kubernetes minor, such as `1.36`.
    pub version: String,
}

/// Where images come from.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// Image prefix to the prefix that replaces it.
    pub registry_map: Map<String, Value>,
    /// Names of pull Secrets.
    pub pull_secrets: Vec<String>,
}

/// What was there before this request.
///
/// ```
/// use template_sdk::{json, testing::Case, Cluster, Images, Observed, Previous, Request, State};
/// let case = Case::new(json!({"user": "a"}))
///     .previous(json!({"user": "a"}))
///     .attempted(json!({"user": "b"}))
///     .observed("demo", 3)
///     .claims(&["data-demo-0"])
///     .bind("DB", json!({"host": "db.prod.svc"}));
/// let request = Request::parse(&case.request(&json!({})).to_string())?;
/// let Some(Previous { observed: Observed { pvcs, .. }, .. }) = &request.previous else { unreachable!() };
/// let users: Vec<Option<String>> = request.states().map(|state: &State| state.at("/user")).collect();
/// assert_eq!(users, [Some("a".to_owned()), Some("b".to_owned())]);
/// assert_eq!((request.observed_replicas("demo"), request.observed_pvcs()), (Some(3), pvcs.as_slice()));
/// assert_eq!((request.maybe::<u32>("/port")?, request.bindings["DB"]["host"].as_str()), (None, Some("db.prod.svc")));
/// # let (Cluster { .. }, Images { .. }) = (&request.cluster, &request.images);
/// # Ok::<(), template_sdk::Findings>(())
/// ```
#[derive(Clone, Debug)]
pub struct Previous {
    /// The last published revision.
    pub current: Option<State>,
    /// A later revision that failed or was interrupted.
    pub attempted: Option<State>,
    /// What the cluster shows.
    pub observed: Observed,
}

/// One earlier revision.
#[derive(Clone, Debug)]
pub struct State {
    /// The template version that rendered it.
    pub template_version: String,
    /// The values it was rendered from, defaults filled in.
    pub values: Value,
    /// Its connection information.
    pub outputs: Vec<Value>,
}

/// What the cluster shows of the definition.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Workload name to live replica count.
    pub replicas: Map<String, Value>,
    /// Names of the definition's claims that exist.
    pub pvcs: Vec<String>,
}

impl Request {
    /// Reads a request from JSON.
    ///
    /// ```
    /// use template_sdk::Request;
    /// let text = r#"{"apiVersion":"ku8/v1","name":"cache","namespace":"prod","values":{"databases":4},
    ///   "cluster":{"version":"1.36"},"previous":null,"bindings":{},"images":{"registryMap":{},"pullSecrets":[]}}"#;
    /// let request = Request::parse(text)?;
    /// assert_eq!(request.at::<u32>("/databases")?, 4);
    /// assert!(request.cluster_at_least(1, 30));
    /// # Ok::<(), template_sdk::Findings>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Findings> {
        let refuse = |reason: &str| {
            Finding::error("", "sdk.request.unreadable", format!("the request cannot be read: {reason}")).into()
        };
        let document = serde_json::from_str(text).map_err(|error: serde_json::Error| refuse(&error.to_string()))?;
        request(document).ok_or_else(|| refuse("a part of it is missing or of another shape"))
    }

    /// Reads all values into the template's own type. A failure is one finding that names the very field, however deep.
    ///
    /// ```
    /// use template_sdk::{Request, json};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Values {
    ///     replicas: u32,
    ///     listeners: Vec<Listener>,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Listener {
    ///     port: u16,
    /// }
    ///
    /// # let parse = |values: template_sdk::Value| Request::parse(&json!({"name": "cache", "namespace": "prod", "values": values,
    /// #     "cluster": {"version": "1.36"}, "images": {}}).to_string());
    /// let request = parse(json!({"replicas": 3, "listeners": [{"port": 6379}, {"port": "6380"}]}))?;
    /// let findings = request.read::<Values>().err().unwrap_or_default();
    /// let finding = findings.iter().next().expect("a finding");
    /// assert_eq!(finding.path, "/listeners/1/port");
    /// assert_eq!(finding.message, "expected a whole number from 0 to 65535, found a text");
    /// # let values: Values = parse(json!({"replicas": 3, "listeners": [{"port": 1}]}))?.read()?;
    /// # assert_eq!((values.replicas, values.listeners[0].port), (3, 1));
    /// # Ok::<(), template_sdk::Findings>(())
    /// ```
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Findings> {
        self.read_at("")
    }

    /// Reads a part of the values in the same way: [`Request::read`] for what is at a JSON Pointer.
    pub fn read_at<T: DeserializeOwned>(&self, pointer: &str) -> Result<T, Findings> {
        typed::read(&self.values, pointer).map_err(Findings::from)
    }

    /// Reads every earlier state ([`Request::states`]) into the template's own type, as [`Request::read`] does.
    ///
    /// An earlier state that cannot be read is an error, because a rule about the way from it could not be judged: give what
    /// is new in the type a `#[serde(default)]`.
    ///
    /// ```
    /// use template_sdk::{json, testing::Case, Request};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Values {
    ///     replicas: u32,
    /// }
    ///
    /// let case = Case::new(json!({"replicas": 1})).previous(json!({"replicas": 3}));
    /// let request = Request::parse(&case.request(&json!({})).to_string())?;
    /// let now: Values = request.read()?;
    /// for before in request.earlier::<Values>()? {
    ///     assert!(before.replicas > now.replicas, "this one shrinks");
    /// }
    /// # Ok::<(), template_sdk::Findings>(())
    /// ```
    pub fn earlier<T: DeserializeOwned>(&self) -> Result<Vec<T>, Findings> {
        let read = |state: &State| {
            typed::read(&state.values, "").map_err(|finding| {
                let message = format!("what was published before cannot be read: {}", finding.message);
                let hint = "publish the template version that was used before, or ask its author for a newer one";
                Findings::from(Finding::error(finding.path, "sdk.previous.shape", message).hint(hint))
            })
        };
        self.states().map(read).collect()
    }

    /// Reads the value at a JSON Pointer; the finding of a failure names the pointer.
    pub fn at<T: DeserializeOwned>(&self, pointer: &str) -> Result<T, Finding> {
        read(&self.values, pointer)
    }

    /// Reads the value at a JSON Pointer, or nothing where it is absent or null.
    pub fn maybe<T: DeserializeOwned>(&self, pointer: &str) -> Result<Option<T>, Finding> {
        match self.values.pointer(pointer) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.at(pointer).map(Some),
        }
    }

    /// Returns every earlier state the new values must be reachable from: current, then attempted.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        let previous = self.previous.as_ref();
        previous.into_iter().flat_map(|previous| previous.current.iter().chain(previous.attempted.iter()))
    }

    /// Returns the live replica count of a workload, if the host saw it.
    pub fn observed_replicas(&self, workload: &str) -> Option<u32> {
        self.previous.as_ref()?.observed.replicas.get(workload)?.as_u64()?.try_into().ok()
    }

    /// Returns the names of the definition's claims that exist.
    pub fn observed_pvcs(&self) -> &[String] {
        self.previous.as_ref().map_or(&[], |previous| previous.observed.pvcs.as_slice())
    }

    /// True when the cluster is at least this version; an unreadable version counts as the oldest supported.
    pub fn cluster_at_least(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.cluster.version.split('.').map(|part| part.parse::<u32>().ok());
        let found = (parts.next().flatten().unwrap_or(1), parts.next().flatten().unwrap_or(30));
        found >= (major, minor)
    }
}

impl State {
    /// Reads the value at a JSON Pointer; an older template may not have had it.
    pub fn at<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        read(&self.values, pointer).ok()
    }
}

/// Reads the whole request; by hand, because derived readers of these types were a tenth of every component.
fn request(mut document: Value) -> Option<Request> {
    Some(Request {
        name: text(&document, "name")?,
        namespace: text(&document, "namespace")?,
        values: document.get_mut("values")?.take(),
        cluster: Cluster { version: text(document.get("cluster")?, "version")? },
        previous: match document.get_mut("previous") {
            None | Some(Value::Null) => None,
            Some(previous) => Some(Previous {
                current: state(previous, "current")?,
                attempted: state(previous, "attempted")?,
                observed: observed(previous.get("observed"))?,
            }),
        },
        bindings: members(document.get("bindings"))?,
        images: images(document.get("images")?)?,
    })
}

/// Nothing where there is no such state, `None` where it is not one.
#[expect(clippy::option_option, reason = "absent and unreadable are two things")]
fn state(previous: &mut Value, which: &str) -> Option<Option<State>> {
    match previous.get_mut(which) {
        None | Some(Value::Null) => Some(None),
        Some(state) => Some(Some(State {
            template_version: state.get("templateVersion").map_or(Some(""), Value::as_str)?.to_owned(),
            outputs: items(state.get("outputs"))?,
            values: state.get_mut("values")?.take(),
        })),
    }
}

fn observed(value: Option<&Value>) -> Option<Observed> {
    let Some(value) = value else { return Some(Observed::default()) };
    Some(Observed { replicas: members(value.get("replicas"))?, pvcs: texts(value.get("pvcs"))? })
}

fn images(value: &Value) -> Option<Images> {
    Some(Images { registry_map: members(value.get("registryMap"))?, pull_secrets: texts(value.get("pullSecrets"))? })
}

fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn members(value: Option<&Value>) -> Option<Map<String, Value>> {
    value.map_or(Some(Map::new()), |value| value.as_object().cloned())
}

fn items(value: Option<&Value>) -> Option<Vec<Value>> {
    value.map_or(Some(Vec::new()), |value| value.as_array().cloned())
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    items(value)?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Reads one value out of a document, naming the place when it has another shape.
pub(crate) fn read<T: DeserializeOwned>(values: &Value, pointer: &str) -> Result<T, Finding> {
    let value = values.pointer(pointer).unwrap_or(&Value::Null);
    T::deserialize(value).map_err(|error| Finding::error(pointer, "sdk.values.shape", error.to_string()))
}
