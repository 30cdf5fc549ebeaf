//! Challenges and people at the machines that talk by the kiosk protocol, in the memory of one process, as the pages'
//! sessions are (ADR 0030): a centre keeps one process for one person. What must outlive the process are requests, and
//! they are rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base::{Id, Kind, Timestamp};
use pki::Challenge;
use pki::challenge::MAX_AGE_SECONDS;
use services::convenience_certificates::{Applicant, FamilyMemberShown, Issuer, MemberShown, State, actions, requests};
use store::StoreError;

use crate::error::Failure;

/// Seconds without a request in it after which a session ends.
pub const IDLE_SECONDS: i64 = 300;
/// Seconds after which it ends, however busy.
pub const LONGEST_SECONDS: i64 = 15 * 60;
/// Challenges that one machine may have out at a time.
const MOST_CHALLENGES: usize = 16;

/// A session's secret, held by the machine only.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret([u8; 32]);

impl Secret {
    /// Reads the field.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// As the machine is given it.
    pub fn text(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        hash
    }
}

/// One person at one machine. Dies with the session; nothing of it is written down.
pub(super) struct Person {
    /// Which machine.
    pub terminal: Id,
    /// Who, proven by a card.
    pub applicant: Applicant,
    /// Their household; a machine knows its people by their place in it.
    pub members: Vec<MemberShown>,
    /// Those in their family register, once a machine asked for a paper of it: known by their place as well.
    pub family: Vec<FamilyMemberShown>,
    /// The request under way, or the last one.
    pub request: Option<Id>,
    /// Pages of the document that are taken one by one; each is gone once it was taken.
    pub pages: Vec<Option<Vec<u8>>>,
    began: Timestamp,
    touched: Timestamp,
}

impl Person {
    /// Somebody who just proved who they are.
    pub const fn new(terminal: Id, applicant: Applicant, members: Vec<MemberShown>, now: Timestamp) -> Self {
        let (began, touched) = (now, now);
        Self { terminal, applicant, members, family: Vec::new(), request: None, pages: Vec::new(), began, touched }
    }

    /// Seconds until the session ends, however busy.
    pub const fn ends_in(&self, now: Timestamp) -> i64 {
        LONGEST_SECONDS - now.seconds_since(self.began)
    }

    const fn is_over(&self, now: Timestamp) -> bool {
        // A clock that ran backwards keeps nobody longer either.
        now.seconds_since(self.touched).abs() >= IDLE_SECONDS || now.seconds_since(self.began).abs() >= LONGEST_SECONDS
    }
}

type Sessions = HashMap<[u8; 32], Arc<Mutex<Option<Person>>>>;

/// All machines of this process that talk by the protocol.
pub struct Desk {
    /// The means of issuing.
    pub issuer: Issuer,
    most_sessions: usize,
    sessions: Mutex<Sessions>,
    challenges: Mutex<HashMap<Id, Challenge>>,
    /// How many sheets each document that is being printed has, all copies together.
    sheets: Mutex<HashMap<Id, u32>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Machines that issue with `issuer`, with at most `most_sessions` people at them at one time.
    pub fn new(issuer: Issuer, most_sessions: usize) -> Self {
        let (sessions, challenges, sheets) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { issuer, most_sessions, sessions, challenges, sheets }
    }

    fn now(&self) -> Timestamp {
        self.issuer.city.seams.now()
    }

    /// A fresh challenge for `terminal`, and the id under which it comes back.
    pub(super) fn challenge(&self, terminal: Id) -> (Id, Challenge) {
        let seams = &self.issuer.city.seams;
        let (id, now) = (seams.random_id(), seams.now());
        let challenge = Challenge::new(seams, self.issuer.audience.clone(), terminal.to_string());
        let mut out = locked(&self.challenges);
        out.retain(|_, one| now.seconds_since(one.issued_at).abs() <= MAX_AGE_SECONDS);
        let theirs = |one: &&Challenge| one.terminal == challenge.terminal;
        if out.values().filter(theirs).count() >= MOST_CHALLENGES {
            let oldest = out.iter().filter(|(_, one)| theirs(one)).min_by_key(|(_, one)| one.issued_at);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                out.remove(&oldest);
            }
        }
        out.insert(id, challenge.clone());
        (id, challenge)
    }

    /// Takes a challenge of ours back, once.
    pub(super) fn challenge_back(&self, id: Id) -> Option<Challenge> {
        locked(&self.challenges).remove(&id)
    }

    /// Whether one more person may begin (I16: load is shed before anybody has begun).
    pub(super) fn has_room(&self) -> bool {
        locked(&self.sessions).len() < self.most_sessions
    }

    /// Begins a session.
    pub(super) fn open(&self, person: Person) -> Secret {
        let secret = Secret(self.issuer.city.seams.random.bytes());
        locked(&self.sessions).insert(secret.hash(), Arc::new(Mutex::new(Some(person))));
        secret
    }

    /// Acts for the person of this session, one act at a time.
    ///
    /// # Errors
    /// The session ended, or is another machine's; what `act` answers.
    pub(super) fn with<T>(
        &self,
        secret: &Secret,
        terminal: Id,
        act: impl FnOnce(&mut Person) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let ended = || Failure::saying(Kind::Gone, "kiosk-api-session-ended");
        let session = locked(&self.sessions).get(&secret.hash()).cloned().ok_or_else(ended)?;
        let mut place = locked(&session);
        let now = self.now();
        if place.as_ref().is_some_and(|person| person.is_over(now)) {
            self.leave(place.take());
            locked(&self.sessions).remove(&secret.hash());
        }
        let person = place.as_mut().ok_or_else(ended)?;
        if person.terminal != terminal {
            return Err(Failure::saying(Kind::Forbidden, "kiosk-api-session-not-yours"));
        }
        person.touched = now;
        act(person)
    }

    /// Ends a session: everything in it is erased, and what is under way ends with it.
    ///
    /// # Errors
    /// As [`Desk::with`].
    pub(super) fn end(&self, secret: &Secret, terminal: Id) -> Result<(), Failure> {
        // Only whose session it is may end it.
        self.with(secret, terminal, |_| Ok(()))?;
        let session = locked(&self.sessions).remove(&secret.hash());
        if let Some(session) = session {
            self.leave(locked(&session).take());
        }
        Ok(())
    }

    /// Ends whatever sessions run at this terminal: staff stopped it.
    pub fn end_sessions_at(&self, terminal: Id) {
        self.end_those(|person| person.terminal == terminal);
    }

    /// Ends sessions whose time has run out. Called every second.
    pub fn look_after(&self) {
        let now = self.now();
        self.end_those(|person| person.is_over(now));
    }

    fn end_those(&self, which: impl Fn(&Person) -> bool) {
        let sessions: Vec<_> = locked(&self.sessions).iter().map(|(key, one)| (*key, one.clone())).collect();
        for (key, session) in sessions {
            // One that is being worked on is not left.
            let Ok(mut place) = session.try_lock() else { continue };
            if place.as_ref().is_none_or(&which) {
                self.leave(place.take());
                locked(&self.sessions).remove(&key);
            }
        }
    }

    /// Ends the request of a person who left, unless the paper is coming out: then the machine still tells how that ended,
    /// or time does.
    fn leave(&self, person: Option<Person>) {
        let Some(id) = person.and_then(|person| person.request) else { return };
        let city = &self.issuer.city;
        let state = city.store.read::<_, StoreError, _>(|tx| Ok(requests::find(tx, id)?.map(|found| found.state)));
        if matches!(state, Ok(Some(State::AwaitingPayment | State::Paid | State::Ready)))
            && let Err(error) = actions::stop(city, id)
        {
            tracing::error!(%error, "a request that was left could not be ended; the sweep ends it");
        }
        self.sheets_out(id);
    }

    /// A document of so many sheets goes to the printer.
    pub(super) fn sheets_in(&self, id: Id, sheets: u32) {
        locked(&self.sheets).insert(id, sheets);
    }

    /// How many sheets the document being printed has, if this process gave it out.
    pub(super) fn sheets_of(&self, id: Id) -> Option<u32> {
        locked(&self.sheets).get(&id).copied()
    }

    /// It is printed, or will not be.
    pub(super) fn sheets_out(&self, id: Id) {
        locked(&self.sheets).remove(&id);
    }
}
