//! The proof of each template on the real software, in simulated pods: one module per template.
//! It never runs where it cannot: what is missing is said aloud, and the rest goes on.

mod kafka;
mod memcached;
mod mysql;
mod rabbitmq;
mod redis;
mod simulator;
mod web;
mod zookeeper;
mod zookeeper_reconfig;
mod zookeeper_shrink;
