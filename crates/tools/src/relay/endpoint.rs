//! One zone's end of the relay.

use std::sync::Arc;

use base::{Seams, Timestamp};
use store::{Row, Store, StoreError, Tx};

use super::parcel::{PARCEL_BYTES, PARCEL_MESSAGES};
use super::{Carrier, HandleError, Message, Parcel, ParcelError, RelayError, Router, Zone};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::incidents;
use crate::signing::{PublicKey, SigningKey};

const ACTOR: Actor = Actor::System { job: "relay" };

/// One zone's end. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(Arc<Inner>);

struct Inner {
    store: Store,
    key: Arc<SigningKey>,
    peer_keys: Vec<PublicKey>,
    taker: Taker,
}

/// What a transaction needs. It holds no store: an action that owned its own store would keep it open.
#[derive(Clone)]
struct Taker {
    zone: Zone,
    seams: Seams,
    router: Router,
}

/// What became of a parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Messages acted upon.
    pub fresh: usize,
    /// Messages received before.
    pub known: usize,
    /// Messages that came before their turn; they are sent again.
    pub early: usize,
    /// The first message a handler did not take; it waits and has been reported.
    pub stuck_at: Option<i64>,
    /// The parcel acknowledged something new of ours.
    pub acknowledged: bool,
}

/// How far both directions have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages written and not yet acknowledged.
    pub waiting: i64,
    /// Newest number given.
    pub sent: i64,
    /// The peer has everything up to this number.
    pub acknowledged: i64,
    /// We have everything of the peer's up to this number.
    pub received: i64,
    /// When a good parcel last came.
    pub heard_at: Option<Timestamp>,
}

/// The row of `relay_peer`.
#[derive(Clone, Copy, Default)]
struct Peer {
    sent: i64,
    acknowledged: i64,
    received: i64,
    forked: bool,
    heard_at: Option<Timestamp>,
}

impl Peer {
    fn load(tx: &mut Tx, peer: Zone) -> Result<Self, StoreError> {
        let row = tx.query_one(
            "SELECT sent, acknowledged, received, forked, heard_at FROM relay_peer WHERE peer = $1",
            &[peer.name().into()],
        )?;
        row.map_or(Ok(Self::default()), |row| {
            Ok(Self {
                sent: row.int(0)?,
                acknowledged: row.int(1)?,
                received: row.int(2)?,
                forked: row.flag(3)?,
                heard_at: row.opt_timestamp(4)?,
            })
        })
    }

    fn save(self, tx: &mut Tx, peer: Zone) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO relay_peer (peer, sent, acknowledged, received, forked, heard_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (peer) DO UPDATE SET sent = excluded.sent, acknowledged = excluded.acknowledged,
                 received = excluded.received, forked = excluded.forked, heard_at = excluded.heard_at",
            &[
                peer.name().into(),
                self.sent.into(),
                self.acknowledged.into(),
                self.received.into(),
                self.forked.into(),
                self.heard_at.into(),
            ],
        )?;
        Ok(())
    }
}

/// What ends the transaction of a parcel early.
enum Stop {
    Store(StoreError),
    /// A handler did not take the message of this number.
    Stuck(i64, String),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Endpoint {
    /// The end of `zone`, over that zone's own database. `peer_keys` are the public keys of the other zone: one, or two
    /// while a key is being replaced.
    pub fn new(
        zone: Zone,
        store: Store,
        seams: Seams,
        key: Arc<SigningKey>,
        peer_keys: Vec<PublicKey>,
        router: Router,
    ) -> Self {
        Self(Arc::new(Inner { store, key, peer_keys, taker: Taker { zone, seams, router } }))
    }

    /// Which zone this is.
    pub fn zone(&self) -> Zone {
        self.0.taker.zone
    }

    fn peer(&self) -> Zone {
        self.0.taker.zone.other()
    }

    /// The next parcel: what is not acknowledged, and how far we have come. Composing again without an answer gives
    /// the same messages again.
    ///
    /// # Errors
    /// [`RelayError::Store`].
    pub fn compose(&self) -> Result<Vec<u8>, RelayError> {
        Ok(self.seal(&self.draft()?))
    }

    pub(super) fn seal(&self, parcel: &Parcel) -> Vec<u8> {
        parcel.seal(&self.0.key)
    }

    pub(super) fn draft(&self) -> Result<Parcel, RelayError> {
        let peer = self.peer();
        let waits = self.0.store.read::<_, StoreError, _>(|tx| {
            tx.query_one(
                "SELECT id FROM relay_outbox WHERE peer = $1 AND sequence IS NULL LIMIT 1",
                &[peer.name().into()],
            )
        })?;
        if waits.is_some() {
            self.0.store.write(move |tx| number(tx, peer))?;
        }
        let (state, messages) = self.0.store.read::<_, StoreError, _>(|tx| {
            let state = Peer::load(tx, peer)?;
            let rows = tx.query(
                "SELECT sequence, id, at, kind, body FROM relay_outbox WHERE peer = $1 AND sequence > $2
                 ORDER BY sequence LIMIT $3",
                &[peer.name().into(), state.acknowledged.into(), (PARCEL_MESSAGES as i64).into()],
            )?;
            Ok((state, rows.iter().map(message).collect::<Result<Vec<_>, _>>()?))
        })?;
        let mut room = PARCEL_BYTES - 4096;
        let messages = messages
            .into_iter()
            .take_while(|message| {
                let size = message.body.len() + message.kind.len() + 64;
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .collect();
        Ok(Parcel {
            from: self.0.taker.zone.name().to_owned(),
            to: peer.name().to_owned(),
            at: self.0.taker.seams.now(),
            acknowledges: state.received,
            forked: state.forked,
            messages,
        })
    }

    /// Takes a parcel of the other zone: acts upon what is new, each message in the transaction that records it.
    ///
    /// # Errors
    /// [`RelayError::Parcel`] when it is not the peer's (reported as an incident); [`RelayError::Store`].
    pub fn take(&self, bytes: &[u8]) -> Result<Taken, RelayError> {
        let parcel = Parcel::open(bytes, &self.0.peer_keys).and_then(|parcel| {
            let right = parcel.from == self.peer().name() && parcel.to == self.0.taker.zone.name();
            if right { Ok(parcel) } else { Err(ParcelError::OtherZone) }
        });
        match parcel {
            Ok(parcel) => self.take_opened(Arc::new(parcel)),
            Err(refusal) => {
                self.report_refused(refusal)?;
                Err(refusal.into())
            }
        }
    }

    fn take_opened(&self, parcel: Arc<Parcel>) -> Result<Taken, RelayError> {
        if self.brings_nothing(&parcel)? {
            return Ok(Taken::default());
        }
        match self.take_up_to(&parcel, i64::MAX) {
            Ok(taken) => Ok(taken),
            Err(Stop::Store(error)) => Err(error.into()),
            Err(Stop::Stuck(at, reason)) => {
                // Everything of the parcel was undone; take what comes before the message that is stuck, and say so.
                let mut taken = match self.take_up_to(&parcel, at) {
                    Ok(taken) => taken,
                    Err(Stop::Store(error)) => return Err(error.into()),
                    Err(Stop::Stuck(..)) => Taken::default(),
                };
                taken.stuck_at = Some(at);
                self.report("relay_stuck", &format!("message {at} was not taken: {reason}"))?;
                Ok(taken)
            }
        }
    }

    /// Whether all a parcel says is known: a quiet relay, pumped each second, writes once a minute.
    fn brings_nothing(&self, parcel: &Parcel) -> Result<bool, StoreError> {
        let peer = self.peer();
        let state = self.0.store.read::<_, StoreError, _>(|tx| Peer::load(tx, peer))?;
        let recently = self.0.taker.seams.now().plus_seconds(-60);
        Ok(parcel.messages.is_empty()
            && !(parcel.forked || state.forked)
            && parcel.acknowledges == state.acknowledged
            && state.heard_at.is_some_and(|heard| heard > recently))
    }

    fn take_up_to(&self, parcel: &Arc<Parcel>, before: i64) -> Result<Taken, Stop> {
        let (taker, parcel) = (self.0.taker.clone(), parcel.clone());
        let (taken, trouble) = self.0.store.write(move |tx| taker.take_in(tx, &parcel, before))?;
        if let Some(trouble) = trouble {
            self.report("relay_renumbered", trouble)?;
        }
        Ok(taken)
    }

    /// The answering side of a carrier, framework-free: a parcel's bytes in, a parcel's bytes out.
    ///
    /// # Errors
    /// As [`Endpoint::take`].
    pub fn answer(&self, bytes: &[u8]) -> Result<Vec<u8>, RelayError> {
        self.take(bytes)?;
        self.compose()
    }

    /// One exchange: sends what waits, takes what comes back.
    ///
    /// # Errors
    /// [`RelayError`]; whatever the step, everything not acknowledged is sent again next time.
    pub fn exchange(&self, carrier: &dyn Carrier) -> Result<Taken, RelayError> {
        let back = carrier.carry(&self.compose()?)?;
        self.take(&back)
    }

    /// Exchanges until nothing moves any more; returns how many messages of the peer were acted upon.
    ///
    /// # Errors
    /// As [`Endpoint::exchange`].
    pub fn pump(&self, carrier: &dyn Carrier) -> Result<usize, RelayError> {
        let mut fresh = 0;
        loop {
            let taken = self.exchange(carrier)?;
            fresh += taken.fresh;
            let moved = taken.fresh > 0 || taken.acknowledged;
            // What came back fresh is acknowledged by the next exchange, so one more follows.
            if !moved || taken.stuck_at.is_some() {
                return Ok(fresh);
            }
        }
    }

    /// How far both directions have come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn progress(&self) -> Result<Progress, StoreError> {
        let peer = self.peer();
        self.0.store.read(|tx| {
            let state = Peer::load(tx, peer)?;
            let row = tx.query_one(
                "SELECT COUNT(*) FROM relay_outbox WHERE peer = $1 AND (sequence IS NULL OR sequence > $2)",
                &[peer.name().into(), state.acknowledged.into()],
            )?;
            Ok(Progress {
                waiting: row.map_or(Ok(0), |row| row.int(0))?,
                sent: state.sent,
                acknowledged: state.acknowledged,
                received: state.received,
                heard_at: state.heard_at,
            })
        })
    }

    fn report_refused(&self, refusal: ParcelError) -> Result<(), StoreError> {
        let (peer, seams) = (self.peer(), self.0.taker.seams.clone());
        self.0.store.write(move |tx| {
            let row = tx.query_one(
                "INSERT INTO relay_refused (peer, reason, times, first_at, last_at) VALUES ($1, $2, 1, $3, $3)
                 ON CONFLICT (peer, reason) DO UPDATE SET times = relay_refused.times + 1, last_at = excluded.last_at
                 RETURNING times",
                &[peer.name().into(), refusal.word().into(), seams.now().into()],
            )?;
            // A flood is counted; the log and the incident are written at 1, 10, 100 …
            let times = row.map_or(Ok(1), |row| row.int(0))?;
            if times.checked_ilog10().is_some_and(|power| times == 10i64.pow(power)) {
                audit::append(tx, &seams, &ACTOR, Event::RelayRefused, &[("reason", refusal.word())])?;
                open_incident(tx, &seams, "relay_refused", &format!("parcels refused: {refusal}"))?;
            }
            Ok::<_, StoreError>(())
        })
    }

    fn report(&self, kind: &'static str, note: &str) -> Result<(), StoreError> {
        let (seams, note) = (self.0.taker.seams.clone(), note.to_owned());
        self.0.store.write(move |tx| open_incident(tx, &seams, kind, &note))
    }
}

impl Taker {
    fn take_in(&self, tx: &mut Tx, parcel: &Parcel, before: i64) -> Result<(Taken, Option<&'static str>), Stop> {
        let (peer, seams) = (self.zone.other(), &self.seams);
        let mut state = Peer::load(tx, peer)?;
        let mut taken = Taken::default();
        let mut trouble = None;
        if parcel.forked || parcel.acknowledges > state.sent {
            // The peer knows more of our messages than we do, or others: we were set back to a backup.
            trouble = Some("this zone was set back to an older state; its messages were numbered anew");
            tx.execute("UPDATE relay_outbox SET sequence = NULL WHERE peer = $1", &[peer.name().into()])?;
            (state.sent, state.acknowledged) = (parcel.acknowledges, parcel.acknowledges);
        } else if parcel.acknowledges != state.acknowledged {
            // Lower when the peer was set back: what it lost is sent again.
            taken.acknowledged = parcel.acknowledges > state.acknowledged;
            state.acknowledged = parcel.acknowledges;
        }
        state.forked = false;
        for message in &parcel.messages {
            let known = is_known(tx, peer, message)?;
            if message.sequence <= state.received {
                if known {
                    taken.known += 1;
                    continue;
                }
                // This number brought another message before. Taking anything further would acknowledge the loss.
                state.forked = true;
                break;
            }
            if message.sequence > state.received + 1 || message.sequence >= before {
                taken.early += 1;
                continue;
            }
            if known {
                taken.known += 1;
            } else {
                self.act(tx, peer, message)?;
                taken.fresh += 1;
            }
            state.received = message.sequence;
        }
        state.heard_at = Some(seams.now());
        state.save(tx, peer)?;
        Ok((taken, trouble))
    }

    fn act(&self, tx: &mut Tx, peer: Zone, message: &Message) -> Result<(), Stop> {
        match self.router.handle(tx, &self.seams, message) {
            Ok(()) => {}
            Err(HandleError::Store(error)) => return Err(error.into()),
            Err(other) => return Err(Stop::Stuck(message.sequence, other.to_string())),
        }
        tx.execute(
            "INSERT INTO relay_received (peer, id, at) VALUES ($1, $2, $3)",
            &[peer.name().into(), message.id.into(), self.seams.now().into()],
        )?;
        Ok(())
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({})", self.0.taker.zone.name())
    }
}

fn open_incident(tx: &mut Tx, seams: &Seams, kind: &str, note: &str) -> Result<(), StoreError> {
    let report = incidents::Report { service: "relay", kind, stops: false, note };
    incidents::open(tx, seams, &ACTOR, &report)?;
    Ok(())
}

fn is_known(tx: &mut Tx, peer: Zone, message: &Message) -> Result<bool, StoreError> {
    let row = tx.query_one(
        "SELECT 1 FROM relay_received WHERE peer = $1 AND id = $2",
        &[peer.name().into(), message.id.into()],
    )?;
    Ok(row.is_some())
}

/// Gives numbers to messages that have none, in the order of their causes.
fn number(tx: &mut Tx, peer: Zone) -> Result<(), StoreError> {
    let rows = tx.query(
        "SELECT id FROM relay_outbox WHERE peer = $1 AND sequence IS NULL ORDER BY at, id LIMIT $2",
        &[peer.name().into(), (PARCEL_MESSAGES as i64).into()],
    )?;
    let mut state = Peer::load(tx, peer)?;
    for row in &rows {
        state.sent += 1;
        tx.queue("UPDATE relay_outbox SET sequence = $2 WHERE id = $1", &[row.text(0)?.into(), state.sent.into()])?;
    }
    state.save(tx, peer)
}

fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        sequence: row.int(0)?,
        id: row.id(1)?,
        at: row.timestamp(2)?,
        kind: row.text(3)?.to_owned(),
        body: row.blob(4)?.to_vec(),
    })
}
