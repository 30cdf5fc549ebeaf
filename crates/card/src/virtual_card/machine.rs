//! The state of a virtual card and how each instruction moves it.
//!
//! ```text
//!   off ──power_on──▶ no application ──SELECT AP──▶ application ──SELECT EF──▶ current file
//!    ▲                     ▲                                                     READ, VERIFY, SIGN …
//!    └──── power_off ──────┴── warm_reset (verified PINs stay, as measured on real cards)
//! ```

use std::sync::Arc;

use base::Random;

use super::contents::{KeyAndCertificate, Secret, VirtualCardContents};
use super::files::{Access, Body, CardApplication, CardFile, KeySlot, lay_out};
use super::signing::{SigningKey, UnusableKey};
use crate::apdu::{Command, Response, StatusWord};
use crate::city_application::{Applet, Image, layout};

/// Answer to reset of the contact interface, as on real cards.
pub const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];

/// Where real cards differ, or are only presumed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// A warm reset forgets verified PINs. Real cards keep them, so `false` by default.
    pub warm_reset_forgets_pins: bool,
    /// A miss forgets that the same PIN was verified. `true` by default; `source =
    /// "recalled: not measured on a real card"`.
    pub miss_forgets_pin: bool,
    /// The first command after power-up is answered 6F00, as seen on one card. `false` by default.
    pub first_command_fails: bool,
    /// Bytes the card has for files of the city's own application; [`layout::SPACE`] by default.
    pub free_space: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            warm_reset_forgets_pins: false,
            miss_forgets_pin: true,
            first_command_fails: false,
            free_space: layout::SPACE,
        }
    }
}

/// A card. Starts without power. A clone is a second card with the same keys and the same state, made without reading
/// the keys anew.
#[derive(Clone)]
pub struct VirtualCard {
    contents: VirtualCardContents,
    behaviour: Behaviour,
    random: Arc<dyn Random>,
    files: Vec<CardFile>,
    user_authentication_key: Arc<SigningKey>,
    signing_key: Option<Arc<SigningKey>>,
    genuineness_key: Option<Arc<SigningKey>>,
    powered: bool,
    fresh: bool,
    application: Option<CardApplication>,
    /// Index into `files`.
    current: Option<usize>,
    /// The city's own application, if it was loaded, and whether it is the selected one.
    city: (Option<Applet>, bool),
    /// Verified key references, with the application in which they count; left behind by a warm reset.
    verified: (Option<CardApplication>, Vec<u16>),
}

type Answer = Result<Response, StatusWord>;

impl VirtualCard {
    /// Makes a card of `contents`; `random` feeds GET CHALLENGE.
    ///
    /// # Errors
    /// [`UnusableKey`] when a private key is not RSA-2048 in PKCS#8.
    pub fn new(
        contents: VirtualCardContents,
        behaviour: Behaviour,
        random: Arc<dyn Random>,
    ) -> Result<Self, UnusableKey> {
        let read = |key: &KeyAndCertificate| SigningKey::from_pkcs8(&key.private_key_pkcs8).map(Arc::new);
        let city = contents.city_application.as_ref().and_then(|stored| Image::from_bytes(stored).ok());
        Ok(Self {
            city: (city.map(|image| Applet::new(image, random.clone()).with_space(behaviour.free_space)), false),
            files: lay_out(&contents),
            user_authentication_key: read(&contents.user_authentication)?,
            signing_key: contents.signing.as_ref().map(read).transpose()?,
            genuineness_key: (contents.genuineness.as_ref())
                .map(|proof| SigningKey::from_pkcs8(&proof.private_key_pkcs8).map(Arc::new))
                .transpose()?,
            contents,
            behaviour,
            random,
            powered: false,
            fresh: false,
            application: None,
            current: None,
            verified: (None, Vec::new()),
        })
    }

    /// What the card is made of now, PIN counters included: store this and a locked card stays locked. Counters of the
    /// printed verification codes are not kept.
    pub fn contents(&self) -> VirtualCardContents {
        use CardApplication::{InputSupport, PublicPersonalAuthentication, ResidentRegister};
        let mut contents = self.contents.clone();
        contents.city_application = self.city.0.as_ref().map(|applet| applet.image().to_bytes());
        for (application, id, slot) in [
            (PublicPersonalAuthentication, 0x0018, &mut contents.user_authentication_pin),
            (PublicPersonalAuthentication, 0x001B, &mut contents.signing_password),
            (InputSupport, 0x0011, &mut contents.input_support_pin),
            (ResidentRegister, 0x001C, &mut contents.resident_register_pin),
        ] {
            let file = self.files.iter().find(|f| f.application == application && f.id == id);
            if let Some(CardFile { body: Body::Secret(secret), .. }) = file {
                *slot = secret.clone();
            }
        }
        contents
    }

    /// Puts the city's own application onto the card, as the issuer's route would; one that is there is replaced.
    pub fn load_city_application(&mut self, image: Image) {
        self.city = (Some(Applet::new(image, self.random.clone()).with_space(self.behaviour.free_space)), false);
    }

    /// Leaves the city's application: its channel is closed.
    fn leave_city(&mut self) {
        self.city.1 = false;
        if let Some(applet) = &mut self.city.0 {
            applet.reset();
        }
    }

    /// Puts the card under power.
    pub fn power_on(&mut self) {
        if !self.powered {
            self.powered = true;
            self.fresh = true;
            self.application = None;
            self.current = None;
        }
    }

    /// Cuts the power: everything but the counters is forgotten.
    pub fn power_off(&mut self) {
        self.leave_city();
        self.powered = false;
        self.application = None;
        self.current = None;
        self.verified = (None, Vec::new());
    }

    /// Resets under power: the selection is forgotten, verified PINs are not (see [`Behaviour`]).
    pub fn warm_reset(&mut self) {
        self.leave_city();
        self.powered = true;
        self.application = None;
        self.current = None;
        if self.behaviour.warm_reset_forgets_pins {
            self.verified = (None, Vec::new());
        }
    }

    /// Answers one command, status bytes included.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.powered || (std::mem::take(&mut self.fresh) && self.behaviour.first_command_fails) {
            return Response::status(StatusWord::NO_DIAGNOSIS).encode();
        }
        match Command::parse(command) {
            Ok(command) => self.process(&command).unwrap_or_else(Response::status).encode(),
            Err(_) => Response::status(StatusWord::WRONG_LENGTH).encode(),
        }
    }

    fn process(&mut self, command: &Command) -> Answer {
        if command.class & 0x03 != 0 {
            return Err(StatusWord::CHANNEL_NOT_SUPPORTED);
        }
        if let (Some(applet), true) = (&mut self.city.0, self.city.1)
            && (command.class, command.instruction) != (0x00, 0xA4)
        {
            return Ok(applet.process(command));
        }
        match (command.class, command.instruction) {
            (0x00, 0xA4) => self.select(command),
            (0x00, 0xB0) => self.read_binary(command),
            (0x00, 0xB2) => self.read_record(command),
            (0x00, 0x20) => self.verify(command),
            (0x00, 0x24) => self.change_secret(command, 0x01),
            (0x80, 0x32) => self.change_secret(command, 0x00),
            (0x80, 0x2A) => self.sign(command),
            (0x00, 0x84) => self.challenge(command),
            (0x00, 0xCA) => self.get_data(command),
            // A phone's own extension; a card knows the instruction only to refuse it.
            (0x80, 0xFC) => Err(StatusWord::WRONG_LENGTH),
            (0x00 | 0x80, _) => Err(StatusWord::UNKNOWN_INSTRUCTION),
            _ => Err(StatusWord::UNKNOWN_CLASS),
        }
    }

    fn select(&mut self, command: &Command) -> Answer {
        match (command.p1, command.p2) {
            (0x04, p2 @ (0x00 | 0x0C)) if *command.data == layout::NAME && self.city.0.is_some() => {
                self.leave_city();
                (self.application, self.current) = (None, None);
                let applet = self.city.0.as_ref().ok_or(StatusWord::NOT_FOUND)?;
                let description = applet.description()?;
                self.city.1 = true;
                Ok(Response::done(if p2 == 0x00 { description } else { Vec::new() }))
            }
            (0x04, 0x00 | 0x0C) => {
                self.leave_city();
                // The name may be cut short, but not below the five bytes that name its owner.
                let name = &*command.data;
                let found = CardApplication::ALL.into_iter().find(|a| name.len() >= 5 && a.name().starts_with(name));
                let application = found.ok_or(StatusWord::NOT_FOUND)?;
                if self.verified.0 != Some(application) {
                    self.verified = (Some(application), Vec::new());
                }
                self.application = Some(application);
                self.current = None;
                Ok(Response::status(StatusWord::DONE))
            }
            (0x02, 0x0C) => {
                let id = <[u8; 2]>::try_from(command.data.as_slice()).map_err(|_| StatusWord::WRONG_LENGTH)?;
                let index = self.find(|file| file.id == u16::from_be_bytes(id)).ok_or(StatusWord::NOT_FOUND)?;
                self.current = Some(index);
                Ok(Response::status(StatusWord::DONE))
            }
            _ => Err(StatusWord::NOT_FOUND),
        }
    }

    fn find(&self, is_it: impl Fn(&CardFile) -> bool) -> Option<usize> {
        let application = self.application?;
        self.files.iter().position(|file| file.application == application && is_it(file))
    }

    /// The file a parameter names: the current one, or by short identifier, which then becomes current.
    fn named(&mut self, short: Option<u8>) -> Result<usize, StatusWord> {
        if let Some(short) = short {
            let index = self.find(|file| file.id == u16::from(short)).ok_or(StatusWord::NOT_FOUND)?;
            self.current = Some(index);
        }
        self.current.ok_or(StatusWord::NO_CURRENT_FILE)
    }

    /// P2 `80` is the current file, P2 `80|n` the one with short identifier n.
    fn named_by_p2(&mut self, p2: u8) -> Result<usize, StatusWord> {
        match p2 {
            0x80 => self.named(None),
            0x81..=0x9E => self.named(Some(p2 & 0x1F)),
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn may_use(&self, file: &CardFile) -> Result<(), StatusWord> {
        let open = match file.access {
            Access::Free => true,
            Access::AfterAnyOf(keys) => keys.iter().any(|key| self.is_verified(*key)),
            Access::Nobody => false,
        };
        if open { Ok(()) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }

    fn is_verified(&self, key: u16) -> bool {
        self.verified.0 == self.application && self.verified.1.contains(&key)
    }

    fn read_binary(&mut self, command: &Command) -> Answer {
        let count = command.expected.filter(|_| command.data.is_empty()).ok_or(StatusWord::WRONG_LENGTH)?;
        let (index, offset) = if command.p1 & 0x80 == 0 {
            (self.named(None)?, usize::from(command.p1) << 8 | usize::from(command.p2))
        } else if command.p1 & 0x60 == 0 {
            (self.named(Some(command.p1 & 0x1F))?, usize::from(command.p2))
        } else {
            return Err(StatusWord::WRONG_PARAMETERS);
        };
        let file = self.files.get(index).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let Body::Bytes(bytes) = &file.body else {
            return Err(StatusWord::WRONG_STRUCTURE);
        };
        self.may_use(file)?;
        let rest = bytes.get(offset..).filter(|rest| !rest.is_empty()).ok_or(StatusWord::OFFSET_PAST_END)?;
        Ok(Response::done(rest[..rest.len().min(usize::from(count))].to_vec()))
    }

    fn read_record(&mut self, command: &Command) -> Answer {
        // Low bits 100: the record whose number is in P1. High five bits: short identifier, 0 for the current file.
        if command.p2 & 0x07 != 0x04 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let short = command.p2 >> 3;
        let index = self.named(Some(short).filter(|&s| s != 0))?;
        let file = self.files.get(index).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let Body::Record(record) = &file.body else {
            return Err(StatusWord::WRONG_STRUCTURE);
        };
        self.may_use(file)?;
        // 6A83: record not found.
        if command.p1 == 1 { Ok(Response::done(record.clone())) } else { Err(StatusWord(0x6A83)) }
    }

    fn secret(&mut self, index: usize) -> Result<(u16, &mut Secret), StatusWord> {
        match self.files.get_mut(index) {
            Some(CardFile { id, body: Body::Secret(secret), .. }) => Ok((*id, secret)),
            _ => Err(StatusWord::WRONG_STRUCTURE),
        }
    }

    fn verify(&mut self, command: &Command) -> Answer {
        if command.p1 != 0 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        if command.expected.is_some() || command.data.len() > 16 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let index = self.named_by_p2(command.p2)?;
        let (id, secret) = self.secret(index)?;
        if command.data.is_empty() {
            // A query, answered 63Cn also when verified: OpenSC does not take 9000 here.
            return Err(StatusWord::tries_left(secret.tries_left));
        }
        if secret.tries_left == 0 {
            return Err(StatusWord::AUTHENTICATION_BLOCKED);
        }
        if *secret.value == *command.data {
            secret.tries_left = secret.tries;
            if !self.is_verified(id) {
                self.verified.1.push(id);
            }
            return Ok(Response::status(StatusWord::DONE));
        }
        secret.tries_left -= 1;
        let answer = StatusWord::tries_left(secret.tries_left);
        if self.behaviour.miss_forgets_pin {
            self.verified.1.retain(|&verified| verified != id);
        }
        Err(answer)
    }

    fn change_secret(&mut self, command: &Command, p1: u8) -> Answer {
        use CardApplication::{Common, ResidentRegister};
        let older = matches!(self.application, Some(Common | ResidentRegister));
        if older != (command.class == 0x80) {
            return Err(StatusWord::UNKNOWN_INSTRUCTION);
        }
        if command.p1 != p1 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        if !(1..=16).contains(&command.data.len()) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let index = self.named_by_p2(command.p2)?;
        let (id, _) = self.secret(index)?;
        if !self.is_verified(id) {
            return Err(StatusWord::SECURITY_NOT_SATISFIED);
        }
        let (_, secret) = self.secret(index)?;
        secret.value = command.data.clone();
        Ok(Response::status(StatusWord::DONE))
    }

    fn sign(&mut self, command: &Command) -> Answer {
        // P2 00: the application's own key, without selection.
        let own = || self.find(|file| file.body == Body::PrivateKey(KeySlot::Genuineness));
        let index = match command.p2 {
            0x00 => own().ok_or(StatusWord::WRONG_PARAMETERS)?,
            p2 => self.named_by_p2(p2)?,
        };
        let file = self.files.get(index).ok_or(StatusWord::NO_CURRENT_FILE)?;
        let Body::PrivateKey(slot) = file.body else {
            return Err(StatusWord::WRONG_STRUCTURE);
        };
        self.may_use(file)?;
        let key = match slot {
            KeySlot::UserAuthentication => Some(&*self.user_authentication_key),
            KeySlot::Signing => self.signing_key.as_deref(),
            KeySlot::Genuineness => self.genuineness_key.as_deref(),
        };
        key.ok_or(StatusWord::REFERENCE_NOT_FOUND)?.compute(command.p1, &command.data).map(Response::done)
    }

    fn challenge(&self, command: &Command) -> Answer {
        if command.p1 != 0 || command.p2 != 0 {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let count = command.expected.filter(|_| command.data.is_empty()).ok_or(StatusWord::WRONG_LENGTH)?;
        let mut bytes = vec![0; usize::from(count)];
        self.random.fill(&mut bytes);
        Ok(Response::done(bytes))
    }

    fn get_data(&self, command: &Command) -> Answer {
        // The card's own object for its answer to reset, without the first byte; no other object is kept.
        match (self.application, command.p1, command.p2) {
            (None | Some(CardApplication::IssuerSecurityDomain), 0x5F, 0x51) => Ok(Response::done(ATR[1..].to_vec())),
            _ => Err(StatusWord::REFERENCE_NOT_FOUND),
        }
    }
}

impl std::fmt::Debug for VirtualCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VirtualCard({:?})", self.contents.device)
    }
}
