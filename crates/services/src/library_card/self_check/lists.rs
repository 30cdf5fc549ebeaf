//! Patrons with their lists, items, and what is lent, taken back, renewed, reserved and paid.

use sip2::Message;
use sip2::codes::{CirculationStatus, HoldMode, Listed};
use sip2::field::{Always, Digits, OneZero, YesNo};
use sip2::message::*;

use super::{Conversation, Not, amount, due_text, flags, listed, slice};
use crate::library_card::system::{Lent, LibraryError, No, Place};

fn count(many: usize) -> Digits<4> {
    Digits(Some(u16::try_from(many).unwrap_or(9999).min(9999)))
}

impl Conversation {
    pub(super) fn patron_information(&mut self, asked: PatronInformation) -> Message {
        let told = self.known(&asked.patron);
        let list = asked.summary.asked();
        let answer = PatronInformationAnswer {
            language: asked.language,
            at: self.at(),
            institution: self.institution(),
            patron: asked.patron,
            ..PatronInformationAnswer::default()
        };
        let patron = match told {
            Ok(patron) => patron,
            Err(not) => {
                return PatronInformationAnswer {
                    status: not.flags(),
                    is_valid: Some("N".to_owned()),
                    screen: not.words(),
                    ..answer
                }
                .into();
            }
        };
        let many = |list| count(listed(&patron, list).len());
        let mut answer = PatronInformationAnswer {
            status: flags(patron.standing),
            holds: many(Listed::Hold),
            overdue: many(Listed::Overdue),
            charged: many(Listed::Charged),
            fines: count(usize::from(patron.owed > 0)),
            recalls: count(0),
            unavailable_holds: many(Listed::Unavailable),
            is_valid: Some("Y".to_owned()),
            currency: Some("JPY".to_owned()),
            fee: Some(patron.owed.to_string()),
            screen: patron.said.clone(),
            ..answer
        };
        if let Some(list) = list {
            let items = slice(listed(&patron, list), asked.start_item.as_deref(), asked.end_item.as_deref());
            let place = match list {
                Listed::Hold => &mut answer.hold_items,
                Listed::Overdue => &mut answer.overdue_items,
                Listed::Charged => &mut answer.charged_items,
                Listed::Fine => &mut answer.fine_items,
                Listed::Recall => &mut answer.recall_items,
                Listed::Unavailable => &mut answer.unavailable_hold_items,
            };
            *place = items;
        }
        answer.into()
    }

    pub(super) fn item_information(&self, item: String) -> Message {
        let answer = ItemInformationAnswer { at: self.at(), item: item.clone(), ..ItemInformationAnswer::default() };
        match self.desk.system.item(&item) {
            Ok(known) => ItemInformationAnswer {
                circulation: match known.place {
                    Place::Shelf => CirculationStatus::Available,
                    Place::Lent => CirculationStatus::Charged,
                    Place::Held => CirculationStatus::WaitingOnHoldShelf,
                    Place::Elsewhere => CirculationStatus::Other,
                },
                title: Always(known.title),
                due: known.due.map(|due| due_text(Some(due)).0),
                ..answer
            },
            Err(error) => ItemInformationAnswer { screen: Not::Library(error).words(), ..answer },
        }
        .into()
    }

    pub(super) fn check_out(&mut self, asked: Checkout) -> Message {
        let told = self.number(&asked.patron).and_then(|number| {
            // Done already while we could not be reached (no block), or taken back (cancel): neither can be said to the library.
            if asked.no_block == YesNo(true) || asked.cancel.as_deref() == Some("Y") {
                return Err(LibraryError::no(No::NotOffered).into());
            }
            Ok(self.desk.system.borrow_item(number.reveal(), &asked.item)?)
        });
        let answer = CheckoutAnswer {
            at: self.at(),
            institution: self.institution(),
            patron: Always(asked.patron),
            item: Always(asked.item),
            ..CheckoutAnswer::default()
        };
        match told {
            Ok(Lent { title, due, said, .. }) => CheckoutAnswer {
                ok: OneZero(true),
                magnetic: Some(false),
                desensitize: Some(true),
                title: Always(title),
                due: due_text(due),
                screen: said,
                ..answer
            },
            Err(not) => CheckoutAnswer { desensitize: Some(false), screen: not.words(), ..answer },
        }
        .into()
    }

    pub(super) fn check_in(&mut self, item: String) -> Message {
        let told = self.desk.system.return_item(&item);
        let answer = CheckinAnswer {
            at: self.at(),
            institution: self.institution(),
            item: Always(item),
            ..CheckinAnswer::default()
        };
        match told {
            Ok(back) => CheckinAnswer {
                ok: OneZero(true),
                resensitize: YesNo(true),
                magnetic: Some(false),
                alert: YesNo(back.is_wanted),
                permanent_location: Always(back.place),
                title: Some(back.title),
                sort_bin: back.bin,
                alert_type: back.is_wanted.then(|| "01".to_owned()),
                screen: back.said,
                ..answer
            },
            Err(error) => CheckinAnswer { screen: Not::Library(error).words(), ..answer },
        }
        .into()
    }

    pub(super) fn renew(&mut self, asked: Renew) -> Message {
        let item = asked.item.or(asked.title).unwrap_or_default();
        let told = self.number(&asked.patron).and_then(|number| Ok(self.desk.system.renew(number.reveal(), &item)?));
        let answer = RenewAnswer {
            at: self.at(),
            institution: self.institution(),
            patron: Always(asked.patron),
            item: Always(item),
            ..RenewAnswer::default()
        };
        match told {
            Ok(lent) => RenewAnswer {
                ok: OneZero(true),
                renewed: YesNo(true),
                magnetic: Some(false),
                desensitize: Some(true),
                title: Always(lent.title),
                due: due_text(lent.due),
                screen: lent.said,
                ..answer
            },
            Err(not) => RenewAnswer { desensitize: Some(false), screen: not.words(), ..answer },
        }
        .into()
    }

    pub(super) fn renew_all(&mut self, shown: &str) -> Message {
        let told = self.number(shown).and_then(|number| Ok(self.desk.system.renew_all(number.reveal())?));
        let answer = RenewAllAnswer { at: self.at(), institution: self.institution(), ..RenewAllAnswer::default() };
        match told {
            Ok(all) => RenewAllAnswer {
                ok: OneZero(true),
                renewed: count(all.renewed.len()),
                unrenewed: count(all.left.len()),
                renewed_items: all.renewed,
                unrenewed_items: all.left,
                ..answer
            },
            Err(not) => RenewAllAnswer { renewed: count(0), unrenewed: count(0), screen: not.words(), ..answer },
        }
        .into()
    }

    pub(super) fn hold(&mut self, asked: Hold) -> Message {
        let item = asked.item.unwrap_or_default();
        let system = self.desk.system.clone();
        let told = self.number(&asked.patron).and_then(|number| match asked.mode {
            HoldMode::Add => Ok(system.hold(number.reveal(), &item)?),
            HoldMode::Delete => {
                system.cancel_hold(number.reveal(), &item)?;
                Ok(None)
            }
            HoldMode::Change => Err(LibraryError::no(No::NotOffered).into()),
        });
        let answer = HoldAnswer {
            at: self.at(),
            institution: self.institution(),
            patron: Always(asked.patron),
            item: Some(item),
            ..HoldAnswer::default()
        };
        match told {
            Ok(place) => HoldAnswer { ok: OneZero(true), queue: place.map(|place| place.to_string()), ..answer },
            Err(not) => HoldAnswer { screen: not.words(), ..answer },
        }
        .into()
    }

    pub(super) fn fee_paid(&mut self, asked: FeePaid) -> Message {
        let told = self.number(&asked.patron).and_then(|number| {
            let yen = amount(&asked.amount).ok_or(LibraryError::no(No::Amount))?;
            Ok(self.desk.system.pay(number.reveal(), yen)?)
        });
        FeePaidAnswer {
            accepted: YesNo(told.is_ok()),
            at: self.at(),
            institution: self.institution(),
            patron: Always(asked.patron),
            transaction: asked.transaction,
            screen: told.err().map(|not| not.words()).unwrap_or_default(),
            ..FeePaidAnswer::default()
        }
        .into()
    }
}
