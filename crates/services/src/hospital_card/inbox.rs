//! What the hospital tells us: each message once, answered the same however often it comes.
//!
//! | message | what is done |
//! |---|---|
//! | SIU S12, S13, S14, S15, S17, S26 | bookings of today and tomorrow are kept, moved, forgotten |
//! | ADT A40 | links and bookings follow to the chart that stays; the person is told |
//! | ADT A04, A08, A28, A31 | of a linked chart: whether the details still agree is marked ([`details`]); the register is not changed |
//! | anything else | AR |

use hl7::message::Refused;
use hl7::{Answer, Body, Booking, BookingState, Header, Message};
use store::sealing::Vault;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::service_cards::{self, CardError, IssueRefusal};

use super::hospital::message_number;
use super::{CHART_PURPOSE, HospitalError, KEY, details, telling, watching};

/// Who changes links by a message.
const ACTOR: Actor = Actor::System { job: "hospital" };

/// Takes one message and says what is answered; [`None`] where it names nobody to answer.
pub fn take(city: &Inside, bytes: &[u8]) -> Option<Vec<u8>> {
    let number = message_number(&city.seams);
    let now = city.seams.now();
    let message = match Message::read(bytes) {
        Ok(message) => message,
        Err(refused) => {
            note(city, &refused);
            return refused.answer(now, &number)?.write().ok();
        }
    };
    if matches!(message.body, Body::Asked { .. } | Body::Found { .. } | Body::Answered { .. }) {
        return message.answer(now, &number, Answer::Refused).write().ok();
    }
    let (of, kept) = (message.clone(), number.clone());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec();
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    let done = city.cards.write::<_, HospitalError, _>(move |tx| {
        let sender = sender(&of.header);
        if let Some((answer, same)) = answered(tx, &sender, &of.header.number)? {
            if same == digest {
                return Ok(Some(answer));
            }
            // Another message under a used number: nothing is done, and it is said on both sides.
            watching::note_bad(tx, &seams, &of.header.number, "MSH-10", "the number was used for another message")?;
            return Ok(of.answer(now, &kept, Answer::Fault).write().ok());
        }
        apply(tx, &vault, &seams, &of.body)?;
        let Ok(answer) = of.answer(now, &kept, Answer::Taken).write() else { return Ok(None) };
        tx.execute(
            "INSERT INTO hospital_messages (sender, message, answer, digest, came_at) VALUES ($1, $2, $3, $4, $5)",
            &[
                sender.into(),
                of.header.number.as_str().into(),
                answer.as_slice().into(),
                digest.as_slice().into(),
                now.into(),
            ],
        )?;
        Ok(Some(answer))
    });
    match done {
        Ok(answer) => answer,
        Err(error) => {
            // Not now: the same message may come again, and finds nothing half done.
            tracing::error!(%error, "a message of the hospital could not be taken");
            message.answer(now, &number, Answer::Refused).write().ok()
        }
    }
}

fn sender(header: &Header) -> String {
    format!("{}|{}", header.from.application, header.from.facility)
}

fn note(city: &Inside, refused: &Refused) {
    let number = refused.header.as_ref().map_or_else(String::new, |header| header.number.clone());
    let (seams, fault) = (city.seams.clone(), refused.fault.clone());
    let place = format!("{}-{}", fault.segment, fault.field);
    let noted = city.cards.write::<_, HospitalError, _>(move |tx| {
        Ok(watching::note_bad(tx, &seams, &number, &place, &fault.what.to_string())?)
    });
    if let Err(error) = noted {
        tracing::error!(%error, "a refused message could not be noted");
    }
}

/// What a message was answered, and its digest.
type Before = (Vec<u8>, Vec<u8>);

/// The message of this number that came before.
fn answered(tx: &mut Tx<'_>, sender: &str, number: &str) -> Result<Option<Before>, HospitalError> {
    let sql = "SELECT answer, digest FROM hospital_messages WHERE sender = $1 AND message = $2";
    let row = tx.query_one(sql, &[sender.into(), number.into()])?;
    Ok(row.map(|row| Ok::<_, StoreError>((row.blob(0)?.to_vec(), row.blob(1)?.to_vec()))).transpose()?)
}

fn apply(tx: &mut Tx<'_>, vault: &Vault, seams: &base::Seams, body: &Body) -> Result<(), HospitalError> {
    match body {
        Body::Booking(patient, booking) => book(tx, vault, seams, &patient.chart_number, booking),
        Body::Merged { kept, gone } => {
            merge(tx, vault, seams, &kept.chart_number, gone)?;
            details::told(tx, vault, seams, kept)
        }
        Body::Patient(_, patient) => details::told(tx, vault, seams, patient),
        _ => Ok(()),
    }
}

fn book(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &base::Seams,
    chart: &str,
    booking: &Booking,
) -> Result<(), HospitalError> {
    let (day, today) = (booking.at.date_in_japan(), seams.today());
    tx.execute("DELETE FROM hospital_bookings WHERE booking = $1", &[booking.number.as_str().into()])?;
    let stands = matches!(booking.state, BookingState::Booked | BookingState::Changed);
    if !stands || day < today || day > today.plus_days(1) {
        return Ok(());
    }
    let hash = vault.keyed_hash(CHART_PURPOSE, chart.as_bytes())?;
    tx.execute(
        "INSERT INTO hospital_bookings (booking, chart_key, chart_hash, at, on_day, place) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            booking.number.as_str().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            booking.at.into(),
            day.into(),
            booking.place.as_str().into(),
        ],
    )?;
    Ok(())
}

/// Links follow: whoever has the chart number that is no more has the one that stays, on each of their cards. Where that one is
/// somebody else's already, nothing is guessed: the link is stopped, and staff see it.
pub(super) fn merge(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &base::Seams,
    kept: &str,
    gone: &str,
) -> Result<(), HospitalError> {
    let (mut followed, mut conflicts) = (0_i64, 0_i64);
    let live = |card: &service_cards::ServiceCard| card.status.is_live();
    for card in service_cards::find_number(tx, vault, KEY, gone)?.into_iter().filter(live) {
        let subject = service_cards::subject_of(tx, KEY, card.id)?;
        let was_active = card.status == service_cards::CardStatus::Active;
        match follow(tx, vault, seams, &card, kept)? {
            Ok(new) => {
                followed += 1;
                if !was_active {
                    service_cards::change(tx, seams, &ACTOR, KEY, new, service_cards::CardStatus::OnHold, "merged")?;
                }
                if let Some(subject) = subject.filter(|_| card.form == service_cards::Form::OneCard) {
                    telling::lay_down(tx, seams, &subject, telling::Kind::Merged, "", "")?;
                }
            }
            Err(_) => {
                conflicts += 1;
                service_cards::change(tx, seams, &ACTOR, KEY, card.id, service_cards::CardStatus::OnHold, "merged")?;
            }
        }
    }
    for old in vault.keyed_hashes(CHART_PURPOSE, gone.as_bytes())? {
        let new = vault.keyed_hash(CHART_PURPOSE, kept.as_bytes())?;
        tx.execute(
            "UPDATE hospital_bookings SET chart_key = $2, chart_hash = $3 WHERE chart_hash = $1",
            &[old.hash.as_slice().into(), new.key_id.into(), new.hash.as_slice().into()],
        )?;
    }
    watching::note_merge(tx, vault, seams, (kept, gone), followed, conflicts)
}

fn follow(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &base::Seams,
    card: &service_cards::ServiceCard,
    kept: &str,
) -> Result<Result<base::Id, IssueRefusal>, CardError> {
    service_cards::reissue(tx, vault, seams, &ACTOR, KEY, card.id, kept, card.form, card.valid_until)
}
