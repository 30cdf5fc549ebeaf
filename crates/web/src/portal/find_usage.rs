//! Who looked, for programs: the three calls of the Estonian Data Tracker (Andmejälgija, protocol 1.6), for the person who
//! is signed in.
//!
//! ```text
//!  GET /api/v2/findUsage?userCode=&periodStart=&periodEnd=&offset=0&limit=1000     GET /api/v2/usagePeriod   /heartbeat
//! ```
//! `userCode` is the account's id, and may be left out; another's is refused. It tells what the page tells, and no more.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Date, Kind, Timestamp};
use serde_json::{Value, json};
use tools::access::Duty;
use tools::disclosure::telling::Line;
use tools::looked;
use tools::portal::Assurance;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::InPortal;

/// Most lines in one answer.
const MOST: usize = 1000;

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new().get("/api/v2/findUsage", known, find_usage).get("/api/v2/usagePeriod", known, usage_period).get(
        "/api/v2/heartbeat",
        known,
        heartbeat,
    )
}

fn answer(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], value.to_string())
        .into_response()
}

fn instant(at: Timestamp) -> String {
    let seconds = at.plus_seconds(9 * 3600).seconds().rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}+09:00", at.date_in_japan())
}

fn usage(app: &App, line: &Line) -> Value {
    let action = match (&line.told, Duty::from_code(&line.duty)) {
        (Some((japanese, _)), _) => japanese.clone(),
        (None, Some(duty)) => duty.japanese().to_owned(),
        (None, None) => line.duty.clone(),
    };
    let office = line.office.as_deref().unwrap_or_default();
    json!({
        "logtime": instant(Timestamp::from_micros(line.at)),
        "action": action,
        "receiverCode": app.profile.municipality_code,
        "receiverName": format!("{} {office}", app.profile.name).trim(),
        "receiverSystem": "yakuba",
    })
}

/// A day of the query; `None` when it is left out.
fn day(fields: &Fields, name: &str) -> Result<Option<Date>, Failure> {
    let Some(text) = fields.filled(name) else { return Ok(None) };
    let text = text.get(..10).unwrap_or(text);
    Date::parse(text).map(Some).map_err(|_| Failure::of(Kind::Invalid))
}

async fn find_usage(State(app): State<Arc<App>>, me: InPortal, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let account = me.subject();
    if fields.filled("userCode").is_some_and(|code| code != account.to_string()) {
        return Err(Failure::of(Kind::Forbidden));
    }
    let (from, to) = (day(&fields, "periodStart")?, day(&fields, "periodEnd")?);
    let number = |name: &str, usual: usize| match fields.filled(name) {
        Some(text) => text.parse().map_err(|_| Failure::of(Kind::Invalid)),
        None => Ok(usual),
    };
    let (offset, limit) = (number("offset", 0)?, number("limit", MOST)?.min(MOST));
    let outside = app.outside()?.clone();
    let all = blocking(move || Ok(looked::list(&outside, account)?)).await?;
    let kept: Vec<_> = all
        .iter()
        .filter(|one| {
            let on = Timestamp::from_micros(one.line.at).date_in_japan();
            from.is_none_or(|from| from <= on) && to.is_none_or(|to| on <= to)
        })
        .collect();
    let usages: Vec<Value> = kept.iter().skip(offset).take(limit).map(|one| usage(&app, &one.line)).collect();
    Ok(answer(&json!({"totalUsages": kept.len(), "usages": usages})))
}

/// From when lines are told: as long as they are kept.
async fn usage_period(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let now = app.seams.now();
    let from = now.plus_seconds(-looked::YEARS * 366 * 86_400);
    Ok(answer(&json!({"periodStart": instant(from), "periodEnd": instant(now)})))
}

async fn heartbeat(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let is_well = blocking(move || {
        let asked = outside.store.read::<_, store::StoreError, _>(|tx| tx.query_one("SELECT 1", &[]));
        Ok(asked.is_ok())
    })
    .await?;
    Ok(answer(&json!({"status": if is_well { "OK" } else { "FAIL" }})))
}
