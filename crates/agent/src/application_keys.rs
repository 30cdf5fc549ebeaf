//! This terminal's own keys for the city's application on cards. They come from the server sealed to a key that was made here,
//! are kept sealed, and are opened in memory for one card.
//!
//! ```text
//!  take: new sealing key ─► request, signed by the paired key ─► POST S/agent/application-keys ─► sealed keys, in a file of 0600
//!  use : file ─► opened, those not yet ended ─► read_number
//! ```

use std::fs;
use std::io::Write;

use base::{Random, Seams, Timestamp};
use card::Card;
use card::city_application::{CardNumber, CityCardError, KeySet, TerminalKey, TerminalName, read_number};
use data_encoding::BASE64;
use pki::agent::application_keys::{HandedKey, KeyAnswer, KeyRequest};
use pki::sealed::SealingKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::pairings::{Pairing, PairingError, Pairings, post, private_directory, private_file};

/// Where servers hand keys out.
pub const KEYS_PATH: &str = "/agent/application-keys";
const FILE: &str = "application-keys.json";

/// What one server gave, as kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    agent: String,
    sealing_key: Zeroizing<String>,
    keys: Vec<KeptKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptKey {
    set: u8,
    version: u8,
    ends_at: i64,
    sealed: String,
}

impl KeptKey {
    fn of(key: &HandedKey) -> Self {
        Self { set: key.set, version: key.version, ends_at: key.ends_at.micros(), sealed: BASE64.encode(&key.sealed) }
    }

    fn read(&self) -> Option<HandedKey> {
        let sealed = BASE64.decode(self.sealed.as_bytes()).ok()?;
        let ends_at = Timestamp::from_micros(self.ends_at);
        Some(HandedKey { set: self.set, version: self.version, ends_at, sealed })
    }
}

impl Pairings {
    /// Asks the server of this pairing (audience, origin or agent name) for this terminal's keys and keeps them; those from before
    /// are forgotten. Answers with set, version and end of each.
    ///
    /// # Errors
    /// [`PairingError::Refused`] where the server gives none: stopped, ended, or never allowed.
    pub fn take_application_keys(&self, seams: &Seams, server: &str) -> Result<Vec<(u8, u8, Timestamp)>, PairingError> {
        let is_meant = |one: &Pairing| {
            one.audience == server || one.agent == server || one.origins.iter().any(|origin| origin == server)
        };
        let pairing = self.all()?.into_iter().find(is_meant).ok_or(PairingError::Address)?;
        let origin = pairing.origins.first().ok_or(PairingError::Address)?;
        let key = SealingKey::generate();
        let request = asked(seams, &pairing, &key);
        let sent = request.sign(&pairing.key)?;
        let answer = match post(&format!("{origin}{KEYS_PATH}"), &sent) {
            Err(PairingError::Refused) => {
                // What the server does not give any more is not kept either.
                self.keep_application_keys(&pairing.agent, None)?;
                return Err(PairingError::Refused);
            }
            other => other?,
        };
        let answer =
            KeyAnswer::read(&answer, &pairing.verification_key, &request).map_err(|_| PairingError::OtherPlace)?;
        let told = answer.keys.iter().map(|key| (key.set, key.version, key.ends_at)).collect();
        self.keep_application_keys(&pairing.agent, Some((&key, &answer.keys)))?;
        Ok(told)
    }

    fn kept_keys(&self) -> Result<Vec<Kept>, PairingError> {
        match fs::read(self.directory.join(FILE)) {
            Ok(text) => serde_json::from_slice(&Zeroizing::new(text)).map_err(|_| PairingError::Damaged),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps sealed keys in place of those before; `None` forgets them.
    ///
    /// # Errors
    /// The file.
    pub fn keep_application_keys(
        &self,
        agent: &str,
        keys: Option<(&SealingKey, &[HandedKey])>,
    ) -> Result<(), PairingError> {
        let mut all = self.kept_keys()?;
        all.retain(|one| one.agent != agent);
        if let Some((key, handed)) = keys {
            let own = Zeroizing::new(key.to_bytes());
            all.push(Kept {
                agent: agent.to_owned(),
                sealing_key: Zeroizing::new(BASE64.encode(&own)),
                keys: handed.iter().map(KeptKey::of).collect(),
            });
        }
        let text = Zeroizing::new(serde_json::to_vec_pretty(&all).map_err(|_| PairingError::Damaged)?);
        private_directory(&self.directory)?;
        let beside = self.directory.join(format!("{FILE}.new"));
        let _ = fs::remove_file(&beside);
        let mut file = private_file(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, self.directory.join(FILE))?;
        Ok(())
    }

    /// This terminal's keys of a set, opened, newest version first. Those whose time is over are left out, and so are those of a
    /// pairing that was forgotten: a lost file alone opens nothing for long.
    ///
    /// # Errors
    /// The files.
    pub fn application_keys(&self, agent: &str, set: KeySet, now: Timestamp) -> Result<Vec<TerminalKey>, PairingError> {
        if !self.all()?.iter().any(|pairing| pairing.agent == agent) {
            return Ok(Vec::new());
        }
        let Some(kept) = self.kept_keys()?.into_iter().find(|one| one.agent == agent) else { return Ok(Vec::new()) };
        let own = Zeroizing::new(BASE64.decode(kept.sealing_key.as_bytes()).map_err(|_| PairingError::Damaged)?);
        let own = SealingKey::from_bytes(&own).map_err(|_| PairingError::Damaged)?;
        let mut opened = Vec::new();
        for one in kept.keys.iter().filter(|one| one.set == set as u8 && now.micros() <= one.ends_at) {
            let handed = one.read().ok_or(PairingError::Damaged)?;
            let key = handed.open(&own, agent).map_err(|_| PairingError::Damaged)?;
            opened.push(TerminalKey::from_bytes(set, handed.version, TerminalName::of(agent), &key));
        }
        opened.sort_by_key(|key| std::cmp::Reverse(key.version()));
        Ok(opened)
    }
}

fn asked(seams: &Seams, pairing: &Pairing, key: &SealingKey) -> KeyRequest {
    KeyRequest {
        agent: pairing.agent.clone(),
        nonce: seams.random.bytes(),
        made_at: seams.now(),
        sealing_key: key.public().clone(),
    }
}

/// The number of the card that lies there, with this terminal's own keys; no server is asked.
///
/// # Errors
/// Outer: the files. Inner: the card; [`CityCardError::NotLoaded`] too where this terminal holds no key.
pub fn read_card(
    pairings: &Pairings,
    agent: &str,
    card: &mut dyn Card,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Result<CardNumber, CityCardError>, PairingError> {
    let keys = pairings.application_keys(agent, KeySet::Inventory, now)?;
    Ok(read_number(&mut &mut *card, &keys, random))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::SeededRandom;
    use card::apdu::{Command, Response};
    use card::city_application::{Applet, GroupKeys, Image};
    use card::{Card, ReaderError};
    use pki::SigningKey;
    use pki::agent::VerificationKey;

    use super::*;

    const AGENT: &str = "A-1";

    /// The application alone.
    struct Chip(Applet);

    impl Card for Chip {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
            let command = Command::parse(command).map_err(|_| ReaderError::CardRemoved)?;
            if (command.class, command.instruction) == (0x00, 0xA4) {
                self.0.reset();
                return Ok(self.0.description().map_or_else(Response::status, Response::done).encode());
            }
            Ok(self.0.process(&command).encode())
        }
        fn power_off(&mut self) -> Result<(), ReaderError> {
            self.0.reset();
            Ok(())
        }
    }

    fn pairing() -> Pairing {
        let key = || SigningKey::generate_p256().unwrap();
        Pairing {
            agent: AGENT.into(),
            audience: "city.example".into(),
            name: "見本市".into(),
            name_english: "Mihon City".into(),
            origins: vec!["https://city.example".into()],
            verification_key: VerificationKey::from_info(key().public_key_info()).unwrap(),
            sealing_key: SealingKey::generate().public().clone(),
            key: key(),
            paired_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn keys_lie_sealed_in_their_file_and_are_opened_for_a_card_until_they_end() {
        let place = tempfile::tempdir().unwrap();
        let pairings = Pairings::in_directory(place.path());
        pairings.add(pairing()).unwrap();
        let city = GroupKeys::from_shares(&[[1; 16], [2; 16]].map(Zeroizing::new)).unwrap();
        let (own, ends_at) = (SealingKey::generate(), Timestamp::from_micros(1_000_000));
        let key = city.for_terminal(KeySet::Inventory, 1, TerminalName::of(AGENT)).unwrap();
        let handed = HandedKey::seal(own.public(), AGENT, (KeySet::Inventory as u8, 1), ends_at, &key.bytes()).unwrap();
        pairings.keep_application_keys(AGENT, Some((&own, &[handed]))).unwrap();

        let random = Arc::new(SeededRandom::from_seed(4));
        let number = CardNumber([9; 16]);
        let mut chip = Chip(Applet::new(Image::loaded(&city, number).unwrap(), random.clone()));
        let mut read = |now| read_card(&pairings, AGENT, &mut chip, &*random, Timestamp::from_micros(now)).unwrap();
        assert_eq!(read(1_000_000), Ok(number));
        assert_eq!(read(1_000_001), Err(CityCardError::NotLoaded), "over");
        assert!(
            read_card(
                &pairings,
                "A-2",
                &mut Chip(Applet::new(Image::loaded(&city, number).unwrap(), random.clone())),
                &*random,
                Timestamp::from_micros(0)
            )
            .unwrap()
            .is_err()
        );

        let file = fs::read(place.path().join(FILE)).unwrap();
        let clear = key.bytes();
        let forms = [BASE64.encode(&clear[..]), data_encoding::HEXLOWER.encode(&clear[..])];
        assert!(!file.windows(16).any(|at| at == clear.as_slice()));
        assert!(forms.iter().all(|form| !String::from_utf8_lossy(&file).contains(form.trim_end_matches('='))));
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(place.path().join(FILE)).unwrap().permissions())
                & 0o777,
            0o600
        );
        pairings.remove(AGENT).unwrap();
        assert!(pairings.application_keys(AGENT, KeySet::Inventory, Timestamp::from_micros(0)).unwrap().is_empty());
    }
}
