//! What is sent from the page of the machines' money.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Date, Kind, Yen};
use services::convenience_certificates::cash::{self, CashError, Correction, Decision, Unsound};
use tools::approvals::ApprovalError;
use tools::staff::StaffError;

use super::{PATH, date, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::SignedIn;

impl From<CashError> for Failure {
    fn from(error: CashError) -> Self {
        match error {
            CashError::Store(error) | CashError::Approval(ApprovalError::Store(error)) => error.into(),
            CashError::Approval(error) => StaffError::Approval(error).into(),
            CashError::Unsound(unsound) => Self::saying(unsound.kind(), wrong(unsound)).next(PATH, "cash-nav"),
        }
    }
}

const fn wrong(unsound: Unsound) -> &'static str {
    match unsound {
        Unsound::NotOver => "cash-wrong-not-over",
        Unsound::IsClosed => "cash-wrong-is-closed",
        Unsound::NotClosed => "cash-wrong-not-closed",
        Unsound::NoMachine => "cash-wrong-no-machine",
        Unsound::Sum => "cash-wrong-sum",
        Unsound::Reason => "cash-wrong-reason",
        Unsound::NotOpen => "cash-wrong-not-open",
        Unsound::NotAllowed => "cash-wrong-not-allowed",
    }
}

/// Day, machine, sum and note as the form has them. Wide digits and separators are read as people type them.
fn counted(fields: &Fields) -> Result<Correction, Failure> {
    // Fields carry their machine's id, so that a page with several forms has no id twice.
    let terminal = fields.get("terminal");
    let typed = base::text::to_half_width(fields.get(&format!("counted-{terminal}"))).replace([',', ' '], "");
    let sum = typed.parse().map(Yen).map_err(|_| Failure::from(CashError::Unsound(Unsound::Sum)))?;
    Ok(Correction {
        day: date(fields.get("day"))?,
        terminal: terminal.to_owned(),
        counted: sum,
        note: fields.get(&format!("note-{terminal}")).to_owned(),
    })
}

pub(super) async fn close(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let sent = counted(&fields)?;
    let (day, city) = (sent.day, app.inside()?.clone());
    let desks = blocking(move || {
        Ok(city.cards.read::<_, store::StoreError, _>(move |tx| services::city_cards::takings::day(tx, day))?)
    })
    .await?;
    shell::change(&app, PATH, "staff-done-cash-closed", move |tx, seams| {
        cash::close(tx, seams, &me.account, &sent, &desks)
    })
    .await?;
    Ok(back_to(day, "staff-done-cash-closed"))
}

pub(super) async fn correct(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let sent = counted(&fields)?;
    let day = sent.day;
    shell::change(&app, PATH, "staff-done-cash-asked", move |tx, seams| {
        cash::ask_correction(tx, seams, &me.account, &sent).map(drop)
    })
    .await?;
    Ok(back_to(day, "staff-done-cash-asked"))
}

/// Back to the day that was dealt with.
fn back_to(day: Date, done: &'static str) -> Response {
    Redirect::to(&format!("{PATH}?day={day}&done={done}")).into_response()
}

pub(super) async fn approve(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-cash-corrected", move |tx, seams| {
        cash::approve_correction(tx, seams, &me.account, id)
    })
    .await
}

pub(super) async fn decline(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-cash-declined", move |tx, seams| {
        cash::decline_correction(tx, seams, &me.account, id)
    })
    .await
}

pub(super) async fn settle(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let id = shell::id(fields.get("request"))?;
    let decision = Decision::parse(fields.get(&format!("decision-{id}")))
        .ok_or_else(|| Failure::saying(Kind::Invalid, "cash-wrong-decision").next(PATH, "cash-nav"))?;
    let reason = fields.get(&format!("reason-{id}")).to_owned();
    shell::change(&app, PATH, "staff-done-cash-settled", move |tx, seams| {
        cash::settle(tx, seams, &me.account, id, decision, &reason)
    })
    .await
}
