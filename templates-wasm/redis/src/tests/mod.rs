//! Native tests: every rule obeyed and broken, the rendered configuration, the scripts in a real shell.
//! They never start a server; tests/e2e/real does.

mod render;
mod rules;
mod scripts;
