//! What the forms of the page send, read whole or refused with a sentence; nothing typed is half taken.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Kind, Timestamp, Yen};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::hours::{DayClass, Family, HoursRow, Maintenance, Place};
use services::convenience_certificates::requests::Fee;
use services::convenience_certificates::settings::{self, Change, Unsound};

use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::staff::shell;
use crate::visit::SignedIn;

fn wrong(key: &'static str) -> Failure {
    Failure::saying(Kind::Invalid, key).next(PATH, "staff-hours-title")
}

async fn make(app: &Arc<App>, me: SignedIn, done: &'static str, change: Change) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let made = blocking(move || {
        let (seams, by) = (inside.seams.clone(), me.actor());
        Ok(inside.store.write(move |tx| settings::make(tx, &seams, &by, &change))?)
    })
    .await?;
    match made {
        Ok(()) => Ok(shell::done(PATH, done)),
        Err(Unsound::Past) => Err(wrong("staff-hours-wrong-past")),
        Err(Unsound::Order) => Err(wrong("staff-hours-wrong-order")),
        Err(Unsound::Sum) => Err(wrong("staff-hours-wrong-sum")),
        Err(Unsound::Reason) => Err(wrong("staff-hours-wrong-reason")),
        Err(Unsound::Gone) => {
            Err(Failure::saying(Kind::Conflict, "staff-hours-wrong-gone").next(PATH, "staff-hours-title"))
        }
    }
}

fn day_in(fields: &Fields, name: &str) -> Result<Date, Failure> {
    Date::parse(fields.get(name)).map_err(|_| wrong("staff-hours-wrong-date"))
}

/// `9:00` or `09:00`, as minutes of the day.
fn minutes_in(fields: &Fields, name: &str) -> Result<u16, Failure> {
    let minutes = fields.get(name).split_once(':').and_then(|(hour, minute)| {
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60 || hour == 24 && minute == 0).then_some(hour * 60 + minute)
    });
    minutes.ok_or_else(|| wrong("staff-hours-wrong-time"))
}

fn instant_in(fields: &Fields, day: &str, time: &str) -> Result<Timestamp, Failure> {
    let minutes = minutes_in(fields, time)?;
    Ok(Timestamp::in_japan(day_in(fields, day)?, 0, 0, 0).plus_seconds(i64::from(minutes) * 60))
}

fn sum_in(fields: &Fields, name: &str) -> Result<Yen, Failure> {
    fields.get(name).parse().map(Yen).map_err(|_| wrong("staff-hours-wrong-sum"))
}

/// The line that a form names; its hours are added by the caller.
fn line_in(fields: &Fields) -> Result<HoursRow, Failure> {
    let (place, family) = (Place::parse(fields.get("place")), Family::parse(fields.get("family")));
    let day = DayClass::parse(fields.get("day")).filter(|day| DayClass::WITH_HOURS.contains(day));
    let ((place, family), day) = place.zip(family).zip(day).ok_or_else(|| Failure::of(Kind::Invalid))?;
    Ok(HoursRow { place, family, day, valid_from: day_in(fields, "from")?, hours: None })
}

pub(super) async fn set_hours(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["place", "family", "day", "from", "opens", "closes"])?;
    let mut row = line_in(&fields)?;
    if fields.filled("opens").is_some() || fields.filled("closes").is_some() {
        row.hours = Some((minutes_in(&fields, "opens")?, minutes_in(&fields, "closes")?));
    }
    make(&app, me, "staff-done-hours-set", Change::Hours(row)).await
}

pub(super) async fn call_off_hours(
    State(app): State<Arc<App>>,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["place", "family", "day", "from"])?;
    make(&app, me, "staff-done-hours-called-off", Change::CallOffHours(line_in(&fields)?)).await
}

pub(super) async fn set_day(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["date", "class", "note"])?;
    let class = DayClass::parse(fields.get("class")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (day, note) = (day_in(&fields, "date")?, fields.get("note").to_owned());
    make(&app, me, "staff-done-hours-set", Change::SpecialDay { day, class, note }).await
}

pub(super) async fn ordinary_day(
    State(app): State<Arc<App>>,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["date"])?;
    let day = day_in(&fields, "date")?;
    make(&app, me, "staff-done-hours-called-off", Change::OrdinaryDay(day)).await
}

pub(super) async fn announce(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["place", "family", "from_day", "from_time", "until_day", "until_time", "reason"])?;
    let place = fields.filled("place").map(|word| Place::parse(word).ok_or_else(|| Failure::of(Kind::Invalid)));
    let family = fields.filled("family").map(|word| Family::parse(word).ok_or_else(|| Failure::of(Kind::Invalid)));
    let window = Maintenance {
        id: app.seams.random_id(),
        place: place.transpose()?,
        family: family.transpose()?,
        from: instant_in(&fields, "from_day", "from_time")?,
        until: instant_in(&fields, "until_day", "until_time")?,
        reason: fields.get("reason").to_owned(),
    };
    make(&app, me, "staff-done-hours-announced", Change::Maintenance(window)).await
}

pub(super) async fn end(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["window"])?;
    let window = shell::id(fields.get("window"))?;
    make(&app, me, "staff-done-hours-ended", Change::EndMaintenance(window)).await
}

pub(super) async fn set_fee(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["kind", "from", "machine", "counter", "source"])?;
    let fee = Fee {
        kind: CertificateKind::parse(fields.get("kind")).ok_or_else(|| Failure::of(Kind::Invalid))?,
        from: day_in(&fields, "from")?,
        machine: sum_in(&fields, "machine")?,
        counter: sum_in(&fields, "counter")?,
        source: fields.get("source").to_owned(),
    };
    make(&app, me, "staff-done-hours-set", Change::Fee(fee)).await
}

pub(super) async fn call_off_fee(
    State(app): State<Arc<App>>,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["kind", "from"])?;
    let kind = CertificateKind::parse(fields.get("kind")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    make(&app, me, "staff-done-hours-called-off", Change::CallOffFee(kind, day_in(&fields, "from")?)).await
}
