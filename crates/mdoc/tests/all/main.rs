//! The reader against self-made documents, right and wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

extern crate yakuba_mdoc as mdoc;

mod hostile;
mod page;
mod refusals;
mod right;
mod second_opinion;
mod support;
