//! Stories about cards, from the first command to a signature that OpenSC made and OpenSSL accepts.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]

// Elsewhere the workspace gives the crate this name.
extern crate yakuba_card as card;

mod behaviour;
mod certificates;
mod city_application;
mod client;
mod conformance;
mod daemon;
mod hostile;
mod no_my_number;
mod parsers;
mod patience;
mod pin_counter;
mod printed;
mod second_client;
mod support;
