//! Applying at the machine for one's family register here, by people who live elsewhere (本籍地利用登録).
//!
//! ```text
//!  card nobody here has ─► PIN ─► "unknown" and a way on
//!     ─► town (chosen) ─► number ─► who heads the register ─► (their name in kana) ─► all of it, PIN, password ─► pile
//!          └─ not among them: all of it in kana ─┘    └─ I do: the name on the card
//! ```
//! One question a screen, each answered with a finger. PIN and password are typed on one screen and go to the card on one
//! connection (`signing`): the certificate proves itself, the statement that names it is signed. The machine keeps neither,
//! and says nothing of any register: an officer answers. The towns are those of many registers at once
//! (`tools::family_register::towns`).

use axum::response::Response;
use store::StoreError;
use tools::family_register::towns;

use super::apply_views as views;
use super::keys::pressed;
use super::machine::{At, Place};
use super::say::Say;
use super::session::{Screen, Session, Step};
use super::signing::Secrets;
use crate::error::Failure;
use crate::form::Fields;

pub(super) use views::way;

/// What was chosen and typed so far. Dies with the session.
#[derive(Default)]
pub(super) struct Draft {
    /// Which question is asked.
    pub part: Part,
    /// The first character of the town, where there are many.
    pub initial: Option<char>,
    /// 本籍 up to its number.
    pub town: String,
    /// The rest of it.
    pub number: String,
    /// All of 本籍, when the town is not among those to choose from.
    pub place: String,
    /// Who heads the register.
    pub head: Head,
    /// Their name in kana.
    pub reading: String,
}

/// The questions, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// Which town.
    #[default]
    Town,
    /// All of 本籍 in kana.
    Place,
    /// Which number there.
    Number,
    /// Who heads the register.
    Head,
    /// Their name.
    Reading,
    /// All of it, and the card's secrets.
    Sign,
}

/// 筆頭者.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Head {
    /// The applicant: the name is on the card.
    #[default]
    Applicant,
    /// Somebody whose name was typed.
    Other,
}

impl Draft {
    /// 本籍 as it is signed.
    pub fn domicile(&self) -> String {
        if self.place.is_empty() { format!("{}{}", self.town, self.number) } else { self.place.clone() }
    }

    /// The text that keys spell now.
    pub fn text(&mut self) -> Option<&mut String> {
        match self.part {
            Part::Place => Some(&mut self.place),
            Part::Number => Some(&mut self.number),
            Part::Reading => Some(&mut self.reading),
            Part::Town | Part::Head | Part::Sign => None,
        }
    }

    /// The question after this one is answered.
    fn next(&mut self) {
        self.part = match (self.part, self.head) {
            (Part::Town, _) => Part::Number,
            (Part::Place | Part::Number, _) => Part::Head,
            (Part::Head, Head::Other) => Part::Reading,
            (Part::Head, Head::Applicant) | (Part::Reading | Part::Sign, _) => Part::Sign,
        };
    }

    /// The question before this one.
    fn back(&mut self) {
        self.part = match self.part {
            Part::Town | Part::Place | Part::Number => Part::Town,
            Part::Head if self.place.is_empty() => Part::Number,
            Part::Head => Part::Place,
            Part::Sign if self.head == Head::Other => Part::Reading,
            Part::Reading | Part::Sign => Part::Head,
        };
        if self.part == Part::Town {
            (self.initial, self.place) = (None, String::new());
        }
    }
}

pub(super) async fn open(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Pin, |session, _| {
        if session.may_apply {
            session.screen = Screen::Apply;
        }
        Ok(())
    })
    .await
}

/// Towns to choose from.
fn choices(place: &Place) -> Result<Vec<String>, StoreError> {
    place.issuer.city.store.read(towns::towns)
}

pub(super) async fn page(at: At) -> Result<Response, Failure> {
    at.show(Screen::Apply, |frame, session, place| {
        let towns = if session.draft.part == Part::Town { choices(place)? } else { Vec::new() };
        Ok(views::question(frame, session, &towns))
    })
    .await
}

/// A town, its first character, or that it is not among them.
pub(super) async fn town(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["town", "initial", "other"])?;
    at.step(Screen::Apply, move |session, place| {
        let draft = &mut session.draft;
        if draft.part != Part::Town {
            return Ok(());
        }
        if fields.filled("other").is_some() {
            (draft.part, draft.town, draft.number) = (Part::Place, String::new(), String::new());
        } else if let Some(initial) = fields.filled("initial") {
            draft.initial = initial.chars().next();
        } else {
            let towns = choices(place).map_err(|error| {
                tracing::error!(%error, "the towns could not be read");
                Say::Key("registration-kiosk-later")
            })?;
            if let Some(town) = towns.into_iter().find(|town| town == fields.get("town")) {
                (draft.town, draft.place) = (town, String::new());
                draft.next();
            }
        }
        Ok(())
    })
    .await
}

/// One key, where there is no script.
pub(super) async fn key(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["key"])?;
    // As it is: the space is a key.
    let key = fields.all("key").next().unwrap_or_default().to_owned();
    at.step(Screen::Apply, move |session, _| {
        if let Some(text) = session.draft.text() {
            *text = pressed(text, &key);
        }
        Ok(())
    })
    .await
}

/// What was spelled.
pub(super) async fn text(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["text"])?;
    let typed = fields.get("text").to_owned();
    at.step(Screen::Apply, move |session, _| {
        let Some(text) = session.draft.text() else { return Ok(()) };
        text.clone_from(&typed);
        if typed.is_empty() {
            return Err(Say::Key("registration-typed-nothing"));
        }
        session.draft.next();
        Ok(())
    })
    .await
}

pub(super) async fn head(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["who"])?;
    at.step(Screen::Apply, move |session, _| {
        if session.draft.part == Part::Head {
            session.draft.head = if fields.get("who") == "other" { Head::Other } else { Head::Applicant };
            session.draft.next();
        }
        Ok(())
    })
    .await
}

pub(super) async fn back(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Apply, |session, _| {
        session.draft.back();
        Ok(())
    })
    .await
}

pub(super) async fn applied(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["pin", "password"])?;
    let secrets = Secrets::typed(fields.get("pin"), fields.get("password"));
    at.step(Screen::Apply, move |session, place| match session.draft.part {
        Part::Sign => sign(session, place, &secrets),
        _ => Ok(()),
    })
    .await
}

fn sign(session: &mut Session, place: &Place, secrets: &Secrets) -> Step {
    session.apply(&place.issuer, secrets)?;
    session.may_apply = false;
    session.draft = Draft::default();
    session.screen = Screen::Applied;
    Ok(())
}

pub(super) async fn done(at: At) -> Result<Response, Failure> {
    at.show(Screen::Applied, |frame, session, _| {
        let page = views::thanks(frame);
        session.slot.eject();
        Ok(page)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(part: Part, head: Head) -> Draft {
        Draft { part, head, ..Draft::default() }
    }

    #[test]
    fn every_question_leads_on_and_every_way_back_leads_to_the_first() {
        let parts = [Part::Town, Part::Place, Part::Number, Part::Head, Part::Reading, Part::Sign];
        for (part, head) in parts.into_iter().flat_map(|part| [(part, Head::Applicant), (part, Head::Other)]) {
            let (mut on, mut back) = (at(part, head), at(part, head));
            (0..6).for_each(|_| on.next());
            (0..6).for_each(|_| back.back());
            assert_eq!((on.part, back.part), (Part::Sign, Part::Town), "{part:?} {head:?}");
        }
    }

    #[test]
    fn the_domicile_is_the_town_with_its_number_or_what_was_spelled() {
        let mut draft = at(Part::Number, Head::Applicant);
        (draft.town, draft.number) = ("見本県見本市中央".to_owned(), "1丁目100番地".to_owned());
        assert_eq!(draft.domicile(), "見本県見本市中央1丁目100番地");
        draft.place = "ちゆうおう100".to_owned();
        assert_eq!(draft.domicile(), "ちゆうおう100");
    }
}
