//! Rules as code: run with `cargo xtask`.
fn main() {}
