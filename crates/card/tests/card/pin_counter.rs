//! The PIN counter against a model: the client never spends the last try unless it was told to, and never sends a
//! secret twice.

use card::{CardError, JpkiSession, LastTry, Pin, Reader};
use proptest::prelude::*;

use crate::support::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter { which: Pin, right: bool, last_try: LastTry },
    Ask(Pin),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let which = prop_oneof![Just(Pin::UserAuthentication), Just(Pin::Signing)];
    let last_try = prop_oneof![4 => Just(LastTry::Refuse), 1 => Just(LastTry::Allow)];
    prop_oneof![
        6 => (which.clone(), proptest::bool::weighted(0.25), last_try)
            .prop_map(|(which, right, last_try)| Step::Enter { which, right, last_try }),
        2 => which.prop_map(Step::Ask),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Clone, Copy)]
struct Model {
    user_authentication: u8,
    signing: u8,
}

impl Model {
    fn counter(&mut self, which: Pin) -> &mut u8 {
        match which {
            Pin::UserAuthentication => &mut self.user_authentication,
            Pin::Signing => &mut self.signing,
            other => panic!("{other} is not of this application"),
        }
    }

    /// What the client must answer.
    fn enter(&mut self, which: Pin, right: bool, last_try: LastTry) -> Result<(), CardError> {
        let counter = self.counter(which);
        match (*counter, right, last_try) {
            (0, _, _) => Err(CardError::PinLocked { pin: which }),
            (1, _, LastTry::Refuse) => Err(CardError::LastTryKept { pin: which }),
            (_, true, _) => {
                *counter = which.tries_when_fresh();
                Ok(())
            }
            (1, false, LastTry::Allow) => {
                *counter = 0;
                Err(CardError::PinLocked { pin: which })
            }
            (n, false, _) => {
                *counter = n - 1;
                Err(CardError::WrongPin { pin: which, tries_left: n - 1 })
            }
        }
    }
}

fn enter(session: &mut Session, which: Pin, right: bool, last_try: LastTry) -> Result<(), CardError> {
    match which {
        Pin::UserAuthentication => {
            session.verify_user_authentication_pin(&pin(if right { PIN } else { "0000" }), last_try)
        }
        Pin::Signing => session.verify_signing_password(&password(if right { PASSWORD } else { "WRONG99" }), last_try),
        other => panic!("{other} is not of this application"),
    }
}

proptest! {
    #[test]
    fn the_client_and_the_card_agree_with_the_model(steps in proptest::collection::vec(step(), 1..60)) {
        let mut model = Model { user_authentication: 3, signing: 5 };
        let reader = reader();
        let mut session = Some(open(&reader));
        for step in steps {
            match step {
                Step::Enter { which, right, last_try } => {
                    let told = enter(session.as_mut().unwrap(), which, right, last_try);
                    prop_assert_eq!(told, model.enter(which, right, last_try));
                }
                Step::Ask(which) => {
                    prop_assert_eq!(session.as_mut().unwrap().tries_left(which), Ok(*model.counter(which)));
                }
                Step::Reopen => {
                    drop(session.take());
                    session = Some(open(&reader));
                }
            }
        }
    }

    #[test]
    fn a_client_that_never_allows_it_never_locks_a_card(
        entries in proptest::collection::vec((any::<bool>(), proptest::bool::weighted(0.1)), 1..60),
    ) {
        let reader = reader();
        let mut session = JpkiSession::open(reader.clone().connect().unwrap()).unwrap();
        for (signing, right) in entries {
            let which = if signing { Pin::Signing } else { Pin::UserAuthentication };
            let _ = enter(&mut session, which, right, LastTry::Refuse);
            prop_assert!(session.tries_left(which).unwrap() >= 1);
        }
    }
}
