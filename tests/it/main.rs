//! Integration tests of the command line tool, in one binary.
//! Nothing here needs a cluster.

mod sandbox;
