//! Benchmarks beside the peers: ours, helm and kubectl in one run, as ratios.
//! It never judges: it prints what it measured and the aims stand in the README of the tests.

fn main() {}
