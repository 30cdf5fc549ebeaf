//! Stories of a whole city, for those who must trust what comes out of the machine.
//!
//! ```text
//!  invariants  the certificate invariants I1–I9, on the engine itself (specs certificates §3)
//!  real_city   a city that is no demo: its own keys and anchors, a card in a real reader, the counter
//!  refusals    one sentence for every cause; whatever the register says
//!  family_registers  戸籍 and 附票, for residents and from the application of somebody who lives elsewhere to the paper
//!  hours       who may begin, and who finishes after closing time
//!  load        new sessions are refused at the first screen; nobody who has begun is disturbed (I16)
//!  stopped     what staff stop is stopped at once (I12)
//!  printing    a paper's way through a printer: held, refilled, jammed, mixed up (I10, I11, I12, I15); a real CUPS
//!  rotation    new keys and a new seal; what was made before goes on verifying
//!  lookers     one paper is one line in the list of who looked
//!  agent       a card at a PC: everything between page, city and agent is recorded and searched
//!  counter_cards  a card linked at the counter: one card, asked for this and signed now
//!  twin        the digital copy: who is told, who is refused, and nothing of it where it is off
//!  seal_and_tax  seals at true size, tax certificates; cancelled seals and stale copies give no paper
//!  portal_sign_in  a resident joins the portal by the simulated app, is known, and comes back by passkey
//!  library_counter  a card at the library's counter: enrolled once, then a tap gives the patron number
//!  card_desk  a city card at its desk: the price, the fee, the receipt on paper
//!  hospital_card  a card linked at the hospital's desk, received at the re-visit machine
//!  staff_door  `yakuba door` beside a lock: no network, taps on standard input, no older list, a log that counts once
//!  logs        what a running city writes down: nothing personal
//! ```
//! Elsewhere: I3, I4 and I14 on the pages themselves in `crates/paper` (`recheck`), I13 in `tools::nodes`, I15 in
//! `services::convenience_certificates::request`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must stop")]

mod after;
mod agent;
mod agent_application;
mod born;
mod browser;
mod card_desk;
mod card_only;
mod card_states;
mod chaos;
mod city;
mod city_application;
mod counter_cards;
mod cups;
#[path = "../../../../crates/card/tests/card/daemon.rs"]
#[allow(dead_code, reason = "shared with the card's own tests")]
mod daemon;
mod door;
mod family_registers;
mod hospital_card;
mod hours;
mod invariants;
mod kill_nine;
mod library_counter;
mod load;
mod logs;
mod lookers;
mod mismatch;
mod named;
mod portal_sign_in;
mod printing;
mod protocol;
mod protocol_family;
mod real_city;
mod refusals;
mod registration_door;
mod rotation;
mod seal_and_tax;
mod served;
mod staff_door;
mod stopped;
mod tls;
mod twin;
mod wrong_messages;
