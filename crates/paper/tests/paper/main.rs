//! Stories of a paper, told on finished bytes.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]

// Elsewhere the workspace gives the crate this name.
extern crate yakuba_paper as paper;

mod copied;
mod family_register;
mod fields;
mod labels;
mod look;
mod names;
mod no_document;
mod pages;
mod plain;
mod receipt;
mod reception;
mod rechecked;
mod seal_registration;
mod share_sheet;
mod support;
mod tax;
