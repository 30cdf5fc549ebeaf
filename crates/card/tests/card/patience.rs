//! A card that slips off the reader is read again; a secret is never sent twice.

use card::readers::patience::{Patience, read_patiently};
use card::readers::virtual_reader::{Faults, VirtualReader};
use card::{CardError, JpkiSession, LastTry};

use crate::support::*;

const PATIENCE: Patience = Patience { attempts: 3, looks: 5 };

fn slipping_after(commands: usize) -> VirtualReader {
    let reader = reader();
    reader.set_faults(Faults { pulled_out_after: Some(commands), ..Default::default() });
    reader
}

#[test]
fn a_certificate_is_read_again_when_the_card_comes_back() {
    let (reader, mut waited) = (slipping_after(6), 0);
    let put_back = reader.clone();
    let read = read_patiently(
        &mut reader.clone(),
        PATIENCE,
        || {
            waited += 1;
            if waited == 3 {
                put_back.set_faults(Faults::default());
                put_back.put(card());
            }
        },
        |card| JpkiSession::open(card)?.user_authentication_certificate(),
    );
    assert_eq!(read.unwrap(), open(&self::reader()).user_authentication_certificate().unwrap());
    assert_eq!(waited, 3);
}

#[test]
fn a_card_that_does_not_come_back_is_said_to_be_removed() {
    let reader = slipping_after(6);
    let mut looks = 0;
    let read = read_patiently(
        &mut reader.clone(),
        PATIENCE,
        || looks += 1,
        |card| JpkiSession::open(card)?.user_authentication_certificate(),
    );
    assert_eq!((read, looks), (Err(CardError::CardRemoved), 5));
}

#[test]
fn a_pin_is_sent_once_even_if_the_card_slips_at_every_command() {
    for commands in 0..12 {
        let reader = slipping_after(commands);
        let (put_back, mut runs) = (reader.clone(), 0);
        let ended = read_patiently(
            &mut reader.clone(),
            PATIENCE,
            || put_back.put(card()),
            |card| {
                runs += 1;
                let mut session = JpkiSession::open(card)?;
                session.verify_user_authentication_pin(&pin("0000"), LastTry::Allow)?;
                session.user_authentication_certificate()
            },
        );
        // SELECT ISD, SELECT application, SELECT and READ label, SELECT PIN, query: only then the secret.
        let secret_was_sent = commands >= 6;
        if secret_was_sent {
            assert_eq!(runs, 1, "after {commands} commands");
            assert!(matches!(ended, Err(CardError::CardRemoved | CardError::WrongPin { .. })), "{ended:?}");
        } else {
            assert!(runs > 1, "after {commands} commands");
        }
    }
}
