//! The city's side of its doors ([`super::door`]): their keys, their lists, the logs that are brought back.

use base::{Id, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use pki::token::{KeyRing, PublicKeyRing};
use pki::{AuthorityRole, TrustAnchors};
use store::Tx;
use store::sealing::Vault;
use tools::service_cards::CardError;
use tools::staff_openings;
use zeroize::Zeroizing;

use super::actions::Personnel;
use super::door::{CLOCK_SECONDS, DoorFile, DoorList, LIST, LIST_SECONDS, SignedList, Written, hashed, sha256};
use super::kept;
use super::model::{Refusal, Standing};

/// What is on a door's list: hash, last day, whose.
type Hashes = Vec<(String, i64, String)>;

/// A log is no longer.
const MOST_LINES: usize = 50_000;
/// Days for which openings are kept unless the city says otherwise. Ours.
const USUAL_DAYS: i64 = 90;
const KEPT_DAYS: std::ops::RangeInclusive<i64> = 1..=3_650;
const DAYS_SETTING: &str = "openings_days";
const KEY_COLUMN: &str = "staff_doors.door_key";

/// A door as the personnel office sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorRow {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Lists made for it so far.
    pub lists: i64,
}

/// An opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Which door, by name.
    pub door: String,
    /// When.
    pub at: Timestamp,
    /// Whose, by staff number.
    pub number: Option<String>,
    /// `card` or `tag`.
    pub means: String,
}

/// What came of saying how many days openings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// They are kept so long from now on.
    Kept,
    /// Fewer days than today's: a second person has to approve.
    NeedsTwo {
        /// Today's days.
        now: i64,
    },
    /// No number of days from 1 to 3,650.
    NoDays,
}

/// Why a log is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the log is not one that this door wrote up to now")]
pub struct BadLog {
    /// From 1.
    pub line: usize,
}

fn door_key_name(id: Id) -> String {
    format!("staff-door:{id}")
}

/// The key of a door, if there is such a door.
fn door_key(tx: &mut Tx<'_>, vault: &Vault, door: Id) -> Result<Option<Zeroizing<Vec<u8>>>, CardError> {
    let Some(row) = tx.query_one("SELECT door_key FROM staff_doors WHERE door = $1", &[door.into()])? else {
        return Ok(None);
    };
    Ok(Some(Zeroizing::new(vault.open_sealed(&door_key_name(door), KEY_COLUMN, row.blob(0)?)?)))
}

fn openings_days(tx: &mut Tx<'_>) -> Result<i64, store::StoreError> {
    let said = kept::setting(tx, DAYS_SETTING)?.and_then(|text| text.parse().ok());
    Ok(said.filter(|days| KEPT_DAYS.contains(days)).unwrap_or(USUAL_DAYS))
}

impl Personnel {
    /// Adds a door; its file is given out once.
    ///
    /// # Errors
    /// The databases or the key store.
    pub fn make_door(&self, name: &str, keys: &PublicKeyRing, anchors: &TrustAnchors) -> Result<DoorFile, CardError> {
        let key: [u8; 32] = self.city.seams.random.bytes();
        let (id, now) = (self.city.seams.random_id(), self.city.seams.now());
        let sealed = self.city.vault.seal(&door_key_name(id), KEY_COLUMN, &key)?;
        let named = name.to_owned();
        self.city.cards.write::<_, CardError, _>(move |tx| {
            tx.execute(
                "INSERT INTO staff_doors (door, name, door_key, made_at, lists) VALUES ($1, $2, $3, $4, 0)",
                &[id.into(), (&*named).into(), sealed.as_slice().into(), now.into()],
            )?;
            Ok(())
        })?;
        let authorities = anchors.iter().filter(|anchor| anchor.role() == AuthorityRole::UserAuthentication);
        Ok(DoorFile {
            door: id.to_string(),
            name: name.to_owned(),
            issuer: self.city.profile.municipality_code.clone(),
            key: BASE64.encode(&key),
            city_keys: keys.keys.iter().map(|key| BASE64.encode(key.public_key_info())).collect(),
            card_authorities: authorities.map(|anchor| BASE64.encode(anchor.der())).collect(),
            is_test: anchors.allows_test(),
        })
    }

    /// Every door.
    ///
    /// # Errors
    /// The database.
    pub fn doors(&self) -> Result<Vec<DoorRow>, CardError> {
        self.read(|tx, _| {
            let rows = tx.query("SELECT door, name, lists FROM staff_doors ORDER BY made_at, door", &[])?;
            let row =
                |row: &store::Row| Ok(DoorRow { id: row.id(0)?, name: row.text(1)?.to_owned(), lists: row.int(2)? });
            Ok(rows.iter().map(row).collect::<Result<_, store::StoreError>>()?)
        })
    }

    /// Every thing that opens this door, under the door's key: hash, last day, whose.
    fn hashes(&self, door: Id) -> Result<Option<Hashes>, CardError> {
        let today = self.city.seams.today();
        self.read(|tx, vault| {
            let Some(key) = door_key(tx, vault, door)? else { return Ok(None) };
            let mut all = Vec::new();
            for one in kept::standing(tx, Standing::Live)? {
                let Some(kept) = kept::member(tx, vault, &one.number)? else { continue };
                if !one.is_good(today) || !kept.member.is_employed(today) {
                    continue;
                }
                let until = kept.member.employed_until.map_or(one.valid_until, |last| last.min(one.valid_until));
                let (card, tag) = kept::things(tx, vault, one.id)?;
                for (kind, thing) in [("card", card), ("tag", tag)] {
                    if let Some(thing) = thing {
                        all.push((hashed(&key, kind, &thing), until.days_since_epoch(), one.number.clone()));
                    }
                }
            }
            all.sort();
            Ok(Some(all))
        })
    }

    /// The next list of a door, and who stands on it is remembered for its log.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: no such door.
    pub fn door_list(&self, door: Id, keys: &KeyRing) -> Result<Result<SignedList, Refusal>, CardError> {
        let Some(all) = self.hashes(door)? else { return Ok(Err(Refusal::Unknown)) };
        let (now, named) = (self.city.seams.now(), all.clone());
        let number = self.city.cards.write::<_, CardError, _>(move |tx| {
            tx.execute("UPDATE staff_doors SET lists = lists + 1 WHERE door = $1", &[door.into()])?;
            for (hash, _, number) in &named {
                tx.execute(
                    "INSERT INTO staff_door_names (door, listed, staff_number, listed_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (door, listed) DO UPDATE SET staff_number = $3, listed_at = $4",
                    &[door.into(), (&**hash).into(), (&**number).into(), now.into()],
                )?;
            }
            let row = tx.query_one("SELECT lists FROM staff_doors WHERE door = $1", &[door.into()])?;
            Ok(row.map_or(Ok(0), |row| row.int(0))?)
        })?;
        let list = DoorList {
            list: LIST.to_owned(),
            issuer: self.city.profile.municipality_code.clone(),
            door: door.to_string(),
            number,
            made_at: now.seconds(),
            until: now.plus_seconds(LIST_SECONDS).seconds(),
            entries: all.into_iter().map(|(hash, until, _)| (hash, until)).collect(),
        };
        let body = serde_json::json!(list).to_string();
        let payload = [LIST.as_bytes(), &sha256(body.as_bytes())].concat();
        let token = keys.sign(&payload).map_err(|error| {
            tracing::error!(%error, "a door's list was not signed");
            CardError::Vault(store::sealing::SealError::NoKey)
        })?;
        Ok(Ok(SignedList { body, signature: BASE64URL_NOPAD.encode(&token) }))
    }

    /// Brings the log of a door in. A line that came before changes nothing. How many openings are new.
    ///
    /// # Errors
    /// Outer: the database or the key store. Inner: the first line that this door did not write, or that is of a later time
    /// than now; then nothing is taken.
    pub fn take_log(&self, door: Id, log: &str) -> Result<Result<usize, BadLog>, CardError> {
        let Some(key) = self.read(|tx, vault| door_key(tx, vault, door))? else { return Ok(Err(BadLog { line: 0 })) };
        let now = self.city.seams.now().seconds();
        let (latest, earliest) = (now + CLOCK_SECONDS, now - self.openings_days()? * 86_400);
        let mut lines = Vec::new();
        for (at, text) in log.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let read = serde_json::from_str::<Written>(text).ok().and_then(|written| written.read(&key));
            let read = read.filter(|(_, line)| {
                line.door == door.to_string() && line.means.len() <= 8 && line.at <= latest && at < MOST_LINES
            });
            let Some((entry, line)) = read else { return Ok(Err(BadLog { line: at + 1 })) };
            // What is too old to be kept is not kept for a minute either.
            if line.outcome == "opened" && line.at >= earliest {
                // The same line is the same opening, however often its log is brought.
                lines.push((entry, line));
            }
        }
        self.city.cards.write(move |tx| {
            let mut new = 0;
            for (id, line) in &lines {
                let hash = line.who.clone().unwrap_or_default();
                let named = tx.query_one(
                    "SELECT staff_number FROM staff_door_names WHERE door = $1 AND listed = $2",
                    &[door.into(), hash.into()],
                )?;
                let number = named.map(|row| row.text(0).map(str::to_owned)).transpose()?;
                new += tx.execute(
                    "INSERT INTO staff_door_openings (opening_id, door, opened_at, staff_number, means) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (opening_id) DO NOTHING",
                    &[
                        (*id).into(),
                        door.into(),
                        Timestamp::from_seconds(line.at).into(),
                        number.into(),
                        (&*line.means).into(),
                    ],
                )?;
            }
            Ok(Ok(usize::try_from(new).unwrap_or(usize::MAX)))
        })
    }

    /// How many days openings are kept.
    ///
    /// # Errors
    /// The database.
    pub fn openings_days(&self) -> Result<i64, CardError> {
        self.read(|tx, _| Ok(openings_days(tx)?))
    }

    /// Says how many days openings are kept. One person may only say more days: what is erased early is gone for whoever it
    /// would have told of, so that fewer days take two ([`Self::follow_openings`]).
    ///
    /// # Errors
    /// The databases.
    pub fn keep_openings(&self, days: i64) -> Result<Keeping, CardError> {
        if !KEPT_DAYS.contains(&days) {
            return Ok(Keeping::NoDays);
        }
        let now = self.openings_days()?;
        if days < now {
            return Ok(Keeping::NeedsTwo { now });
        }
        // Said meanwhile by another: more or fewer, it was not what this page showed.
        Ok(if self.put_openings_days(now, days)? {
            Keeping::Kept
        } else {
            Keeping::NeedsTwo { now: self.openings_days()? }
        })
    }

    /// Whether it was still `was`, and is `days` now.
    fn put_openings_days(&self, was: i64, days: i64) -> Result<bool, CardError> {
        self.audited("openings-days", None)?;
        self.city.cards.write::<_, CardError, _>(move |tx| {
            let is_same = openings_days(tx)? == was;
            if is_same {
                kept::put_setting(tx, DAYS_SETTING, &days.to_string())?;
            }
            Ok(is_same)
        })
    }

    /// Takes over what two persons allowed about these days.
    ///
    /// # Errors
    /// The databases.
    pub fn follow_openings(&self) -> Result<(), CardError> {
        let allowed = self.city.store.read::<_, store::StoreError, _>(staff_openings::allowed)?;
        for (id, wish) in allowed {
            // Said otherwise since it was asked for: two persons allowed another step than this would be.
            let _is_taken_over = self.put_openings_days(wish.was, wish.days)?;
            let now = self.city.seams.now();
            self.city.store.write::<_, store::StoreError, _>(move |tx| staff_openings::done(tx, now, id))?;
        }
        Ok(())
    }

    /// Erases openings older than the city keeps them, and whose a card or tag was that stood on no list for so long: a log that
    /// old is not told any more. How many openings went.
    ///
    /// # Errors
    /// The databases.
    pub fn erase_openings(&self) -> Result<u64, CardError> {
        self.follow_openings()?;
        let now = self.city.seams.now();
        let before = now.plus_seconds(-self.openings_days()? * 86_400);
        let is_any = self.read(|tx, _| {
            let row =
                tx.query_one("SELECT 1 FROM staff_door_openings WHERE opened_at < $1 LIMIT 1", &[before.into()])?;
            let name = tx.query_one(
                "SELECT 1 FROM staff_door_names WHERE listed_at < $1 OR listed_at > $2 LIMIT 1",
                &[before.into(), now.into()],
            )?;
            Ok(row.is_some() || name.is_some())
        })?;
        if !is_any {
            return Ok(0);
        }
        self.audited("openings-erased", None)?;
        self.city.cards.write::<_, CardError, _>(move |tx| {
            tx.execute("DELETE FROM staff_door_names WHERE listed_at < $1", &[before.into()])?;
            // Those that were listed before this was written down count from today.
            tx.execute("UPDATE staff_door_names SET listed_at = $1 WHERE listed_at > $1", &[now.into()])?;
            Ok(tx.execute("DELETE FROM staff_door_openings WHERE opened_at < $1", &[before.into()])?)
        })
    }

    /// Openings, newest first: of one member, or the last five hundred of all.
    ///
    /// # Errors
    /// The database.
    pub fn openings(&self, number: Option<&str>) -> Result<Vec<Opening>, CardError> {
        self.read(|tx, _| {
            let rows = match number {
                Some(number) => tx.query(
                    "SELECT d.name, o.opened_at, o.staff_number, o.means FROM staff_door_openings o \
                     JOIN staff_doors d ON d.door = o.door WHERE o.staff_number = $1 \
                     ORDER BY o.opened_at DESC, o.opening_id LIMIT 500",
                    &[number.into()],
                )?,
                None => tx.query(
                    "SELECT d.name, o.opened_at, o.staff_number, o.means FROM staff_door_openings o \
                     JOIN staff_doors d ON d.door = o.door ORDER BY o.opened_at DESC, o.opening_id LIMIT 500",
                    &[],
                )?,
            };
            let opening = |row: &store::Row| {
                Ok(Opening {
                    door: row.text(0)?.to_owned(),
                    at: row.timestamp(1)?,
                    number: row.opt_text(2)?.map(str::to_owned),
                    means: row.text(3)?.to_owned(),
                })
            };
            Ok(rows.iter().map(opening).collect::<Result<_, store::StoreError>>()?)
        })
    }
}
