//! stub map

pub mod object;
pub mod schema;
