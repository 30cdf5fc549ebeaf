//! The binary: one program, every role.
fn main() {}
