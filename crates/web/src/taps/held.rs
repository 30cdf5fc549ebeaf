//! What a terminal keeps between two pages: who was shown, what is to be said, which card of the demo's drawer was chosen. In
//! memory alone: a restart forgets, and nothing of it is in an address or a form.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base::{Id, Timestamp};

use super::Shown;
use crate::kiosk::Say;

/// Seconds without a page after which a person is forgotten.
pub const SECONDS: i64 = 120;
/// Seconds after which they are forgotten however busy the pages are: the card is shown again.
pub const MOST_SECONDS: i64 = 600;
/// Seconds for which a page says what a form did, should somebody load it again or in another language.
pub const SAID_SECONDS: i64 = 30;

/// What each terminal keeps.
#[derive(Default)]
pub struct Held(Mutex<HashMap<Id, Kept>>);

#[derive(Default)]
struct Kept {
    person: Option<One>,
    note: Option<Note>,
    card: Option<(String, Timestamp)>,
}

struct One {
    service: &'static str,
    shown: Shown,
    since: Timestamp,
    touched: Timestamp,
    /// What they have here was looked at when they were shown, and the page to which that leads has not been made yet.
    is_looked_at: bool,
}

/// What a form did, said on the page to which it led.
struct Note {
    path: String,
    say: Say,
    /// What was typed into the form, so that it need not be typed again.
    typed: String,
    at: Timestamp,
}

impl Held {
    fn with<T>(&self, terminal: Id, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(terminal).or_default())
    }

    /// Keeps `shown` in the place of whoever was before; what was said to them goes with them.
    pub fn put(&self, terminal: Id, service: &'static str, shown: Shown, now: Timestamp) {
        let person = Some(One { service, shown, since: now, touched: now, is_looked_at: false });
        self.with(terminal, |kept| *kept = Kept { person, note: None, card: None });
    }

    /// Who is kept for `service`; keeps them for as long again.
    pub fn get(&self, terminal: Id, service: &'static str, now: Timestamp) -> Option<Shown> {
        self.with(terminal, |kept| {
            let one = kept.person.as_mut()?;
            if one.service != service
                || now.seconds_since(one.touched) >= SECONDS
                || now.seconds_since(one.since) >= MOST_SECONDS
            {
                kept.person = None;
                return None;
            }
            one.touched = now;
            Some(one.shown.clone())
        })
    }

    /// The form that showed them looked already: the page that follows belongs to the same look.
    pub(crate) fn looked_at(&self, terminal: Id) {
        self.with(terminal, |kept| kept.person.iter_mut().for_each(|one| one.is_looked_at = true));
    }

    /// Whether this page is the one that follows such a form. Once: the page after it is a look of its own.
    pub(crate) fn is_same_look(&self, terminal: Id) -> bool {
        self.with(terminal, |kept| kept.person.as_mut().is_some_and(|one| std::mem::take(&mut one.is_looked_at)))
    }

    /// Forgets who was shown.
    pub fn let_go(&self, terminal: Id) {
        self.with(terminal, |kept| kept.person = None);
    }

    /// Keeps what the page at `path` is to say, and what was typed there.
    pub(crate) fn note(&self, terminal: Id, path: &str, (say, typed): (Say, &str), now: Timestamp) {
        let note = Note { path: path.to_owned(), say, typed: typed.to_owned(), at: now };
        self.with(terminal, |kept| kept.note = Some(note));
    }

    /// What the page at `path` is to say and what was typed there, if a form led there a moment ago.
    pub(crate) fn noted(&self, terminal: Id, path: &str, now: Timestamp) -> Option<(Say, String)> {
        self.with(terminal, |kept| {
            kept.note.take_if(|note| now.seconds_since(note.at) >= SAID_SECONDS);
            kept.note.as_ref().filter(|note| note.path == path).map(|note| (note.say.clone(), note.typed.clone()))
        })
    }

    /// Keeps which card of the drawer was chosen.
    pub(crate) fn choose(&self, terminal: Id, card: Option<&str>, now: Timestamp) {
        self.with(terminal, |kept| kept.card = card.map(|card| (card.to_owned(), now)));
    }

    /// Which card of the drawer was chosen last, by whoever stands here.
    pub(crate) fn chosen(&self, terminal: Id, now: Timestamp) -> Option<String> {
        self.with(terminal, |kept| {
            kept.card.take_if(|(_, at)| now.seconds_since(*at) >= SECONDS);
            kept.card.as_ref().map(|(card, _)| card.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_said_on_its_page_for_half_a_minute_and_goes_with_the_person() {
        let (seams, clock) = base::Seams::simulated(Timestamp::from_seconds(1_000_000), 1);
        let (held, desk, other) = (Held::default(), seams.random_id(), seams.random_id());
        held.note(desk, "/counter/x", (Say::Key("taps-no-number"), "L-1"), seams.now());
        for _ in 0..2 {
            let said = held.noted(desk, "/counter/x", seams.now());
            assert_eq!(said, Some((Say::Key("taps-no-number"), "L-1".to_owned())), "a reload too");
        }
        assert_eq!(held.noted(desk, "/counter/x/person", seams.now()), None);
        assert_eq!(held.noted(other, "/counter/x", seams.now()), None);
        clock.advance_seconds(SAID_SECONDS);
        assert_eq!(held.noted(desk, "/counter/x", seams.now()), None);

        held.choose(desk, Some("3"), seams.now());
        assert_eq!(held.chosen(desk, seams.now()).as_deref(), Some("3"));
        clock.advance_seconds(SECONDS);
        assert_eq!(held.chosen(desk, seams.now()), None);
    }
}
