//! How a person wishes to be told.

use base::Timestamp;
use messaging::when::{Digest, Minute, QuietHours, Wishes, Zone};
use store::{Row, StoreError, Tx};
use ui::Language;

use crate::portal::AccountId;

/// A person's wishes and the language of what they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Hours, digest, clock.
    pub wishes: Wishes,
    /// Language.
    pub language: Language,
}

impl Default for Chosen {
    /// Japanese; quiet from 21:00 to 08:00; notices at once.
    fn default() -> Self {
        Self { wishes: Wishes::default(), language: Language::Japanese }
    }
}

impl Chosen {
    /// From five columns, all absent for a person who chose nothing.
    pub(super) fn from_row(row: &Row, first: usize) -> Result<Self, StoreError> {
        let Some(digest) = row.opt_text(first + 2)? else { return Ok(Self::default()) };
        let minute = |column| -> Result<Option<Minute>, StoreError> {
            Ok(row.opt_int(column)?.and_then(|minute| u16::try_from(minute).ok()).and_then(Minute::from_day))
        };
        let (from, until) = (minute(first)?, minute(first + 1)?);
        let zone = row.opt_text(first + 3)?.and_then(|name| Zone::parse(name).ok());
        let language = row.opt_text(first + 4)?.and_then(Language::from_code);
        Ok(Self {
            wishes: Wishes {
                quiet: from.zip(until).map(|(from, until)| QuietHours::new(from, until)),
                digest: Digest::parse(digest).unwrap_or_default(),
                zone: zone.unwrap_or_else(Zone::tokyo),
            },
            language: language.unwrap_or_default(),
        })
    }
}

/// What a person wishes; the defaults for one who never chose.
///
/// # Errors
/// [`StoreError`].
pub fn read(tx: &mut Tx<'_>, account: AccountId) -> Result<Chosen, StoreError> {
    let row = tx.query_one(
        "SELECT quiet_from, quiet_until, digest, zone, language FROM channel_wishes WHERE account_id = $1",
        &[account.into()],
    )?;
    row.map_or_else(|| Ok(Chosen::default()), |row| Chosen::from_row(&row, 0))
}

/// Writes them down.
///
/// # Errors
/// [`StoreError`].
pub fn write(tx: &mut Tx<'_>, now: Timestamp, account: AccountId, chosen: &Chosen) -> Result<(), StoreError> {
    let minute = |of: fn(QuietHours) -> Minute| chosen.wishes.quiet.map(|quiet| i64::from(of(quiet).of_day()));
    tx.execute(
        "INSERT INTO channel_wishes (account_id, quiet_from, quiet_until, digest, zone, language, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET quiet_from = $2, quiet_until = $3, \
         digest = $4, zone = $5, language = $6, changed_at = $7",
        &[
            account.into(),
            minute(QuietHours::from).into(),
            minute(QuietHours::until).into(),
            chosen.wishes.digest.word().into(),
            chosen.wishes.zone.name().into(),
            chosen.language.code().into(),
            now.into(),
        ],
    )?;
    Ok(())
}
