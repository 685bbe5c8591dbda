//! The map of `kubectl ku8`: rooms in the order a definition passes through them, with what each never does.
//! The folder list is the pipeline; `tests/it/architecture.rs` keeps its walls.
//!
//! ```text
//! file · stdin · ConfigMap · wizard
//!    │ definition::parse
//!    ▼
//! Definition ─ schema::fill, validate ─▶ render::render ─▶ transform::run ─▶ Desired ─┐
//!                                             cluster::observe ─▶ Observed ──────────┼─▶ plan::plan ─▶ Plan
//!                                             release ─▶ Inventory ──────────────────┘       │ terminal shows it
//!                                                                                            ▼ and asks
//!                          release: head and revision written ─▶ apply::apply ─▶ wait ─▶ head written
//! ```
//!
//! # What is absent, and stays absent
//!
//! 1. Nothing before [`apply`] changes the cluster; [`plan`] needs nothing but what `cluster` observed.
//! 2. Only [`cluster`] names the Kubernetes client; only [`terminal`] prints; only [`files`] opens files; only
//!    `commands/context.rs` and `commands/environment.rs` read the clock and the environment.
//! 3. A template sees its input and nothing else: no WASI, no host function, no time, no randomness; the same bytes
//!    and the same input give the same output.
//! 4. Every change that will be made was printed first. State records are the one exception, and are named in the
//!    plan's footer.
//! 5. A record that does not decode is reported and skipped; it never hides the others and never panics.
//! 6. Deleting a definition is a plan whose desired set is empty; there is no second path.
//! 7. Adding a template never touches this crate.
//!
//! # Where do I add …?
//!
//! | I want to add | I touch |
//! |---|---|
//! | a command | `commands/<name>.rs`, a variant and an arm in `commands/mod.rs`, a session in `tests/it/cli/` |
//! | a template | `templates-wasm/<name>/`, a row in its README, a proof in `tests/pods`; `commands/template/` makes its page |
//! | a language for templates | `skeletons/<language>/`, `commands/template/build/<language>.rs`, a test in `tests/it/toolchains` |
//! | a folder a language's tool fetches into | `commands/template/build/kit.rs` |
//! | a rule for templates | `author/lint/rules.rs`, a function beside it, a case in `author/lint/tests.rs` |
//! | a cap on what compiling may cost | `render/limits.rs`, asked in `render/inspect.rs`; a hostile component in `tests/it/sandbox/hostile/` |
//! | an optional interface of templates | `template-sdk/wit/template.wit`, `render/bindings.rs`, `render/optional.rs`, a task in `render/child/` |
//! | where a template's bytes come from | `commands/resolve/fetch.rs`; what is kept in `files/components.rs` and `commands/template_store.rs` |
//! | a question to a registry | `registry/client.rs`; what one request may do is `registry/exchange.rs` |
//! | a form of signature, a field of the policy | `trust/`, `schemas/trust-policy.json`, a case in `tests/it/trust/refused.rs` |
//! | a readiness rule | a function in `wait/status.rs` and its cases in the same file |
//! | a rule about whose field something is | `plan/policy.rs` before the server is asked, `plan/answer.rs` after |
//! | a rule about what the cluster must have | `plan/placement.rs`; what is asked for it in `commands/owned.rs` |
//! | a rule about what cannot change in place | `plan/replace.rs`; how it is done in `apply/replace.rs` |
//! | a write | `cluster/write.rs`, the one door: lock, ambiguous answers and retries are there |
//! | a value renderer | `terminal/value_view.rs`; the JSON shape stays in `plan` |
//! | a kind of error | the room's enum, `error/ids.rs`, `error/rooms.rs`, and its page in `docs/errors/` |
//! | a document in JSON | its schema in `schemas/` and a line in `commands/schema.rs` |
//! | a form of `-o` | `terminal/listing.rs` |
//! | a way to log in, a proxy rule | `cluster/login.rs`, `cluster/proxy.rs`, a case in `tests/e2e/connection/` |
//! | a line that is drawn while something goes on | `terminal/bars.rs` |
//! | a question | `terminal/ask/`, the one door to a person; what it asks about in `commands/` |
//! | candidates of the tab key | one table in `commands/completion/` |
//! | a variable of the environment | `commands/environment.rs`, and `VARIABLES` in `commands/help.rs` |
//! | a field in a stored record | `release/record.rs`: bump the format version, keep the old fixture decoding |

/// Vocabulary: keys, manifests, live objects, quantities. Pure.
pub mod object;

/// Stage 1: the user's document. Pure.
pub mod definition;

/// Stage 2: JSON Schema: defaults, violations, questions. Pure.
pub mod schema;

/// Stage 3: templates in their sandbox. No clock, no file, no network inside.
pub mod render;

/// Stage 4: what the host adds to every object. Pure.
pub mod transform;

/// Stage 5: desired against observed. Pure.
pub mod plan;

/// What authors of templates ask: rules, golden cases, traces. Pure.
pub mod author;

/// Stage 6: carries out a plan, and nothing that is not in it.
pub mod apply;

/// Stage 7: waits until objects are ready; `status.rs` is pure.
pub mod wait;

/// Stage 8: heads, revisions, inventories. Pure.
pub mod release;

/// Generated values: made once, never shown.
pub mod secrets;

/// Who vouches for a template: policies and signatures. Pure.
pub mod trust;

/// Edge: OCI registries and archives of them.
pub mod registry;

/// Edge: the Kubernetes API server.
pub mod cluster;

/// Edge: files and standard input.
pub mod files;

/// Edge: what people see and answer.
pub mod terminal;

/// Wiring: one file per command.
pub mod commands;

/// Errors with an exit code and the next step.
pub mod error;

/// Global flags.
pub mod cli;
