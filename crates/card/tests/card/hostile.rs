//! Cards that answer anything at all: the client ends with a named error, never in a panic or an endless loop.

use card::JpkiSession;
use proptest::prelude::*;

use crate::support::*;

/// Answers of every kind: noise, bare statuses, certificates that promise too much, plausible token labels.
pub fn answer() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        4 => Just(vec![0x90, 0x00]),
        1 => Just(vec![0x69, 0x82]),
        1 => Just(vec![0x69, 0x84]),
        1 => Just(vec![0x6A, 0x82]),
        1 => Just(vec![0x6F, 0x00]),
        2 => (0u8..16).prop_map(|tries| vec![0x63, 0xC0 | tries]),
        1 => proptest::collection::vec(any::<u8>(), 2),
    ];
    let data = prop_oneof![
        3 => Just(Vec::new()),
        2 => Just([b"JPKIAPICCTOKEN2".to_vec(), vec![b' '; 17]].concat()),
        2 => (any::<u8>(), any::<u8>(), 0usize..252)
            .prop_map(|(high, low, more)| [vec![0x30, 0x82, high, low], vec![0x41; more]].concat()),
        1 => Just(vec![0xFF; 256]),
        1 => Just(vec![0x5A; 256]),
        2 => proptest::collection::vec(any::<u8>(), 0..256),
    ];
    prop_oneof![
        8 => (data, status).prop_map(|(data, status)| [data, status].concat()),
        1 => proptest::collection::vec(any::<u8>(), 0..300),
    ]
}

/// Answers that get the session open, so that what follows meets the operations and not only the door.
fn opening() -> Vec<Vec<u8>> {
    let label = [b"JPKIAPICCTOKEN2".to_vec(), vec![b' '; 17], vec![0x90, 0x00]].concat();
    vec![vec![0x90, 0x00], vec![0x90, 0x00], vec![0x90, 0x00], label]
}

proptest! {
    #[test]
    fn any_answers_end_in_a_named_error(
        opens in any::<bool>(),
        answers in proptest::collection::vec(answer(), 0..80),
        operations in proptest::collection::vec(any::<u8>(), 1..20),
    ) {
        let script = if opens { [opening(), answers].concat() } else { answers };
        if let Ok(mut session) = JpkiSession::open(ScriptedCard::answering(script)) {
            for operation in operations {
                if let Err(error) = operate(&mut session, operation) {
                    prop_assert!(!error.to_string().is_empty());
                    let _ = error.kind();
                }
            }
            let _ = session.close();
        }
    }
}
