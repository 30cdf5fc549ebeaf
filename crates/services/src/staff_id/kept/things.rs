//! What an ID is carried by: the card, that card's own key, a tag. Sealed under the ID's own key; looked up by keyed hashes.

use base::Id;
use store::Tx;
use store::sealing::Vault;
use tools::service_cards::CardError;
use wire::staff_id_code::Sticker;

use super::id_key;
use super::ids::{StaffId, select_staff_id};

/// The card and the tag of an ID.
pub type Things = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Separates hashes of staff cards from every other use of the look-up key.
const CARD_PURPOSE: &str = "staff_ids.card_hash";
/// The same for tags.
const TAG_PURPOSE: &str = "staff_ids.tag_hash";
/// The same for what binds a label to a card.
const BOUND_PURPOSE: &str = "staff_ids.bound";
const CARD_COLUMN: &str = "staff_ids.card";
const TAG_COLUMN: &str = "staff_ids.tag";
const OWN_KEY_COLUMN: &str = "staff_ids.own_key";

/// Puts a card to an ID. `card` are the bytes of its certificate's number.
///
/// # Errors
/// The database or the key store.
pub fn put_card(tx: &mut Tx<'_>, vault: &Vault, id: Id, card: &[u8]) -> Result<(), CardError> {
    let hash = vault.keyed_hash(CARD_PURPOSE, card)?;
    let sealed = vault.seal(&id_key(id), CARD_COLUMN, card)?;
    tx.execute(
        "UPDATE staff_ids SET card_key = $2, card_hash = $3, card = $4, own_key = NULL WHERE staff_id = $1",
        &[id.into(), hash.key_id.into(), hash.hash.as_slice().into(), sealed.as_slice().into()],
    )?;
    Ok(())
}

/// Puts the number of a tag to an ID, or takes it away.
///
/// # Errors
/// The database or the key store.
pub fn put_tag(tx: &mut Tx<'_>, vault: &Vault, id: Id, tag: Option<&[u8]>) -> Result<(), CardError> {
    let Some(tag) = tag else {
        tx.execute(
            "UPDATE staff_ids SET tag_key = NULL, tag_hash = NULL, tag = NULL WHERE staff_id = $1",
            &[id.into()],
        )?;
        return Ok(());
    };
    let hash = vault.keyed_hash(TAG_PURPOSE, tag)?;
    let sealed = vault.seal(&id_key(id), TAG_COLUMN, tag)?;
    tx.execute(
        "UPDATE staff_ids SET tag_key = $2, tag_hash = $3, tag = $4 WHERE staff_id = $1",
        &[id.into(), hash.key_id.into(), hash.hash.as_slice().into(), sealed.as_slice().into()],
    )?;
    Ok(())
}

/// The IDs to which a card is, or was, enrolled.
///
/// # Errors
/// The database or the key store.
pub fn of_card(tx: &mut Tx<'_>, vault: &Vault, card: &[u8]) -> Result<Vec<StaffId>, CardError> {
    let mut all = Vec::new();
    for hash in vault.keyed_hashes(CARD_PURPOSE, card)? {
        let rows = tx.query(
            select_staff_id!(" WHERE card_hash = $1 AND card_key = $2"),
            &[hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        for row in &rows {
            all.push(StaffId::read(row)?);
        }
    }
    Ok(all)
}

/// Whether a tag is another ID's that is in use.
///
/// # Errors
/// The database or the key store.
pub fn is_tag_anothers(tx: &mut Tx<'_>, vault: &Vault, tag: &[u8], id: Id) -> Result<bool, CardError> {
    for hash in vault.keyed_hashes(TAG_PURPOSE, tag)? {
        let rows = tx.query(
            "SELECT staff_id FROM staff_ids WHERE tag_hash = $1 AND tag_key = $2 AND status = 'live'",
            &[hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        for row in &rows {
            if row.id(0)? != id {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The card and the tag of an ID, for lists of doors.
///
/// # Errors
/// The database or the key store.
pub fn things(tx: &mut Tx<'_>, vault: &Vault, id: Id) -> Result<Things, CardError> {
    let Some(row) = tx.query_one("SELECT card, tag FROM staff_ids WHERE staff_id = $1", &[id.into()])? else {
        return Ok((None, None));
    };
    let open =
        |column, sealed: Option<&[u8]>| sealed.map(|sealed| vault.open_sealed(&id_key(id), column, sealed)).transpose();
    Ok((open(CARD_COLUMN, row.opt_blob(0)?)?, open(TAG_COLUMN, row.opt_blob(1)?)?))
}

/// What binds a label to a card, under every live look-up key, newest first.
///
/// # Errors
/// The key store.
pub fn bound(vault: &Vault, sticker: Sticker, card: &[u8]) -> Result<Vec<[u8; 16]>, CardError> {
    let both = [sticker.bytes().as_slice(), card].concat();
    let hashes = vault.keyed_hashes(BOUND_PURPOSE, &both)?;
    Ok(hashes.iter().map(|hash| std::array::from_fn(|at| hash.hash[at])).collect())
}

/// Keeps the card's own key, by which a tap without PIN is proved (施行規則64条の12第1項).
///
/// # Errors
/// The database or the key store.
pub fn put_own_key(tx: &mut Tx<'_>, vault: &Vault, id: Id, modulus: &[u8]) -> Result<(), CardError> {
    let sealed = vault.seal(&id_key(id), OWN_KEY_COLUMN, modulus)?;
    tx.execute("UPDATE staff_ids SET own_key = $2 WHERE staff_id = $1", &[id.into(), sealed.as_slice().into()])?;
    Ok(())
}

/// The own key of an ID's card, where it is kept.
///
/// # Errors
/// The database or the key store.
pub fn own_key(tx: &mut Tx<'_>, vault: &Vault, id: Id) -> Result<Option<Vec<u8>>, CardError> {
    let row = tx.query_one("SELECT own_key FROM staff_ids WHERE staff_id = $1", &[id.into()])?;
    let sealed = row.map(|row| row.opt_blob(0).map(|sealed| sealed.map(<[u8]>::to_vec))).transpose()?.flatten();
    Ok(sealed.map(|sealed| vault.open_sealed(&id_key(id), OWN_KEY_COLUMN, &sealed)).transpose()?)
}
