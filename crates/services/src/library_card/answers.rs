//! What residents ask about themselves, answered inside: their number is found (their own access, disclosed to them), the library
//! is asked, and what it says is sealed to the look it answers. Nothing of it is kept.
//!
//! The library may be slow; it is asked on threads of its own, so that other post does not wait. A wish is done at most once: its
//! id is written before the library is asked. A process that dies in between leaves it undone, and the page then shows what the
//! library really has.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use base::{Id, Timestamp};
use store::{StoreError, Tx};
use tools::access::{self, Actor, Duty, Item, Purpose};
use tools::portal::post::Opened;
use tools::portal::{AccountId, Post, PostError, link, own_records};
use tools::{Inside, ResidentId};

use super::own::{ANSWER, Look, Told, Wish};
use super::patron;
use super::system::{LibraryError, LibrarySystem};

/// Looks that wait at most; more wait in the post.
const MOST_WAITING: usize = 64;
/// Threads that ask the library.
const THREADS: usize = 2;
/// Looks of one account an hour: whoever holds the outside cannot ask without end.
const AN_HOUR: i64 = 60;
/// Seconds for which the id of a wish is kept.
const WISH_KEPT: i64 = 86_400;

/// Where looks are answered; its threads end when it is dropped.
pub struct Answers {
    waiting: Option<SyncSender<(AccountId, Id, Look)>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Work {
    city: Inside,
    post: Arc<Post>,
    system: Option<Arc<dyn LibrarySystem>>,
}

impl Answers {
    /// Starts the threads. Without a system everybody is told that there is none.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(city: Inside, post: Arc<Post>, system: Option<Arc<dyn LibrarySystem>>) -> std::io::Result<Self> {
        let (waiting, looks) = sync_channel(MOST_WAITING);
        let (looks, work) = (Arc::new(Mutex::new(looks)), Work { city, post, system });
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            let (looks, work) = (looks.clone(), work.clone());
            threads.push(std::thread::Builder::new().name("library-looks".into()).spawn(move || {
                while let Some((account, message, look)) = next(&looks) {
                    if let Err(error) = work.answer(account, message, &look) {
                        tracing::warn!(%error, "a look at the library was not answered");
                    }
                }
            })?);
        }
        Ok(Self { waiting: Some(waiting), threads })
    }

    /// Takes [`super::own::LOOK`].
    ///
    /// # Errors
    /// [`PostError::Later`] while too many wait.
    pub fn take(&self, opened: &Opened) -> Result<(), PostError> {
        let look: Look = opened.json()?;
        let waiting = self.waiting.as_ref().ok_or(PostError::Later("the library's threads have ended"))?;
        match waiting.try_send((opened.account, opened.message, look)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                Err(PostError::Later("too many look at the library"))
            }
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.waiting = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn next(looks: &Mutex<Receiver<(AccountId, Id, Look)>>) -> Option<(AccountId, Id, Look)> {
    looks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What was found out before the library is asked.
enum Who {
    Nobody,
    TooOften,
    Resident {
        resident: ResidentId,
        /// Whether the wish, if there is one, was never taken before.
        is_first: bool,
    },
}

impl Work {
    fn answer(&self, account: AccountId, message: Id, look: &Look) -> Result<(), PostError> {
        let told = match self.who(account, message, look.wish.is_some())? {
            Who::Nobody => Told::NotRegistered,
            Who::TooOften => Told::Trouble("library-too-often".to_owned()),
            Who::Resident { resident, is_first } => self.told(&resident, look.wish.as_ref(), is_first)?,
        };
        let answered = look.seal(&told)?;
        let (post, seams) = (self.post.clone(), self.city.seams.clone());
        self.city.store.write(move |tx| post.send(tx, &seams, account, ANSWER, &answered).map(drop))
    }

    fn who(&self, account: AccountId, message: Id, has_wish: bool) -> Result<Who, PostError> {
        let seams = self.city.seams.clone();
        self.city.store.write::<_, PostError, _>(move |tx| {
            let Some(resident) = link::resident_of(tx, account)? else { return Ok(Who::Nobody) };
            if !own_records::may_answer_up_to(tx, &seams, account, super::own::LOOK, AN_HOUR)? {
                return Ok(Who::TooOften);
            }
            let actor = Actor::Resident { resident: resident.clone(), terminal: None };
            let purpose = Purpose::new(Duty::Library).reading(&[Item::ServiceNumber]);
            access::person(tx, &seams, &actor, &purpose, &resident)?;
            let is_first = !has_wish
                || tx.execute(
                    "INSERT INTO library_wishes (wish_id, taken_at) VALUES ($1, $2) ON CONFLICT (wish_id) DO NOTHING",
                    &[message.into(), seams.now().into()],
                )? == 1;
            Ok(Who::Resident { resident, is_first })
        })
    }

    fn told(&self, resident: &ResidentId, wish: Option<&Wish>, is_first: bool) -> Result<Told, PostError> {
        let later = |error: patron::ShownError| {
            tracing::error!(%error, "a patron number could not be looked up");
            PostError::Later("the database of cards")
        };
        let cards = patron::of_resident(&self.city, resident).map_err(later)?;
        let today = self.city.seams.today();
        let Some(card) = cards.iter().find(|card| card.is_usable(today)) else {
            let live = cards.iter().find(|card| card.status.is_live());
            return Ok(live.map_or(Told::NotRegistered, |card| Told::Stopped(card.status.word().to_owned())));
        };
        let Some(system) = &self.system else { return Ok(Told::Trouble("library-off".to_owned())) };
        let number = card.number.reveal().as_str();
        let outcome = wish.map(|wish| match is_first {
            true => done(system.as_ref(), number, wish),
            // Taken before, and its answer was lost: the list below says what the library has.
            false => ("library-unclear".to_owned(), Vec::new()),
        });
        Ok(match system.patron(number) {
            Ok(patron) => Told::Known { patron, outcome },
            Err(error) => Told::Trouble(error.word().to_owned()),
        })
    }
}

/// Does what is wished; the key of the words for what became of it, and the library's own words.
fn done(system: &dyn LibrarySystem, number: &str, wish: &Wish) -> (String, Vec<String>) {
    let word = |key: &str| (key.to_owned(), Vec::new());
    let became = match wish {
        Wish::Renew(item) => system.renew(number, item).map(|lent| ("library-done-renewed".to_owned(), lent.said)),
        Wish::RenewAll => system.renew_all(number).map(|all| {
            word(match (all.renewed.is_empty(), all.left.is_empty()) {
                (false, true) => "library-done-all-renewed",
                (false, false) => "library-done-some-renewed",
                (true, _) => "library-done-none-renewed",
            })
        }),
        Wish::CancelHold(item) => system.cancel_hold(number, item).map(|()| word("library-done-cancelled")),
    };
    became.unwrap_or_else(|error| {
        let key = error.word().to_owned();
        let said = if let LibraryError::No(_, said) = error { said } else { Vec::new() };
        (key, said)
    })
}

/// Forgets ids of wishes after a day.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM library_wishes WHERE taken_at < $1", &[now.plus_seconds(-WISH_KEPT).into()])
}
