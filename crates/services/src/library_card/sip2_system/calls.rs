//! Each thing a library does, as messages.

use base::Yen;
use sip2::Message;
use sip2::codes::{Answers, CirculationStatus, HoldMode, Listed};
use sip2::field::{OneZero, Supported, YesNo};
use sip2::message::{
    BlockPatron, Checkin, CheckinAnswer, Checkout, EndPatronSession, FeePaid, Hold as HoldQuestion, ItemInformation,
    MachineStatus, Renew, RenewAll,
};

use super::{Found, MOST_LOOKED_UP, Sip2System, due_date, standing, yen};
use crate::library_card::system::{
    AllRenewed, Answer, Hold, Item, Lent, LibraryError, LibrarySystem, Loan, No, Offers, Patron, Place, Returned,
};

/// No in the library's own words.
fn says_no<T>(no: No, screen: Vec<String>) -> Answer<T> {
    Err(LibraryError::No(no, screen))
}

impl Sip2System {
    fn is_listed(&self, patron: &str, list: Listed, item: &str) -> Answer<bool> {
        let answer = self.information(patron, Some(list))?;
        let listed = match list {
            Listed::Charged => answer.charged_items,
            Listed::Hold => answer.hold_items,
            _ => answer.unavailable_hold_items,
        };
        if listed.iter().any(|one| one == item) {
            return Ok(true);
        }
        // Some systems list titles instead of numbers.
        let title = self.item(item)?.title;
        Ok(!title.is_empty() && listed.contains(&title))
    }

    fn is_reserved(&self, patron: &str, item: &str) -> Answer<bool> {
        Ok(self.is_listed(patron, Listed::Hold, item)? || self.is_listed(patron, Listed::Unavailable, item)?)
    }

    fn lent(&self, item: &str) -> Answer<Lent> {
        let known = self.item(item)?;
        Ok(Lent { item: item.to_owned(), title: known.title, due: known.due, said: Vec::new() })
    }

    fn hold_message(&self, mode: HoldMode, patron: &str, item: &str) -> Message {
        HoldQuestion {
            mode,
            at: self.now(),
            institution: self.institution(),
            patron: patron.to_owned(),
            patron_password: Some(String::new()),
            item: Some(item.to_owned()),
            terminal_password: Some(String::new()),
            ..HoldQuestion::default()
        }
        .into()
    }
}

fn came_back(answer: CheckinAnswer) -> Answer<Returned> {
    if answer.ok != OneZero(true) {
        return says_no(No::Other, answer.screen);
    }
    Ok(Returned {
        title: answer.title.unwrap_or_default(),
        place: answer.permanent_location.0,
        is_wanted: answer.alert == YesNo(true),
        bin: answer.sort_bin,
        said: answer.screen,
    })
}

impl LibrarySystem for Sip2System {
    fn check(&self) -> Answer<Offers> {
        let Message::SystemStatus(status) = self.look(&MachineStatus::default().into())? else {
            return Err(LibraryError::Malformed("98"));
        };
        if status.online != YesNo(true) {
            return Err(LibraryError::Maintenance);
        }
        let supported = Supported::parse(&status.supported.0);
        let has = |message| supported.is_none_or(|supported| supported.has(message));
        Ok(Offers {
            lending: status.checkout_ok.0 && has(Answers::Checkout),
            returning: status.checkin_ok.0 && has(Answers::Checkin),
            renewing: status.renewal_ok.0 && has(Answers::Renew),
            holding: has(Answers::Hold),
            paying: has(Answers::FeePaid),
            blocking: has(Answers::BlockPatron),
        })
    }

    fn borrow_item(&self, patron: &str, item: &str) -> Answer<Lent> {
        let question = Checkout {
            at: self.now(),
            no_block_due: self.now(),
            institution: self.institution(),
            patron: patron.to_owned(),
            item: item.to_owned(),
            patron_password: Some(String::new()),
            ..Checkout::default()
        };
        let read = |message| {
            let Message::CheckoutAnswer(answer) = message else { return Err(LibraryError::Malformed("12")) };
            if answer.ok != OneZero(true) {
                return says_no(No::Other, answer.screen);
            }
            let due = due_date(&answer.due.0);
            Ok(Lent { item: item.to_owned(), title: answer.title.0, due, said: answer.screen })
        };
        self.change(&question.into(), read, || {
            Ok(match self.is_listed(patron, Listed::Charged, item)? {
                true => Found::Done(self.lent(item)?),
                false => Found::NotDone,
            })
        })
    }

    fn return_item(&self, item: &str) -> Answer<Returned> {
        let question = Checkin {
            at: self.now(),
            returned: self.now(),
            institution: self.institution(),
            item: item.to_owned(),
            ..Checkin::default()
        };
        let read = |message| match message {
            Message::CheckinAnswer(answer) => came_back(*answer),
            _ => Err(LibraryError::Malformed("10")),
        };
        self.change(&question.into(), read, || {
            let known = self.item(item)?;
            Ok(match known.place {
                Place::Lent => Found::NotDone,
                Place::Shelf => Found::Done(Returned { title: known.title, ..Returned::default() }),
                Place::Held => Found::Done(Returned { title: known.title, is_wanted: true, ..Returned::default() }),
                Place::Elsewhere => Found::Unknown,
            })
        })
    }

    fn renew(&self, patron: &str, item: &str) -> Answer<Lent> {
        // Looked at before, so that afterwards a later day proves that it was done.
        let before = self.item(item).ok().and_then(|known| known.due);
        let question = Renew {
            at: self.now(),
            no_block_due: self.now(),
            institution: self.institution(),
            patron: patron.to_owned(),
            patron_password: Some(String::new()),
            item: Some(item.to_owned()),
            terminal_password: Some(String::new()),
            ..Renew::default()
        };
        let read = |message| {
            let Message::RenewAnswer(answer) = message else { return Err(LibraryError::Malformed("30")) };
            if answer.ok != OneZero(true) {
                return says_no(No::NotRenewable, answer.screen);
            }
            let due = due_date(&answer.due.0);
            Ok(Lent { item: item.to_owned(), title: answer.title.0, due, said: answer.screen })
        };
        self.change(&question.into(), read, || {
            let now = self.lent(item)?;
            Ok(match (before, now.due) {
                (Some(before), Some(due)) if due > before => Found::Done(now),
                (Some(before), Some(due)) if due == before => Found::NotDone,
                _ => Found::Unknown,
            })
        })
    }

    fn renew_all(&self, patron: &str) -> Answer<AllRenewed> {
        let question = RenewAll {
            at: self.now(),
            institution: self.institution(),
            patron: patron.to_owned(),
            patron_password: Some(String::new()),
            terminal_password: Some(String::new()),
            ..RenewAll::default()
        };
        let read = |message| {
            let Message::RenewAllAnswer(answer) = message else { return Err(LibraryError::Malformed("66")) };
            if answer.ok != OneZero(true) && answer.renewed_items.is_empty() && answer.unrenewed_items.is_empty() {
                return says_no(No::NotRenewable, answer.screen);
            }
            Ok(AllRenewed { renewed: answer.renewed_items, left: answer.unrenewed_items })
        };
        self.change(&question.into(), read, || Ok(Found::Unknown))
    }

    fn hold(&self, patron: &str, item: &str) -> Answer<Option<u32>> {
        let read = |message| {
            let Message::HoldAnswer(answer) = message else { return Err(LibraryError::Malformed("16")) };
            match answer.ok {
                OneZero(true) => Ok(answer.queue.and_then(|text| text.trim().parse().ok())),
                OneZero(false) => says_no(No::Taken, answer.screen),
            }
        };
        self.change(&self.hold_message(HoldMode::Add, patron, item), read, || {
            Ok(if self.is_reserved(patron, item)? { Found::Done(None) } else { Found::NotDone })
        })
    }

    fn cancel_hold(&self, patron: &str, item: &str) -> Answer<()> {
        let read = |message| {
            let Message::HoldAnswer(answer) = message else { return Err(LibraryError::Malformed("16")) };
            if answer.ok == OneZero(true) { Ok(()) } else { says_no(No::NotThere, answer.screen) }
        };
        self.change(&self.hold_message(HoldMode::Delete, patron, item), read, || {
            Ok(if self.is_reserved(patron, item)? { Found::NotDone } else { Found::Done(()) })
        })
    }

    fn pay(&self, patron: &str, amount: Yen) -> Answer<()> {
        let before = yen(self.information(patron, None)?.fee.as_deref());
        let question = FeePaid {
            at: self.now(),
            currency: sip2::field::Currency(*b"JPY"),
            amount: amount.0.to_string(),
            institution: self.institution(),
            patron: patron.to_owned(),
            ..FeePaid::default()
        };
        let read = |message| {
            let Message::FeePaidAnswer(answer) = message else { return Err(LibraryError::Malformed("38")) };
            if answer.accepted == YesNo(true) { Ok(()) } else { says_no(No::Amount, answer.screen) }
        };
        self.change(&question.into(), read, || {
            let now = yen(self.information(patron, None)?.fee.as_deref());
            Ok(match () {
                () if now == before => Found::NotDone,
                () if now == before - amount.0 => Found::Done(()),
                () => Found::Unknown,
            })
        })
    }

    fn patron(&self, patron: &str) -> Answer<Patron> {
        let charged = self.information(patron, Some(Listed::Charged))?;
        // BL may be left out. Then a patron who may do nothing and has no name is nobody whose number is confirmed.
        let is_confirmed = charged.is_valid.as_deref() == Some("Y");
        if !is_confirmed && charged.name.0.trim().is_empty() && standing(charged.status).no_loans {
            return says_no(No::Closed, charged.screen);
        }
        let mut budget = MOST_LOOKED_UP;
        let today = self.seams.today();
        let mut known = Patron {
            standing: standing(charged.status),
            owed: yen(charged.fee.as_deref()),
            said: charged.screen,
            ..Patron::default()
        };
        for listed in charged.charged_items {
            let (title, due) = self.titled(&listed, &mut budget);
            let is_overdue = due.is_some_and(|due| due < today);
            known.loans.push(Loan { item: listed, title, due, is_overdue });
        }
        for (list, is_ready) in [(Listed::Hold, true), (Listed::Unavailable, false)] {
            let answer = self.information(patron, Some(list))?;
            for listed in if is_ready { answer.hold_items } else { answer.unavailable_hold_items } {
                if known.holds.iter().all(|hold| hold.item != listed) {
                    let (title, _) = self.titled(&listed, &mut budget);
                    known.holds.push(Hold { item: listed, title, is_ready });
                }
            }
        }
        Ok(known)
    }

    fn item(&self, item: &str) -> Answer<Item> {
        let question = ItemInformation {
            at: self.now(),
            institution: self.institution(),
            item: item.to_owned(),
            terminal_password: Some(String::new()),
            ..ItemInformation::default()
        };
        let Message::ItemInformationAnswer(answer) = self.look(&question.into())? else {
            return Err(LibraryError::Malformed("18"));
        };
        if answer.circulation == CirculationStatus::Other && answer.title.0.is_empty() {
            return says_no(No::UnknownItem, answer.screen);
        }
        let place = match answer.circulation {
            CirculationStatus::Available | CirculationStatus::WaitingReshelving => Place::Shelf,
            CirculationStatus::Charged | CirculationStatus::ChargedNotRecallable => Place::Lent,
            CirculationStatus::WaitingOnHoldShelf => Place::Held,
            _ => Place::Elsewhere,
        };
        let due = answer.due.as_deref().and_then(due_date);
        Ok(Item { item: item.to_owned(), title: answer.title.0, place, due })
    }

    fn block(&self, patron: &str, why: &str) -> Answer<()> {
        let question = BlockPatron {
            card_retained: YesNo(true),
            at: self.now(),
            institution: self.institution(),
            message: why.into(),
            patron: patron.to_owned(),
            ..BlockPatron::default()
        };
        // Blocked twice is blocked.
        self.look(&question.into()).map(drop)
    }

    fn end_session(&self, patron: &str) -> Answer<()> {
        let question = EndPatronSession {
            at: self.now(),
            institution: self.institution(),
            patron: patron.to_owned(),
            ..EndPatronSession::default()
        };
        self.look(&question.into()).map(drop)
    }
}
