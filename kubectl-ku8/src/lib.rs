//! stub map

pub mod object;

pub mod definition;

pub mod cluster;

pub mod files;
