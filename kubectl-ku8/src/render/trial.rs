//! Many renders of one template in one go, each checked and measured: for authors' tools, which ask "and what if".
//! It never believes more of an answer than a single render does.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::decode::{Rules, decode};
use super::limits::Usage;
use super::runtime::check_values;
use super::sandbox::{Abilities, Place, RawRendered, judged, measured};
use super::template::describe;
use super::{RenderError, Rendered, Runtime, Template, builtin, contract};
use crate::definition::hex;
use crate::object::GroupKind;

/// Requests that go into one child process; each answer may be as large as a render's.
const BATCH: usize = 64;

/// What a template says of itself, as text, and what saying it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// What `metadata` returned.
    pub metadata: String,
    /// What `schema` returned.
    pub schema: String,
    /// The larger need of the two calls.
    pub usage: Usage,
}

/// A request, and the kinds that are allowed beyond the host's own list.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The request; its values are as a person writes them.
    pub request: Value,
    /// Kinds the user allowed.
    pub allowed: Vec<GroupKind>,
}

/// One request that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The values with defaults; as they were sent where the schema refuses them.
    pub values: Value,
    /// JSON pointers of the defaults.
    pub filled: Vec<String>,
    /// What came of it.
    pub rendered: Result<Rendered, RenderError>,
    /// SHA-256 of the template's own words: equal for equal answers, byte by byte.
    pub answer: String,
    /// What the render needed; nothing where the schema refused the values.
    pub usage: Usage,
}

/// All that was tried, in the order of the requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Trials {
    /// The template's words about itself.
    pub described: Described,
    /// One for each request.
    pub trials: Vec<Trial>,
}

/// As it crosses the pipe from the child.
#[derive(Serialize, Deserialize)]
pub(super) struct RawTrials {
    described: Described,
    trials: Vec<RawTrial>,
}

#[derive(Serialize, Deserialize)]
struct RawTrial {
    values: Value,
    filled: Vec<String>,
    answer: Result<RawRendered, RenderError>,
    usage: Usage,
}

impl Runtime {
    /// Fills in defaults, validates and renders each request, as [`super::render`] does one. Templates of others run in
    /// fresh processes, which live for many requests.
    ///
    /// # Errors
    /// When the template cannot be run at all; what comes of one request is told by its [`Trial`].
    pub fn try_all(&self, template: &Template, asks: &[Ask]) -> Result<Trials, RenderError> {
        let mut described = None;
        let mut trials = Vec::with_capacity(asks.len());
        let none: &[Ask] = &[];
        // Without any request the template is still asked what it is.
        for batch in asks.chunks(BATCH).chain(asks.is_empty().then_some(none)) {
            for ask in batch {
                contract::request(&ask.request).map_err(RenderError::Request)?;
            }
            let tried = self.try_batch(template, batch, &mut described)?;
            trials.extend(batch.iter().zip(tried).map(|(ask, tried)| judge(tried, template, ask)));
        }
        match described {
            Some(described) => Ok(Trials { described, trials }),
            // Not one process came so far; what ended the last one is why.
            None => Err(trials.pop().and_then(|trial| trial.rendered.err()).unwrap_or_else(super::child::mixed_up)),
        }
    }

    /// One process for all of a batch; where that ends without an answer, smaller ones, until it is known who ended it.
    fn try_batch(
        &self,
        template: &Template,
        batch: &[Ask],
        described: &mut Option<Described>,
    ) -> Result<Vec<RawTrial>, RenderError> {
        match self.try_raw(template, batch.iter().map(|ask| ask.request.clone()).collect()) {
            Ok(raw) => {
                described.get_or_insert(raw.described);
                Ok(raw.trials)
            }
            Err(error) if !ended_early(&error) || batch.is_empty() => Err(error),
            Err(error) if batch.len() == 1 => {
                let values = batch[0].request["values"].clone();
                Ok(vec![RawTrial { values, filled: Vec::new(), answer: Err(error), usage: Usage::default() }])
            }
            Err(_) => {
                let (left, right) = batch.split_at(batch.len() / 2);
                let mut tried = self.try_batch(template, left, described)?;
                tried.extend(self.try_batch(template, right, described)?);
                Ok(tried)
            }
        }
    }
}

/// Whether the process ended before it answered, so that another one may come further.
fn ended_early(error: &RenderError) -> bool {
    use RenderError::{ChildCrashed, ChildMemory, ChildOutput, ChildTime};
    matches!(error, ChildTime(_) | ChildMemory | ChildOutput(_) | ChildCrashed(_))
}

fn judge(tried: RawTrial, template: &Template, ask: &Ask) -> Trial {
    let namespace = ask.request["namespace"].as_str().unwrap_or_default();
    let rules = Rules { namespace, produces: &template.metadata().produces, extra: &ask.allowed };
    let words = serde_json::to_vec(&tried.answer).expect("answers serialise");
    let rendered = tried.answer.and_then(|raw| decode(raw, &rules));
    Trial {
        values: tried.values,
        filled: tried.filled,
        rendered,
        answer: hex(&Sha256::digest(words)),
        usage: tried.usage,
    }
}

/// The side that runs the guest: this process for built-in templates, else the child.
pub(super) fn run(place: &Place<'_>, digest: &str, requests: Vec<Value>) -> Result<RawTrials, RenderError> {
    let (mut first, mut second) = (Usage::default(), Usage::default());
    let limits = place.limits;
    let fuel = limits.describe_fuel;
    let metadata = measured(place, ("metadata", fuel), &mut first, |guest, store| guest.call_metadata(store))?;
    let schema = measured(place, ("schema", fuel), &mut second, |guest, store| guest.call_schema(store))?;
    first.output = metadata.len();
    second.output = schema.len();
    let accepted = describe(&metadata, &schema, Abilities::default(), builtin::by_digest(digest).is_some())?.schema;
    let attempt = |mut request: Value| {
        let values = request["values"].take();
        match check_values(&accepted, values.clone()) {
            Err(refusal) => RawTrial { values, filled: Vec::new(), answer: Err(refusal), usage: Usage::default() },
            Ok(checked) => {
                request["values"] = checked.values.clone();
                let text = request.to_string();
                let mut usage = Usage::default();
                let call = ("render", limits.render_fuel);
                let answer = measured(place, call, &mut usage, |guest, store| guest.call_render(store, &text));
                let answer = answer.and_then(judged);
                usage.output = answer.as_ref().map_or(0, size);
                RawTrial { values: checked.values, filled: checked.filled, answer, usage }
            }
        }
    };
    let trials = requests.into_iter().map(attempt).collect();
    Ok(RawTrials { described: Described { metadata, schema, usage: first.max(second) }, trials })
}

/// Bytes of the texts in an answer.
fn size(raw: &RawRendered) -> usize {
    let objects: usize = raw.objects.iter().map(|object| object.id.len() + object.manifest.len()).sum();
    objects + raw.secrets.len() + raw.outputs.len() + raw.notes.len() + raw.extensions.len()
}
