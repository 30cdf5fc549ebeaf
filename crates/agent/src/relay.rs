//! The hall works on the city's own application on the card that lies here. The person agreed on the pad; the hall's commands come
//! over this agent's own connection to its server, never through a page.
//!
//! ```text
//!  card opened ─► holder proved, where the hall asks for it ─► step 0: the sealed answer ─► order 1 ─► card ─► step 1 ─► … the end
//! ```
//! Let through is: choosing the application by its name, the two commands that open its secure messaging, and secure messages
//! after the card said that it chose the application. Nothing else reaches the card: no other application, no PIN of the card.

use card::Card;
use card::apdu::Command;
use card::city_application::layout::NAME;
use pki::agent::SignedRequest;
use pki::agent::relay::{Next, Order, Step};

use crate::pairings::{Pairing, post};

/// Where servers take steps.
pub const RELAY_PATH: &str = "/agent/application";
/// Commands for one card: loading takes under a hundred, a file of 6 KB thirty more.
const MOST_COMMANDS: u32 = 2000;

/// Why it stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayFault {
    /// The server cannot be reached, or takes no more steps of this request.
    #[error("the server does not go on")]
    Server,
    /// The server was too slow with its next command, and says so.
    #[error("the server was late; it is to be done again")]
    Late,
    /// What came is not this server's next order.
    #[error("the order is not the paired server's next one")]
    NotOurs,
    /// The command is not for the city's application.
    #[error("a command that is not for the city's application was not let through")]
    NotForTheApplication,
    /// Too many commands.
    #[error("too many commands")]
    Endless,
}

/// What of a card one relay may touch.
#[derive(Debug, Default)]
struct Gate {
    /// Whether the application is chosen, as far as this gate saw.
    is_chosen: bool,
}

impl Gate {
    /// Whether this command may reach the card.
    fn lets(&self, command: &[u8]) -> bool {
        let Ok(command) = Command::parse(command) else { return false };
        match (command.class, command.instruction) {
            (0x00, 0xA4) => (command.p1, command.p2) == (0x04, 0x00) && command.data.as_slice() == NAME,
            (0x80, 0x50 | 0x82) | (0x84, _) => self.is_chosen,
            _ => false,
        }
    }

    /// Remembers what the card said: after a choice that failed, what was chosen before still is.
    fn saw(&mut self, command: &[u8], answer: &[u8]) {
        if command.starts_with(&[0x00, 0xA4]) {
            self.is_chosen = answer.ends_with(&[0x90, 0x00]);
        }
    }
}

/// Carries one order to the card: what the card answered, [`None`] when it was taken away.
fn carry(gate: &mut Gate, card: &mut dyn Card, command: &[u8]) -> Result<Option<Vec<u8>>, RelayFault> {
    if !gate.lets(command) {
        return Err(RelayFault::NotForTheApplication);
    }
    match card.transmit(command) {
        Ok(answer) => {
            gate.saw(command, &answer);
            Ok(Some(answer))
        }
        Err(error) => {
            gate.is_chosen = false;
            tracing::info!(%error, "the card gave no answer to the hall");
            Ok(None)
        }
    }
}

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
enum Followed {
    /// What the card answered; [`None`] when it was taken away.
    Carried(Option<Vec<u8>>),
    /// It was the end.
    Ended,
}

/// Does what was ordered. A hall that is late has not come to its end.
fn follow(gate: &mut Gate, card: &mut dyn Card, next: &Next) -> Result<Followed, RelayFault> {
    match next {
        Next::Command(command) => carry(gate, card, command).map(Followed::Carried),
        Next::End => Ok(Followed::Ended),
        Next::Late => Err(RelayFault::Late),
    }
}

/// Brings `sealed`, the answer to `request`, and carries orders until the hall says that it is the end.
///
/// # Errors
/// [`RelayFault`]; what was done to the card stands in the hall's journal.
pub fn work(
    pairing: &Pairing,
    request: &SignedRequest,
    sealed: Vec<u8>,
    card: &mut dyn Card,
) -> Result<(), RelayFault> {
    let origin = pairing.origins.first().ok_or(RelayFault::Server)?;
    let address = format!("{origin}{RELAY_PATH}");
    let (digest, mut gate, mut content) = (request.digest(), Gate::default(), Some(sealed));
    for number in 0..MOST_COMMANDS {
        let step = Step { agent: pairing.agent.clone(), request: digest, number, content };
        let step = step.sign(&pairing.key).map_err(|_| RelayFault::Server)?;
        let answer = post(&address, &step).map_err(|error| {
            tracing::info!(%error, "the hall does not go on");
            RelayFault::Server
        })?;
        let order = Order::read(&answer, &pairing.verification_key, digest, number + 1);
        match follow(&mut gate, card, &order.map_err(|_| RelayFault::NotOurs)?.next)? {
            Followed::Carried(answer) => content = answer,
            Followed::Ended => return Ok(()),
        }
    }
    Err(RelayFault::Endless)
}

#[cfg(test)]
mod tests {
    use card::ReaderError;

    use super::*;

    fn choose(name: &[u8]) -> Vec<u8> {
        Command::new(0x00, 0xA4, 0x04, 0x00).with_data(name).encode().to_vec()
    }

    /// Answers everything with one status; counts what reached it.
    struct Chip(Vec<u8>, usize);

    impl Card for Chip {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, ReaderError> {
            self.1 += 1;
            if self.0.is_empty() { Err(ReaderError::CardRemoved) } else { Ok(self.0.clone()) }
        }
        fn power_off(&mut self) -> Result<(), ReaderError> {
            Ok(())
        }
    }

    #[test]
    fn an_order_that_is_late_is_said_to_be_late_and_not_done() {
        let (mut gate, mut chip) = (Gate::default(), Chip(vec![0x90, 0x00], 0));
        let chosen = follow(&mut gate, &mut chip, &Next::Command(choose(&NAME)));
        assert_eq!(chosen, Ok(Followed::Carried(Some(vec![0x90, 0x00]))));
        assert_eq!(follow(&mut gate, &mut chip, &Next::Late), Err(RelayFault::Late));
        assert_eq!(follow(&mut gate, &mut chip, &Next::End), Ok(Followed::Ended));
        assert_eq!(chip.1, 1, "neither reached the card");
    }

    #[test]
    fn nothing_but_the_city_s_application_and_its_secure_messages_reaches_the_card() {
        let (mut gate, mut chip) = (Gate::default(), Chip(vec![0x90, 0x00], 0));
        let jpki = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
        let refused: [Vec<u8>; 9] = [
            vec![],
            choose(&jpki),
            choose(&NAME[..7]),
            vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x18],
            vec![0x00, 0x20, 0x00, 0x80, 0x04, 0x31, 0x32, 0x33, 0x34],
            vec![0x80, 0x2A, 0x00, 0x80, 0x00],
            vec![0x00, 0xB0, 0x00, 0x00, 0x00],
            vec![0x01, 0xA4, 0x04, 0x00],
            vec![0x00, 0x84, 0x00, 0x00, 0x08],
        ];
        let message = [0x84, 0xCA, 0x00, 0x01, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        let opening = [0x80, 0x82, 0, 0, 2, 1, 2];
        assert_eq!(carry(&mut gate, &mut chip, &message), Err(RelayFault::NotForTheApplication), "before it is chosen");
        assert_eq!(carry(&mut gate, &mut chip, &opening), Err(RelayFault::NotForTheApplication));
        assert!(carry(&mut gate, &mut chip, &choose(&NAME)).is_ok());
        for command in &refused {
            assert_eq!(carry(&mut gate, &mut chip, command), Err(RelayFault::NotForTheApplication), "{command:02X?}");
        }
        assert_eq!(chip.1, 1, "none of them reached the card");
        assert!(carry(&mut gate, &mut chip, &message).is_ok() && carry(&mut gate, &mut chip, &opening).is_ok());

        // A card without the application keeps chosen whatever was: nothing more is let through.
        chip.0 = vec![0x6A, 0x82];
        assert_eq!(carry(&mut gate, &mut chip, &choose(&NAME)), Ok(Some(vec![0x6A, 0x82])));
        assert_eq!(carry(&mut gate, &mut chip, &message), Err(RelayFault::NotForTheApplication));
        chip.0 = vec![];
        assert_eq!(carry(&mut gate, &mut chip, &choose(&NAME)), Ok(None), "taken away");
    }
}
