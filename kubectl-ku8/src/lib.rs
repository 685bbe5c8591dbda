//! stub map

pub mod object;
