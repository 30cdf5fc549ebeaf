//! Keeps a process at the keys its city shares: the database says what is prepared and what is in use, the directory follows,
//! and the composer takes the whole new set up at once.
//!
//! ```text
//!  paper_keys (shared) ─► D/signing (this node) ─► KeySet ─► composer · /verify/keys.json · document authorities · console
//! ```
//! It looks every second, and when a paper was made with keys that are not those of the moment (ADR 0053).

use std::sync::{Arc, Mutex, PoisonError};

use base::{Current, Kind, Timestamp};
use data_encoding::BASE64;
use services::convenience_certificates::Composer;
use store::StoreError;
use tools::Inside;
use tools::paper_keys::{self, PaperKey, Part, SEALED_FOR, Standing};
use web::open::Papers;
use web::staff::{InUse, KeyMaker, MadeKey};

use crate::city::OpenCity;
use crate::commands::keys::contents;
use crate::fail::{Failure, failed};
use crate::key_book::{KeyBook, name_of};
use crate::keys::CityKeys;
use crate::means;

/// One at a time moves files and reads whole sets of them: a command and the job beside the doors share the directory.
static HAND: Mutex<()> = Mutex::new(());

/// Contents of a key as they are kept in the database: each file in base 64, sealed under the city's key.
///
/// # Errors
/// The key store.
pub fn seal(inside: &Inside, contents: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    let texts: Vec<String> = contents.iter().map(|file| BASE64.encode(file)).collect();
    let (person, column) = SEALED_FOR;
    let plain = zeroize::Zeroizing::new(texts.join("\n").into_bytes());
    inside.vault.seal(person, column, &plain).map_err(failed("a key cannot be sealed"))
}

fn opened(inside: &Inside, sealed: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let (person, column) = SEALED_FOR;
    let plain = inside.vault.open_sealed(person, column, sealed).map_err(failed("a key cannot be opened"))?;
    let plain = zeroize::Zeroizing::new(plain);
    let texts = plain.split(|byte| *byte == b'\n');
    texts.map(|text| BASE64.decode(text).map_err(failed("a key cannot be opened"))).collect()
}

/// Brings the directory of `city` up to what its nodes share, and answers with the list's serial number. What is due comes
/// into use here for all of them.
///
/// # Errors
/// The databases, a file; a change that this directory missed and whose key is gone already.
pub fn settle(city: &OpenCity) -> Result<i64, Failure> {
    let _hand = HAND.lock().unwrap_or_else(PoisonError::into_inner);
    settle_alone(city)
}

/// The keys of `city` after it was settled, with the list's serial number.
///
/// # Errors
/// As [`settle`]; a key that cannot be used.
pub fn settled(city: &OpenCity) -> Result<(i64, CityKeys), Failure> {
    let _hand = HAND.lock().unwrap_or_else(PoisonError::into_inner);
    let (serial, inside) = (settle_alone(city)?, city.inside());
    Ok((serial, CityKeys::open(city.directory(), &inside.seams, &inside.profile, inside.demo)?))
}

fn settle_alone(city: &OpenCity) -> Result<i64, Failure> {
    let (inside, place) = (city.inside(), CityKeys::place(city.directory()));
    if place.is_dir() {
        KeyBook::mend(&place)?;
    }
    let (serial, mut keys) = shared(inside)?;
    // In the order in which they came into use; what is ahead after that.
    keys.sort_by_key(|key| key.version.unwrap_or(i64::MAX));
    for key in &keys {
        follow_one(inside, &place, key)?;
    }
    Ok(serial)
}

fn shared(inside: &Inside) -> Result<(i64, Vec<PaperKey>), Failure> {
    let now = inside.seams.now();
    let read = |tx: &mut store::Tx<'_>| Ok::<_, StoreError>((paper_keys::pulse(tx, now)?, paper_keys::all(tx)?));
    let ((serial, is_due), keys) = inside.store.read(read).map_err(failed("the keys cannot be read"))?;
    if !is_due {
        return Ok((serial, keys));
    }
    let seams = inside.seams.clone();
    inside
        .store
        .write::<_, StoreError, _>(move |tx| {
            paper_keys::use_due(tx, &seams)?;
            Ok((paper_keys::pulse(tx, seams.now())?.0, paper_keys::all(tx)?))
        })
        .map_err(failed("a key cannot be brought into use"))
}

fn follow_one(inside: &Inside, place: &std::path::Path, key: &PaperKey) -> Result<(), Failure> {
    let book = KeyBook::read(place)?;
    let next = book.next_is(key.part, key.id);
    match (key.standing, key.version.zip(key.used_at)) {
        (Standing::InUse | Standing::Retired, Some((version, used_at))) if version > book.version() => {
            if next.is_none() {
                lay_out(inside, place, key)?;
            }
            KeyBook::bring_in(place, key.part, used_at, version)
        }
        (Standing::Prepared | Standing::Decided, _) if next != Some(decided_at(key)) => lay_out(inside, place, key),
        (Standing::Discarded, _) if next.is_some() => KeyBook::take_back(place, key.part),
        _ => Ok(()),
    }
}

/// From when it holds; a time that was only asked for is none.
fn decided_at(key: &PaperKey) -> Option<Timestamp> {
    key.use_at.filter(|_| key.standing != Standing::Prepared)
}

fn lay_out(inside: &Inside, place: &std::path::Path, key: &PaperKey) -> Result<(), Failure> {
    let id = key.id;
    let sealed = inside.store.read(move |tx| paper_keys::sealed(tx, id)).map_err(failed("a key cannot be read"))?;
    let sealed = sealed.ok_or_else(|| {
        let missed =
            "this directory missed a change of keys and the key is gone; copy D/signing from a node that has it";
        Failure::new(Kind::Conflict, missed)
    })?;
    crate::keys::private_directory(place)?;
    KeyBook::prepare(place, key.part, key.id, decided_at(key), &opened(inside, &sealed)?)
}

/// What of a running process follows.
pub struct Keeper {
    city: OpenCity,
    composer: Arc<Composer>,
    papers: Arc<Current<Papers>>,
    in_use: Arc<Current<Vec<InUse>>>,
    /// What document authorities are added to.
    anchors: pki::TrustAnchors,
    /// The serial number that was followed last. Held while following, so that one does it at a time.
    followed: Mutex<Option<i64>>,
}

impl Keeper {
    /// Of a process that has taken up nothing since its start.
    pub fn new(
        city: OpenCity,
        composer: Arc<Composer>,
        papers: Arc<Current<Papers>>,
        in_use: Arc<Current<Vec<InUse>>>,
        anchors: pki::TrustAnchors,
    ) -> Self {
        Self { city, composer, papers, in_use, anchors, followed: Mutex::new(None) }
    }

    /// Takes up what has changed; nothing, when nothing has.
    ///
    /// # Errors
    /// As [`settle`]; a key that cannot be used. Then the process goes on with what it has, and makes no paper.
    pub fn follow(&self) -> Result<(), Failure> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = self.city.inside();
        let now = inside.seams.now();
        let pulse =
            inside.store.read(move |tx| paper_keys::pulse(tx, now)).map_err(failed("the keys cannot be read"))?;
        if (pulse.0, pulse.1) == (followed.unwrap_or(-1), false) {
            return Ok(());
        }
        let (serial, keys) = settled(&self.city)?;
        let set = means::key_set(&self.city, &keys, self.composer.typeface())?;
        let papers = Papers {
            code_keys: set.codes.public(),
            anchors: means::with_documents(&self.anchors, inside.demo, &keys)?,
        };
        // Known to checkers before the first paper.
        self.papers.set(papers);
        self.in_use.set(keys.in_use.clone());
        self.composer.take_up(set);
        *followed = Some(serial);
        Ok(())
    }
}

/// Makes and checks keys for the console.
pub struct Maker(pub OpenCity);

impl KeyMaker for Maker {
    fn make(&self, part: Part, files: &[Vec<u8>]) -> Option<MadeKey> {
        let made = || -> Result<MadeKey, Failure> {
            let contents = contents(&self.0, part, files, self.0.inside().seams.today())?;
            Ok(MadeKey { name: name_of(part, &contents)?, sealed: seal(self.0.inside(), &contents)? })
        };
        made().map_err(|failure| tracing::warn!(reason = failure.sentence(), "a key was not made")).ok()
    }
}
