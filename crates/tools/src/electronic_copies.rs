//! Certificates kept for electronic delivery (電子交付), until they can last: the second and third level of a signature
//! are added by a job, when nobody is waiting at a machine (ADR 0045).
//!
//! ```text
//!   keep ─► signed ──stamp──► stamped ──certificates, revocation lists──► lasting ─► erase_at
//!             │ not handed out      │ may be handed out: what comes later only stands behind it
//!             ├─ retried: 1, 2, 4 … minutes, at most a day apart
//!             └─ void (a certificate was revoked) · aside (the bytes are not ours any more): incident; the others go on
//! ```
//! What a machine prints never comes here: its bytes are erased when the paper is out.

use base::{Id, Seams, Timestamp};
use pki::TrustAnchors;
use pki::pades::long_term::{self, EvidenceRefusal, ListSource};
use pki::pades::{self, PadesRefusal, SignError};
use pki::timestamp::TimestampSource;
use store::sealing::{SealError, Vault};
use store::{Store, StoreError, Tx};

use crate::ResidentId;
use crate::access::Actor;
use crate::incidents::{self, Report};

/// Column name for sealing.
const COLUMN: &str = "electronic_copies.sealed";
/// Copies looked at in one run.
const AT_ONCE: usize = 50;
/// The first wait after a failure, and the longest, in seconds. Our own figures.
const WAIT_SECONDS: (i64, i64) = (60, 86_400);

/// How far a copy has come (ETSI EN 319 142-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// B-B: signed; the time-stamping authority did not answer yet.
    Signed,
    /// B-T: an authority vouches for the time.
    Stamped,
    /// B-LT: it can be judged without asking anybody.
    Lasting,
    /// A certificate behind it has been revoked; it is not handed out.
    Void,
    /// Its bytes are not those that were kept; it is not handed out, and nothing is done to it until its time is over.
    Aside,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Stamped => "stamped",
            Self::Lasting => "lasting",
            Self::Void => "void",
            Self::Aside => "aside",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Signed, Self::Stamped, Self::Lasting, Self::Void, Self::Aside]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

/// Why a job or an act failed beneath.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// What raises copies to the next level.
pub struct Means<'a> {
    /// Gives time stamps.
    pub stamps: &'a dyn TimestampSource,
    /// Gives revocation lists.
    pub lists: &'a dyn ListSource,
    /// Whose certificates count, for documents and stamps.
    pub anchors: &'a TrustAnchors,
    /// The service whose copies they are, for incidents.
    pub service: &'static str,
}

/// Keeps a signed certificate until `erase_at`. Sealed before the transaction by [`sealed`].
///
/// # Errors
/// The database.
pub fn keep(
    tx: &mut Tx<'_>,
    request: Id,
    resident: &ResidentId,
    sealed: &[u8],
    level: Level,
    now: Timestamp,
    erase_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO electronic_copies (request_id, resident_id, sealed, level, erase_at, next_try_at, tries) \
         VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (request_id) DO NOTHING",
        &[request.into(), resident.as_str().into(), sealed.into(), level.word().into(), erase_at.into(), now.into()],
    )
    .map(|_| ())
}

/// Seals a certificate for [`keep`].
///
/// # Errors
/// The key store.
pub fn sealed(vault: &Vault, resident: &ResidentId, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    vault.seal(resident.as_str(), COLUMN, bytes)
}

/// A copy as it may be handed out: from [`Level::Stamped`] on, so that nobody holds bytes that change.
///
/// # Errors
/// [`CopyError`].
pub fn deliverable(store: &Store, vault: &Vault, request: Id) -> Result<Option<(Level, Vec<u8>)>, CopyError> {
    let found = store.read::<_, StoreError, _>(|tx| {
        tx.query_one(
            "SELECT level, resident_id, sealed FROM electronic_copies WHERE request_id = $1",
            &[request.into()],
        )?
        .map(|row| Ok((level_of(row.text(0)?)?, row.text(1)?.to_owned(), row.blob(2)?.to_vec())))
        .transpose()
    })?;
    match found {
        Some((level @ (Level::Stamped | Level::Lasting), resident, sealed)) => {
            Ok(Some((level, vault.open_sealed(&resident, COLUMN, &sealed)?)))
        }
        _ => Ok(None),
    }
}

fn level_of(word: &str) -> Result<Level, StoreError> {
    Level::parse(word).ok_or(StoreError::Column { column: 0, wanted: "a level" })
}

struct Due {
    request: Id,
    resident: String,
    sealed: Vec<u8>,
    level: Level,
    tries: i64,
}

/// Raises every copy that is due by as many levels as can be, and erases those whose time is over. Says how many rose. One
/// that cannot be opened or is not ours any more stops no other.
///
/// # Errors
/// [`CopyError`]; what a copy lacks is no error but a later try.
pub fn run(store: &Store, vault: &Vault, seams: &Seams, means: &Means<'_>) -> Result<usize, CopyError> {
    let now = seams.now();
    store.write::<_, StoreError, _>(move |tx| {
        tx.execute("DELETE FROM electronic_copies WHERE erase_at <= $1", &[now.into()])
    })?;
    let due = store.read::<_, StoreError, _>(|tx| due(tx, now))?;
    let mut risen = 0;
    for copy in due {
        let step = match vault.open_sealed(&copy.resident, COLUMN, &copy.sealed) {
            Ok(bytes) => raise(copy.level, bytes, means, now),
            // The person's key was destroyed: so is the copy.
            Err(SealError::Erased) => {
                forget(store, copy.request)?;
                continue;
            }
            Err(SealError::Altered) => Step::Aside,
            // An old copy of the key database: the right one may come back.
            Err(SealError::NoKey) => Step::Waits,
            Err(error @ (SealError::WrongCityKey | SealError::KeyFile { .. } | SealError::Store(_))) => {
                return Err(error.into());
            }
        };
        match step {
            Step::Waits => try_later(store, &copy, now)?,
            Step::To(level, raised) => {
                let sealed = vault.seal(&copy.resident, COLUMN, &raised)?;
                write_level(store, &copy, level, sealed, now)?;
                risen += 1;
            }
            Step::Void => put_away(store, seams, &copy, Level::Void, means.service)?,
            Step::Aside => put_away(store, seams, &copy, Level::Aside, means.service)?,
        }
    }
    Ok(risen)
}

fn due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    tx.query(
        "SELECT level, request_id, resident_id, sealed, tries FROM electronic_copies \
         WHERE level IN ('signed', 'stamped') AND next_try_at <= $1 ORDER BY next_try_at LIMIT $2",
        &[now.into(), i64::try_from(AT_ONCE).unwrap_or(i64::MAX).into()],
    )?
    .iter()
    .map(|row| {
        Ok(Due {
            level: level_of(row.text(0)?)?,
            request: row.id(1)?,
            resident: row.text(2)?.to_owned(),
            sealed: row.blob(3)?.to_vec(),
            tries: row.int(4)?,
        })
    })
    .collect()
}

/// What becomes of a copy.
enum Step {
    /// It rises.
    To(Level, Vec<u8>),
    /// It is tried again.
    Waits,
    /// See [`Level::Void`].
    Void,
    /// See [`Level::Aside`].
    Aside,
}

/// One or two levels up, as far as what is needed can be had.
fn raise(before: Level, bytes: Vec<u8>, means: &Means<'_>, now: Timestamp) -> Step {
    let (level, bytes) = match before {
        Level::Signed => match pades::stamp(&bytes, means.stamps) {
            Ok(stamped) if stamped.stamp.is_ok() => (Level::Stamped, stamped.bytes),
            Ok(stamped) => {
                let reason = stamped.stamp.map(|_| ()).map_err(|error| error.to_string());
                tracing::warn!(?reason, "an electronic copy waits for its time stamp");
                return Step::Waits;
            }
            Err(error) => {
                tracing::error!(%error, "an electronic copy is none that we signed");
                return Step::Aside;
            }
        },
        other => (other, bytes),
    };
    let evidence = long_term::collect(&bytes, means.anchors, means.lists, now);
    match evidence.and_then(|evidence| Ok(long_term::append(&bytes, &evidence)?)) {
        Ok(lasting) => Step::To(Level::Lasting, lasting),
        Err(EvidenceRefusal::Revoked) => Step::Void,
        // Evidence is there already: another process was faster, or the level was not written.
        Err(EvidenceRefusal::Sign(SignError::HasForm)) => Step::To(Level::Lasting, bytes),
        Err(EvidenceRefusal::Signature(refusal)) if is_altered(&refusal) => {
            tracing::error!(%refusal, "an electronic copy is not what was signed");
            Step::Aside
        }
        Err(error) => {
            tracing::info!(%error, "an electronic copy waits for its evidence");
            if level == before { Step::Waits } else { Step::To(level, bytes) }
        }
    }
}

/// Whether no later day can make the file good: its bytes are wrong, not what it is judged by.
const fn is_altered(refusal: &PadesRefusal) -> bool {
    match refusal {
        PadesRefusal::NotSigned
        | PadesRefusal::MalformedPdf { .. }
        | PadesRefusal::NotWholeFile
        | PadesRefusal::Altered
        | PadesRefusal::MalformedSignature(_)
        | PadesRefusal::UnacceptedForm(_)
        | PadesRefusal::BadSignature => true,
        PadesRefusal::ForeignAuthority
        | PadesRefusal::TestAuthority
        | PadesRefusal::WrongCertificate
        | PadesRefusal::CertificateNotCurrent
        | PadesRefusal::Revoked => false,
    }
}

fn write_level(store: &Store, copy: &Due, level: Level, sealed: Vec<u8>, now: Timestamp) -> Result<(), StoreError> {
    let (request, before) = (copy.request, copy.level);
    store
        .write(move |tx| {
            // A level is left once: of two processes the first one wins.
            tx.execute(
                "UPDATE electronic_copies SET level = $1, sealed = $2, tries = 0, next_try_at = $3 \
                 WHERE request_id = $4 AND level = $5",
                &[level.word().into(), sealed.as_slice().into(), now.into(), request.into(), before.word().into()],
            )
        })
        .map(|_| ())
}

/// Takes a copy out of the job for good, as it is, and tells staff.
fn put_away(store: &Store, seams: &Seams, copy: &Due, level: Level, service: &'static str) -> Result<(), StoreError> {
    let (request, before, seams) = (copy.request, copy.level, seams.clone());
    let (kind, what) = match level {
        Level::Void => ("electronic-copy-void", "a certificate behind an electronic copy was revoked"),
        _ => {
            ("electronic-copy-altered", "an electronic copy is not what was kept; how it was altered must be found out")
        }
    };
    store.write(move |tx| {
        let changed = tx.execute(
            "UPDATE electronic_copies SET level = $1 WHERE request_id = $2 AND level = $3",
            &[level.word().into(), request.into(), before.word().into()],
        )?;
        if changed == 1 {
            let note = format!("{what}; request {request}");
            let report = Report { service, kind, stops: false, note: &note };
            incidents::open(tx, &seams, &Actor::System { job: "electronic-copies" }, &report)?;
        }
        Ok(())
    })
}

fn try_later(store: &Store, copy: &Due, now: Timestamp) -> Result<(), StoreError> {
    let (request, tries) = (copy.request, copy.tries);
    let wait = (WAIT_SECONDS.0 << tries.clamp(0, 20)).min(WAIT_SECONDS.1);
    store
        .write(move |tx| {
            tx.execute(
                "UPDATE electronic_copies SET tries = $1, next_try_at = $2 WHERE request_id = $3",
                &[(tries + 1).into(), now.plus_seconds(wait).into(), request.into()],
            )
        })
        .map(|_| ())
}

fn forget(store: &Store, request: Id) -> Result<(), StoreError> {
    store
        .write(move |tx| tx.execute("DELETE FROM electronic_copies WHERE request_id = $1", &[request.into()]))
        .map(|_| ())
}
