//! stub map

pub mod object;

pub mod definition;

pub mod transform;

pub mod release;

pub mod plan;

pub mod cluster;

pub mod files;
