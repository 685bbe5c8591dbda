//! Who vouches for a template: the operator's policy, and signatures judged offline against it.
//! It never asks a network, a clock or a file: bytes and keys in, a verdict out.
