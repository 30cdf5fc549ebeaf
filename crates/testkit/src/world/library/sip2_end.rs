//! The simulated library's end of SIP2.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use base::Date;
use sip2::codes::{CirculationStatus, HoldMode, Listed, PatronFlag};
use sip2::field::{Always, DateTime, Digits, Moment, OneZero, PatronStatus, Supported, YesNo};
use sip2::message::*;
use sip2::server::Step;
use sip2::{Message, Server};

use super::stock::{Member, No};
use super::{Mischief, Shared};

pub(super) fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut server = Server::new(shared.access.charset, false);
    let mut bytes = [0; 4096];
    loop {
        match server.next_step() {
            Step::Wait => match stream.read(&mut bytes)? {
                0 => return Ok(()),
                count => server.receive(bytes.get(..count).unwrap_or_default()),
            },
            Step::Send(bytes) => stream.write_all(&bytes)?,
            Step::Asked(question) => {
                let is_change = matches!(question.id(), "11" | "09" | "29" | "65" | "15" | "37");
                let mischief = shared.mischief(is_change);
                if mischief == Mischief::CutBeforeChange {
                    return Ok(());
                }
                let answer = shared.said(question, mischief == Mischief::Maintenance);
                let bytes = server.answer(&answer).map_err(|why| io::Error::other(why.to_string()))?;
                match mischief {
                    Mischief::CutAfterChange => return Ok(()),
                    // Heard and done; the machine will say it again and then hear what was said.
                    Mischief::SilentOnce => {}
                    _ => stream.write_all(&bytes)?,
                }
            }
            Step::Close(_) => return Ok(()),
        }
    }
}

fn due(day: Date) -> String {
    format!("{}    235959", day.to_string().replace('-', ""))
}

fn no(no: No) -> Vec<String> {
    vec![no.words().to_owned()]
}

fn flags(member: Option<&Member>) -> PatronStatus {
    match member {
        Some(member) if !member.is_blocked => PatronStatus::default(),
        _ => PatronStatus::of(&[
            PatronFlag::ChargeDenied,
            PatronFlag::RenewalDenied,
            PatronFlag::RecallDenied,
            PatronFlag::HoldDenied,
        ]),
    }
}

impl Shared {
    fn at(&self) -> Moment {
        Some(DateTime::in_japan(self.seams.now()))
    }

    fn said(&self, question: Message, is_off: bool) -> Message {
        let today = self.seams.today();
        match &question {
            Message::PatronInformation(asked) => self.stock(|stock| stock.welcome(&asked.patron, today)),
            Message::Checkout(asked) => self.stock(|stock| stock.welcome(&asked.patron, today)),
            _ => {}
        }
        match question {
            Message::Login(asked) => {
                let is_ours = asked.user == self.access.login && asked.password.0 == self.access.password;
                LoginAnswer { ok: OneZero(is_ours), ..LoginAnswer::default() }.into()
            }
            Message::MachineStatus(_) => SystemStatus {
                online: YesNo(!is_off),
                checkin_ok: YesNo(true),
                checkout_ok: YesNo(true),
                renewal_ok: YesNo(true),
                timeout_tenths: Digits(Some(self.access.wait_tenths)),
                retries: Digits(Some(3)),
                at: self.at(),
                institution: self.access.institution.as_str().into(),
                supported: Always(Supported::whole().to_text()),
                ..SystemStatus::default()
            }
            .into(),
            Message::PatronInformation(asked) => self.information(*asked),
            Message::ItemInformation(asked) => self.item(asked.item),
            Message::Checkout(asked) => {
                let told = self.stock(|stock| stock.lend(&asked.patron, &asked.item, today));
                let answer = CheckoutAnswer {
                    at: self.at(),
                    patron: Always(asked.patron),
                    item: Always(asked.item),
                    ..CheckoutAnswer::default()
                };
                match told {
                    Ok((day, title)) => CheckoutAnswer {
                        ok: OneZero(true),
                        desensitize: Some(true),
                        title: Always(title),
                        due: Always(due(day)),
                        ..answer
                    },
                    Err(why) => CheckoutAnswer { screen: no(why), ..answer },
                }
                .into()
            }
            Message::Checkin(asked) => {
                let told = self.stock(|stock| stock.take_back(&asked.item));
                let answer = CheckinAnswer {
                    at: self.at(),
                    item: Always(asked.item),
                    permanent_location: "中央図書館".into(),
                    ..CheckinAnswer::default()
                };
                match told {
                    Ok((title, is_wanted)) => CheckinAnswer {
                        ok: OneZero(true),
                        resensitize: YesNo(true),
                        alert: YesNo(is_wanted),
                        title: Some(title),
                        ..answer
                    },
                    Err(why) => CheckinAnswer { screen: no(why), ..answer },
                }
                .into()
            }
            other => self.said_of_patron(other, today),
        }
    }

    fn said_of_patron(&self, question: Message, today: Date) -> Message {
        match question {
            Message::Renew(asked) => {
                let item = asked.item.unwrap_or_default();
                let told = self.stock(|stock| stock.renew(&asked.patron, &item, today));
                let answer = RenewAnswer {
                    at: self.at(),
                    patron: Always(asked.patron),
                    item: Always(item),
                    ..RenewAnswer::default()
                };
                match told {
                    Ok((day, title)) => RenewAnswer {
                        ok: OneZero(true),
                        renewed: YesNo(true),
                        title: Always(title),
                        due: Always(due(day)),
                        ..answer
                    },
                    Err(why) => RenewAnswer { screen: no(why), ..answer },
                }
                .into()
            }
            Message::RenewAll(asked) => {
                let (mut renewed, mut left) = (Vec::new(), Vec::new());
                self.stock(|stock| {
                    for (item, _) in stock.loans(&asked.patron) {
                        let told = stock.renew(&asked.patron, &item, today);
                        if told.is_ok() { renewed.push(item) } else { left.push(item) }
                    }
                });
                let count = |all: &Vec<String>| Digits(u16::try_from(all.len()).ok());
                RenewAllAnswer {
                    ok: OneZero(true),
                    renewed: count(&renewed),
                    unrenewed: count(&left),
                    at: self.at(),
                    renewed_items: renewed,
                    unrenewed_items: left,
                    ..RenewAllAnswer::default()
                }
                .into()
            }
            Message::Hold(asked) => {
                let item = asked.item.unwrap_or_default();
                let told = self.stock(|stock| match asked.mode {
                    HoldMode::Delete => stock.cancel(&asked.patron, &item).map(|()| 0),
                    HoldMode::Add | HoldMode::Change => stock.hold(&asked.patron, &item),
                });
                let answer = HoldAnswer {
                    at: self.at(),
                    patron: Always(asked.patron),
                    item: Some(item),
                    ..HoldAnswer::default()
                };
                match told {
                    Ok(place) => HoldAnswer { ok: OneZero(true), queue: Some(place.to_string()), ..answer },
                    Err(why) => HoldAnswer { screen: no(why), ..answer },
                }
                .into()
            }
            Message::FeePaid(asked) => {
                let told = self.stock(|stock| stock.pay(&asked.patron, asked.amount.trim().parse().unwrap_or(0)));
                FeePaidAnswer {
                    accepted: YesNo(told.is_ok()),
                    at: self.at(),
                    patron: Always(asked.patron),
                    screen: told.err().map(no).unwrap_or_default(),
                    ..FeePaidAnswer::default()
                }
                .into()
            }
            Message::BlockPatron(asked) => {
                self.stock(|stock| {
                    if let Some(member) = stock.members.get_mut(&asked.patron) {
                        member.is_blocked = true;
                    }
                });
                self.status(asked.patron)
            }
            Message::PatronStatusRequest(asked) => self.status(asked.patron),
            Message::EndPatronSession(asked) => EndSessionAnswer {
                ended: YesNo(true),
                at: self.at(),
                patron: Always(asked.patron),
                ..EndSessionAnswer::default()
            }
            .into(),
            other => other,
        }
    }

    fn status(&self, patron: String) -> Message {
        let member = self.stock(|stock| stock.members.get(&patron).cloned());
        PatronStatusAnswer {
            status: flags(member.as_ref()),
            at: self.at(),
            patron,
            is_valid: Some(if member.is_some() { "Y" } else { "N" }.to_owned()),
            ..PatronStatusAnswer::default()
        }
        .into()
    }

    fn information(&self, asked: PatronInformation) -> Message {
        let (member, loans, holds) = self.stock(|stock| {
            (stock.members.get(&asked.patron).cloned(), stock.loans(&asked.patron), stock.holds(&asked.patron))
        });
        let today = self.seams.today();
        let late = |book: &super::Book| book.loan.as_ref().is_some_and(|loan| loan.due < today);
        let charged: Vec<String> = loans.iter().map(|(item, _)| item.clone()).collect();
        let overdue: Vec<String> = loans.iter().filter(|(_, book)| late(book)).map(|(item, _)| item.clone()).collect();
        let held = |is_ready: bool| -> Vec<String> {
            holds.iter().filter(|(.., ready)| *ready == is_ready).map(|(item, ..)| item.clone()).collect()
        };
        let count = |all: &Vec<String>| Digits(u16::try_from(all.len()).ok());
        let mut answer = PatronInformationAnswer {
            status: flags(member.as_ref()),
            at: self.at(),
            holds: count(&held(true)),
            overdue: count(&overdue),
            charged: count(&charged),
            unavailable_holds: count(&held(false)),
            patron: asked.patron,
            is_valid: Some(if member.is_some() { "Y" } else { "N" }.to_owned()),
            fee: member.map(|member| member.owed.to_string()),
            ..PatronInformationAnswer::default()
        };
        match asked.summary.asked() {
            Some(Listed::Charged) => answer.charged_items = charged,
            Some(Listed::Overdue) => answer.overdue_items = overdue,
            Some(Listed::Hold) => answer.hold_items = held(true),
            Some(Listed::Unavailable) => answer.unavailable_hold_items = held(false),
            _ => {}
        }
        answer.into()
    }

    fn item(&self, item: String) -> Message {
        let book = self.stock(|stock| stock.books.get(&item).cloned());
        let answer = ItemInformationAnswer { at: self.at(), item, ..ItemInformationAnswer::default() };
        let Some(book) = book else {
            return ItemInformationAnswer { screen: no(No::Item), ..answer }.into();
        };
        let circulation = match (&book.loan, book.waiting.is_empty()) {
            (Some(_), _) => CirculationStatus::Charged,
            (None, false) => CirculationStatus::WaitingOnHoldShelf,
            (None, true) => CirculationStatus::Available,
        };
        let day = book.loan.map(|loan| due(loan.due));
        ItemInformationAnswer { circulation, title: Always(book.title), due: day, ..answer }.into()
    }
}
