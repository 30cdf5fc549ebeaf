//! Personal messages about an account, between the zones: sealed to the other zone, carried by the relay, opened by a job.
//!
//! ```text
//!  Post::send ─► relay (portal_post) ─► portal_arrivals ─► Post::unpack ─► the topic's handler, in its own transactions
//! ```
//! The relay's handlers stay free of keys: opening, sealing anew under the person's key and asking others is the job's. A
//! handler may see a message twice (a crash between its commit and ours); it must make that harmless.

use std::collections::BTreeMap;

use base::{Id, Kind, Seams, Timestamp};
use data_encoding::BASE64;
use pki::sealed::{SealError as NotSealed, SealingKey, SealingPublicKey};
use serde::{Deserialize, Serialize};
use store::sealing::SealError;
use store::{Store, StoreError, Tx};

use super::AccountId;
use crate::access::{AccessError, Actor};
use crate::incidents::{self, Report};
use crate::relay::{HandleError, Message, RelayError, Zone, send};

/// The kind of relay message.
pub const KIND: &str = "portal_post";
/// What a message is sealed for.
const SEALED_FOR: &[u8] = b"yakuba-portal-post-v1";
/// Messages opened in one go.
const STEP: i64 = 200;

/// What a message is about, e.g. `joining`. Each has one handler in the zone that takes it.
pub type Topic = &'static str;

/// Why a message was not sent or taken.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// Reading a record.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The other zone's key.
    #[error(transparent)]
    Key(#[from] NotSealed),
    /// The content is not what its topic promises. It is put aside and reported.
    #[error("the content cannot be read: {0}")]
    Malformed(&'static str),
    /// Not now: it is tried again.
    #[error("not now: {0}")]
    Later(&'static str),
}

impl PostError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Malformed(_) => Kind::Invalid,
            Self::Relay(error) => error.kind(),
            Self::Access(error) => error.kind(),
            _ => Kind::Unavailable,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    account: AccountId,
    topic: String,
    sealed: String,
}

/// One zone's end: its own keys, and the other's public one.
pub struct Post {
    to: Zone,
    keys: Vec<SealingKey>,
    theirs: SealingPublicKey,
}

/// A message that was opened.
pub struct Opened {
    /// Its id: the same when it comes again.
    pub message: Id,
    /// Whom it concerns.
    pub account: AccountId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// What it says. Personal.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.message)
    }
}

impl Opened {
    /// The content as JSON of type `T`.
    ///
    /// # Errors
    /// [`PostError::Malformed`].
    pub fn json<T: for<'a> Deserialize<'a>>(&self) -> Result<T, PostError> {
        serde_json::from_slice(&self.content).map_err(|_| PostError::Malformed("not what its topic promises"))
    }
}

/// Acts upon an opened message; may see it twice.
pub type Take = Box<dyn Fn(&Opened) -> Result<(), PostError> + Send + Sync>;

/// Which handler takes which topic. Put together where the program is.
#[derive(Default)]
pub struct Desk(BTreeMap<Topic, Take>);

impl Desk {
    /// With a handler for `topic`.
    #[must_use]
    pub fn on(mut self, topic: Topic, take: impl Fn(&Opened) -> Result<(), PostError> + Send + Sync + 'static) -> Self {
        self.0.insert(topic, Box::new(take));
        self
    }
}

impl Post {
    /// The end that sends to `to`. `keys` open what comes, newest first.
    pub const fn new(to: Zone, keys: Vec<SealingKey>, theirs: SealingPublicKey) -> Self {
        Self { to, keys, theirs }
    }

    /// Sends `content` about `account` in the transaction of its cause.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn send(
        &self,
        tx: &mut Tx<'_>,
        seams: &Seams,
        account: AccountId,
        topic: Topic,
        content: &impl Serialize,
    ) -> Result<Id, PostError> {
        let plain = serde_json::to_vec(content).map_err(|_| PostError::Malformed("it cannot be written"))?;
        let sealed = self.theirs.seal(SEALED_FOR, &circumstances(account, topic), &plain)?;
        let body = Body { account, topic: topic.to_owned(), sealed: BASE64.encode(&sealed) };
        Ok(send(tx, seams, self.to, KIND, serde_json::json!(body).to_string().as_bytes())?)
    }

    /// Seals much at once to the other zone, bound to `about`: one key agreement for a whole batch.
    ///
    /// # Errors
    /// The other zone's key.
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, PostError> {
        Ok(self.theirs.seal(SEALED_FOR, about, plain)?)
    }

    /// Opens what [`Post::seal`] of the other zone sealed; `None` when it is not for us or about something else.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.keys.iter().find_map(|key| key.open(SEALED_FOR, about, sealed).ok())
    }

    /// Opens what waits and gives it to its handlers, oldest first. What cannot be read is put aside and reported; what
    /// cannot be done now waits. Returns how many were done.
    ///
    /// # Errors
    /// The database.
    pub fn unpack(&self, store: &Store, seams: &Seams, desk: &Desk) -> Result<usize, PostError> {
        let waiting = store.read::<_, StoreError, _>(|tx| {
            tx.query(
                "SELECT message_id, account_id, topic, sealed, sent_at FROM portal_arrivals \
                 WHERE refused_at IS NULL ORDER BY sent_at, message_id LIMIT $1",
                &[STEP.into()],
            )
        })?;
        let mut done = 0;
        for row in &waiting {
            let id = row.id(0)?;
            match self.opened(row).and_then(|(topic, opened)| {
                let take = desk.0.get(topic.as_str()).ok_or(PostError::Malformed("a topic nobody takes"))?;
                take(&opened)
            }) {
                Ok(()) => {
                    store.write::<_, StoreError, _>(move |tx| {
                        tx.execute("DELETE FROM portal_arrivals WHERE message_id = $1", &[id.into()])
                    })?;
                    done += 1;
                }
                Err(PostError::Malformed(what)) => Self::put_aside(store, seams, id, what)?,
                Err(error) => tracing::warn!(%error, "a message about an account waits"),
            }
        }
        Ok(done)
    }

    fn opened(&self, row: &store::Row) -> Result<(String, Opened), PostError> {
        let account = AccountId::parse(row.text(1)?).ok_or(PostError::Malformed("the account"))?;
        let topic = row.text(2)?.to_owned();
        let aad = circumstances(account, &topic);
        let sealed = row.blob(3)?;
        let content = self
            .keys
            .iter()
            .find_map(|key| key.open(SEALED_FOR, &aad, sealed).ok())
            .ok_or(PostError::Malformed("it is sealed to another"))?;
        Ok((topic, Opened { message: row.id(0)?, account, sent_at: row.timestamp(4)?, content }))
    }

    fn put_aside(store: &Store, seams: &Seams, id: Id, what: &'static str) -> Result<(), PostError> {
        tracing::error!(what, "a message about an account was put aside");
        let seams = seams.clone();
        store.write::<_, StoreError, _>(move |tx| {
            let now = seams.now();
            tx.execute("UPDATE portal_arrivals SET refused_at = $2 WHERE message_id = $1", &[id.into(), now.into()])?;
            let report = Report {
                service: "citizen_portal",
                kind: "message_put_aside",
                stops: false,
                note: "a message of the other zone about an account cannot be read and was put aside",
            };
            incidents::open(tx, &seams, &Actor::System { job: "portal-post" }, &report)?;
            Ok(())
        })?;
        Ok(())
    }
}

/// Binds a sealed message to its account and topic: moved to another, it does not open.
fn circumstances(account: AccountId, topic: &str) -> Vec<u8> {
    [account.id().bytes().as_slice(), topic.as_bytes()].concat()
}

/// The relay's handler in either zone: lays the message down for the job.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let malformed = || HandleError::Malformed("a message about an account");
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
    let sealed = BASE64.decode(body.sealed.as_bytes()).map_err(|_| malformed())?;
    tx.execute(
        "INSERT INTO portal_arrivals (message_id, account_id, topic, sealed, sent_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (message_id) DO NOTHING",
        &[
            message.id.into(),
            body.account.into(),
            body.topic.as_str().into(),
            sealed.as_slice().into(),
            message.at.into(),
        ],
    )?;
    Ok(())
}
