//! Machines that talk by the kiosk protocol: each holds a private key of its own, and each request is used once.
//!
//! ```text
//!  staff: announce ─► token, once ─► machine: its public key, signed with itself ─► enrol ─► authenticate, every request
//! ```
//! Unlike a secret, a key never leaves the machine, so whoever reads along or copies our database cannot speak for it.

use base::{Seams, Timestamp};
use pki::MessageKey;
use store::{StoreError, Tx};

use super::{Terminal, terminal};
use crate::staff::OneTimeSecret;

/// A terminal that signs its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The terminal.
    pub terminal: Terminal,
    /// The key its requests are signed with.
    pub key: MessageKey,
    /// When it was last seen, to within [`super::SEEN_SECONDS`].
    pub seen_at: Option<Timestamp>,
}

/// Enrols the machine that gives a token together with its key; the token is used up. `None` when the token was used, has
/// expired, or never existed, or the key is another machine's; which of them is not told, and then nothing is used up.
///
/// # Errors
/// The database.
pub fn enrol(
    tx: &mut Tx<'_>,
    seams: &Seams,
    token: &OneTimeSecret,
    key: &MessageKey,
) -> Result<Option<Terminal>, StoreError> {
    let id = key.id();
    let there = tx.query_one("SELECT terminal_id FROM terminal_keys WHERE key_id = $1", &[id.as_str().into()])?;
    if there.is_some() {
        return Ok(None);
    }
    let Some(terminal) = super::enrol_holding(tx, seams, token, &[])? else { return Ok(None) };
    tx.execute(
        "INSERT INTO terminal_keys (key_id, terminal_id, public_key, enrolled_at) VALUES ($1, $2, $3, $4)",
        &[id.as_str().into(), terminal.id.into(), key.info().into(), seams.now().into()],
    )?;
    Ok(Some(terminal))
}

/// The active terminal whose key has this id.
///
/// # Errors
/// The database.
pub fn of_key(tx: &mut Tx<'_>, key_id: &str) -> Result<Option<Keyed>, StoreError> {
    let row = tx.query_one(
        "SELECT t.terminal_id, t.name, t.place, t.kind, k.public_key, t.seen_at FROM terminal_keys k \
         JOIN terminals t ON t.terminal_id = k.terminal_id WHERE k.key_id = $1 AND t.status = 'active'",
        &[key_id.into()],
    )?;
    row.map(|row| {
        let key =
            MessageKey::from_info(row.blob(4)?).ok_or(StoreError::Column { column: 4, wanted: "a public key" })?;
        Ok(Keyed { terminal: terminal(&row)?, key, seen_at: row.opt_timestamp(5)? })
    })
    .transpose()
}

/// Uses a request's nonce up. `false` when this key used it before; forgotten after `forget_at`, when the request that
/// carried it is too old anyway.
///
/// # Errors
/// The database.
pub fn use_once(
    tx: &mut Tx<'_>,
    key_id: &str,
    nonce: &str,
    now: Timestamp,
    forget_at: Timestamp,
) -> Result<bool, StoreError> {
    tx.queue("DELETE FROM terminal_nonces WHERE forget_at < $1", &[now.into()])?;
    let is_new = tx.execute(
        "INSERT INTO terminal_nonces (key_id, nonce, forget_at) VALUES ($1, $2, $3) \
         ON CONFLICT (key_id, nonce) DO NOTHING",
        &[key_id.into(), nonce.into(), forget_at.into()],
    )?;
    Ok(is_new == 1)
}

#[cfg(test)]
mod tests {
    use pki::SigningKey;
    use store::testing::for_each_engine;

    use super::super::{Sort, announce_sort, stop};
    use super::*;
    use crate::access::Actor;

    const BY: Actor = Actor::System { job: "test" };

    fn a_key() -> MessageKey {
        MessageKey::from_info(SigningKey::generate_p256().unwrap().public_key_info()).unwrap()
    }

    #[test]
    fn a_machine_is_known_by_its_key_until_it_is_stopped_and_a_key_is_one_machines() {
        for_each_engine(|database| {
            let (inside, seams) = (database.inside(), database.seams.clone());
            let announced = || {
                let seams = seams.clone();
                inside.write(move |tx| announce_sort(tx, &seams, &BY, Sort::Store, "1号機", "駅前店")).unwrap()
            };
            let enrolled = |token: &OneTimeSecret, key: &MessageKey| {
                let (seams, token, key) = (seams.clone(), token.clone(), key.clone());
                inside.write(move |tx| enrol(tx, &seams, &token, &key)).unwrap()
            };
            let known = |key: &MessageKey| inside.read(|tx| of_key(tx, &key.id())).unwrap();
            let (key, (terminal, token)) = (a_key(), announced());
            assert_eq!(known(&key), None);
            assert_eq!(enrolled(&token, &key), Some(terminal.clone()));
            assert_eq!(known(&key).map(|known| known.terminal), Some(terminal.clone()));
            assert_eq!(enrolled(&token, &a_key()), None, "the token works once");
            let (_, second) = announced();
            assert_eq!(enrolled(&second, &key), None, "the key is another machine's");
            assert!(enrolled(&second, &a_key()).is_some(), "and nothing was used up by that");
            let nobody = super::super::TerminalSecret([0; 32]);
            assert_eq!(inside.read(|tx| super::super::authenticate(tx, &nobody)).unwrap(), None);
            let (seams, id) = (seams.clone(), terminal.id);
            assert!(inside.write(move |tx| stop(tx, &seams, &BY, id)).unwrap());
            assert_eq!(known(&key), None);
        });
    }

    #[test]
    fn a_nonce_is_used_once_by_each_key_and_forgotten_in_time() {
        for_each_engine(|database| {
            let (inside, now) = (database.inside(), database.seams.now());
            let used = |key: &'static str, nonce: &'static str, seconds: i64| {
                let (now, until) = (now.plus_seconds(seconds), now.plus_seconds(seconds + 60));
                inside.write::<_, StoreError, _>(move |tx| use_once(tx, key, nonce, now, until)).unwrap()
            };
            assert!(used("a", "1", 0) && used("a", "2", 0) && used("b", "1", 0));
            assert!(!used("a", "1", 59), "a replay");
            assert!(used("a", "1", 61), "its request would be refused for its age now");
        });
    }
}
