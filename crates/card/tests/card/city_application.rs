//! The city's application as a terminal sees it that was written from the document alone, over a real `pcscd`.

#[path = "../../../testkit/src/python.rs"]
mod python;

use std::sync::Arc;

use base::SeededRandom;
use card::city_application::loading::{Journal, Loader, LoadingRoute, Plan, Step};
use card::city_application::{CardNumber, GroupKeys, Image, TerminalName};
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::VirtualCard;
use card::{Card, Reader};
use zeroize::Zeroizing;

use crate::certificates::contents_with_certificates;
use crate::daemon::Daemon;
use crate::support::*;

const SHARES: [[u8; 16]; 2] = [[0x11; 16], [0x7E; 16]];

/// Stands where the card issuer's route is.
struct OntoVirtualCard(VirtualReader);

impl LoadingRoute for OntoVirtualCard {
    fn load(&mut self, image: Image) -> Result<(), String> {
        for mut card in self.0.take_off() {
            card.load_city_application(image.clone());
            self.0.put(card);
        }
        Ok(())
    }
}

struct NotNoted;

impl Journal for NotNoted {
    fn before(&mut self, _: CardNumber, _: &Step) -> Result<(), String> {
        Ok(())
    }
    fn done(&mut self, _: CardNumber, _: &Step) -> Result<(), String> {
        Ok(())
    }
}

/// A card onto which the application was loaded and personalised through a reader.
fn loaded() -> VirtualCard {
    let keys = GroupKeys::from_shares(&SHARES.map(Zeroizing::new)).unwrap();
    let mut reader = VirtualReader::with(card_of(contents_with_certificates(), Default::default()));
    let random = Arc::new(SeededRandom::from_seed(4));
    let mut loader = Loader { keys: &keys, name: TerminalName(*b"DESK0001"), random: &*random, journal: &mut NotNoted };
    loader.load(&mut OntoVirtualCard(reader.clone())).unwrap();
    let mut card: Box<dyn Card> = reader.connect().unwrap();
    loader.personalise(&mut card, &Plan::usual(false), Some("1234")).unwrap();
    drop(card);
    reader.take_off().remove(0)
}

#[test]
fn a_terminal_written_from_the_document_alone_authenticates_and_goes_on_after_an_interruption() {
    let mut daemon = Daemon::start();
    daemon.put(loaded());
    let output = daemon
        .as_client(python::python())
        // pyscard is Debian's package; the ciphers are beside the build.
        .env("PYTHONPATH", "/usr/lib/python3/dist-packages")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/card/city_application.py"))
        .args(SHARES.map(|share| share.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
        .output()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let [said, fault] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{said}\n{fault}");
    assert_eq!(said.trim(), "done");
}

#[test]
fn the_application_disturbs_no_other_and_is_kept_with_the_card() {
    let mut daemon = Daemon::start();
    daemon.put(loaded());
    assert!(daemon.succeed("opensc-tool", &["-n"]).to_lowercase().contains("jpki"));
    let card = daemon.take_out();
    let stored = card.contents().to_bytes();
    let read = card::virtual_card::VirtualCardContents::from_bytes(&stored).unwrap();
    assert!(read.city_application.is_some());
    assert_eq!(*read.to_bytes(), *stored);
}
