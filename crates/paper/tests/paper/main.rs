//! Stories of a paper, told on finished bytes.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]
extern crate yakuba_paper as paper;

mod look;
mod support;
