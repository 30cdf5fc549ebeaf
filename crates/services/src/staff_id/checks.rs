//! What becomes of an ID that is shown: at a guard's desk, at the sign-in of the console, and in the list for the outside.

use card::genuineness::GenuinenessKey;
use tools::credentials::tap::KnownCard;
use tools::service_cards::CardError;
use wire::staff_id_code::Sticker;

use super::actions::Personnel;
use super::kept::{self, Kept};
use super::model::Standing;

/// What somebody finds out who has a card and a label before them (確認).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// An employee's ID of today.
    Valid {
        /// Their department: nothing else is said.
        department: String,
    },
    /// Card and label do not belong together.
    NotTogether,
    /// Not, or no longer.
    NotValid,
}

impl Personnel {
    /// Whether a card that was proved and a label belong to one live ID of somebody employed today. With a signed code,
    /// `bound` is what stands in it; with a typed number of the label there is none.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn check(&self, card: &[u8], sticker: Sticker, bound: Option<[u8; 16]>) -> Result<Checked, CardError> {
        let (card, today) = (card.to_vec(), self.city.seams.today());
        self.read(move |tx, vault| {
            let Some(one) = kept::of_sticker(tx, sticker)? else { return Ok(Checked::NotValid) };
            if !kept::of_card(tx, vault, &card)?.iter().any(|of_card| of_card.id == one.id) {
                return Ok(Checked::NotTogether);
            }
            if let Some(bound) = bound
                && !kept::bound(vault, sticker, &card)?.contains(&bound)
            {
                return Ok(Checked::NotTogether);
            }
            let kept = kept::member(tx, vault, &one.number)?;
            Ok(match kept {
                Some(kept) if one.is_good(today) && kept.member.is_employed(today) => {
                    Checked::Valid { department: kept.member.department }
                }
                _ => Checked::NotValid,
            })
        })
    }

    /// What is known of a card that is tapped without PIN: whether it carries a live ID, to which its holder once typed the PIN,
    /// and its own key. An unknown card is one that was never proved.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn known_card(&self, card: &[u8]) -> Result<KnownCard, CardError> {
        let (card, today) = (card.to_vec(), self.city.seams.today());
        self.read(move |tx, vault| {
            let mut known = KnownCard::default();
            for one in kept::of_card(tx, vault, &card)?.iter().filter(|one| one.is_good(today)) {
                let key = kept::own_key(tx, vault, one.id)?;
                let key = key.and_then(|modulus| <[u8; 256]>::try_from(modulus.as_slice()).ok());
                known = KnownCard { was_proved: true, key: key.map(GenuinenessKey::from_modulus) };
            }
            Ok(known)
        })
    }

    /// Keeps the own key of a card that was proved with its PIN a moment ago, at its good ID of today. Whether there is one.
    ///
    /// # Errors
    /// The databases or the key store.
    pub fn keep_own_key(&self, card: &[u8], key: &GenuinenessKey) -> Result<bool, CardError> {
        let (city, by, card, key) = (self.city.clone(), self.by.clone(), card.to_vec(), key.clone());
        let today = city.seams.today();
        // Found and kept in one: an ID that was stopped a moment before gets none.
        let kept = self.city.cards.write::<_, CardError, _>(move |tx| {
            let found = kept::of_card(tx, &city.vault, &card)?;
            let Some(one) = found.into_iter().find(|one| one.is_good(today)) else { return Ok(None) };
            kept::put_own_key(tx, &city.vault, one.id, key.modulus())?;
            kept::note(tx, &city.seams, &by, one.id, "own-key-kept", "")?;
            Ok(Some(one.id))
        })?;
        let Some(id) = kept else { return Ok(false) };
        self.audited("own-key-kept", Some(id))?;
        Ok(true)
    }

    /// The member whose live ID a proved card carries, employed today; for a sign-in.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn by_card(&self, card: &[u8]) -> Result<Option<Kept>, CardError> {
        let (card, today) = (card.to_vec(), self.city.seams.today());
        self.read(move |tx, vault| {
            for one in kept::of_card(tx, vault, &card)? {
                if one.is_good(today)
                    && let Some(kept) = kept::member(tx, vault, &one.number)?
                    && kept.member.is_employed(today)
                {
                    return Ok(Some(kept));
                }
            }
            Ok(None)
        })
    }

    /// What the outside is told: every good ID of today with department and last day.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn live(&self) -> Result<Vec<tools::staff_id_list::Live>, CardError> {
        let today = self.city.seams.today();
        self.read(move |tx, vault| {
            let mut live = Vec::new();
            for one in kept::standing(tx, Standing::Live)? {
                if !one.is_good(today) {
                    continue;
                }
                if let Some(kept) = kept::member(tx, vault, &one.number)?
                    && kept.member.is_employed(today)
                {
                    let until = kept.member.employed_until.map_or(one.valid_until, |last| last.min(one.valid_until));
                    live.push(tools::staff_id_list::Live {
                        sticker: tools::staff_id_list::hash(one.sticker),
                        department: kept.member.department,
                        until,
                    });
                }
            }
            Ok(live)
        })
    }

    /// Tells the outside which IDs live, at once.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn publish(&self, keys: &pki::token::KeyRing) -> Result<bool, PublishError> {
        let live = self.live()?;
        Ok(tools::staff_id_list::publish(&self.city, keys, live)?)
    }
}

/// Why the outside was not told.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Reading the IDs.
    #[error(transparent)]
    Cards(#[from] CardError),
    /// Signing or sending the list.
    #[error(transparent)]
    List(#[from] tools::signed_lists::PublishError),
}
