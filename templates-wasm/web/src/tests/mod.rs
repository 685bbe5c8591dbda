//! Native tests: every rule obeyed and broken, what is rendered from which values, what the schema says.
//! They never start a server; the pod simulator does.

mod environment;
mod render;
mod rules;
mod schema;
mod shapes;
