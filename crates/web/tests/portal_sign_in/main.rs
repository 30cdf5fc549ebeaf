//! Stories of coming into the citizen portal over HTTP: the simulated app over real sockets, a card that really signs, and
//! both zones' post delivered.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

mod cards;
mod emergency;
mod lost;
mod passwords;
mod scene;
mod service_cards;
mod terminal;
mod ways_in;
