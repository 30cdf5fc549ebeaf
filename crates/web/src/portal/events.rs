//! Events of the city (イベント): in the portal, and on the open page for everybody.
//!
//! ```text
//!  /portal/events, /events                     what is to come: by field, part of the city and age; always how many of how many
//!  /portal/events/{event}, /events/{event}     one       …/event.ics   for one's own calendar
//! ```
//! In the portal the list begins with what fits the person's registered interests, where they registered any; what does not
//! fit stays one press away.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use base::{Date, Kind, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;
use services::notices_for_you::wishes::{Wishes, catalogue, kept};
use store::StoreError;
use tools::city_events::{self, CityEvent};
use tools::portal::Assurance;
use ui::form::{ButtonKind, Field, button, field, link_button, select};
use ui::notice::{AlertKind, chip, facts};
use ui::table::{Slice, empty_state, pagination};

use super::calendar::{Entry, When};
use super::{letters, shell, terminal};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// In the portal.
const PORTAL: &str = "/portal/events";
/// For everybody.
const OPEN: &str = "/events";
/// Events on a page.
const SIZE: usize = 20;
/// Minutes an event lasts that says only when it begins.
const USUAL_MINUTES: i64 = 60;

/// Its routes.
pub fn routes() -> Routes {
    let here = Rule::Resident(Assurance::Public);
    Routes::new()
        .get(PORTAL, here, in_portal)
        .get("/portal/events/{event}", here, one_in_portal)
        .get("/portal/events/{event}/event.ics", here, calendar)
        .get(OPEN, Rule::Public, open)
        .get("/events/{event}", Rule::Public, one_open)
        .get("/events/{event}/event.ics", Rule::Public, calendar)
}

/// Whether an event fits what a person registered. What it does not say (no field, no part of the city, no age) excludes
/// nobody, nor does a word of a list that no interest is called by.
fn fits(wishes: &Wishes, event: &CityEvent) -> bool {
    let of_event: BTreeSet<u8> = catalogue::FIELDS
        .iter()
        .filter(|(_, words)| {
            let name = words.all()[0];
            event.fields.iter().any(|field| name == field || name.split('・').any(|part| field.contains(part)))
        })
        .map(|(code, _)| *code)
        .collect();
    let field = wishes.interests.is_empty() || of_event.is_empty() || !of_event.is_disjoint(&wishes.interests);
    let area = wishes.areas.is_empty()
        || event.area.as_deref().is_none_or(|said| {
            let part = catalogue::AREAS.iter().find(|one| {
                let name = one.name.all()[0];
                said == name || said.starts_with(name.trim_end_matches("地区"))
            });
            part.is_none_or(|part| wishes.areas.contains(&part.code))
        });
    let age = wishes.ages.is_empty() || wishes.ages.iter().any(|code| is_for_some(event, *code));
    field && area && age
}

/// Whether somebody in the band of ages of this code may come.
fn is_for_some(event: &CityEvent, code: u8) -> bool {
    let (from, to) = match code {
        40 => (0, 0),
        41 => (0, 2),
        42 => (3, 5),
        43 => (6, 12),
        44 => (12, 15),
        45 => (15, 17),
        46 => (18, 64),
        47 => (65, 74),
        _ => (75, 120),
    };
    (from..=to).any(|age| event.is_for_age(age))
}

/// What is asked for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    field: String,
    area: String,
    age: String,
    /// `all`: whatever was registered.
    show: String,
    page: usize,
}

impl Asked {
    fn age(&self) -> Option<u8> {
        base::text::to_half_width(self.age.trim()).parse().ok().filter(|age| *age <= 120)
    }

    fn is_filter(&self) -> bool {
        !self.field.is_empty() || !self.area.is_empty() || self.age().is_some()
    }

    fn fits(&self, event: &CityEvent) -> bool {
        (self.field.is_empty() || event.fields.contains(&self.field))
            && (self.area.is_empty() || event.area.as_deref().is_none_or(|area| area == self.area))
            && self.age().is_none_or(|age| event.is_for_age(age))
    }

    /// The address of another page of the same.
    fn address(&self, base: &str) -> String {
        let all = [("field", &self.field), ("area", &self.area), ("age", &self.age), ("show", &self.show)];
        let said: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("{base}?{}", serde_urlencoded::to_string(said).unwrap_or_default())
    }
}

async fn upcoming(app: &Arc<App>) -> Result<Vec<CityEvent>, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let today = outside.seams.today();
        Ok(outside.store.read::<_, StoreError, _>(|tx| city_events::upcoming(tx, today))?)
    })
    .await
}

async fn open(State(app): State<Arc<App>>, visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let all = upcoming(&app).await?;
    let title = visit.say("event-title");
    let main = html! { h1 { (title) } p { (visit.say_html("event-lead")) } (list(&visit, OPEN, &all, &asked, None)) };
    Ok(visit.page(&title).render(&main).into_response())
}

async fn in_portal(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let all = upcoming(&app).await?;
    let (known, asking) = (app.clone(), me.clone());
    let wishes = blocking(move || registered(&known, &asking)).await?;
    let main = list(&visit, PORTAL, &all, &asked, wishes.as_ref());
    Ok(shell::page(&visit, &me, &visit.say("event-title"), &main))
}

/// What the person registered, for whoever is known well enough to see it. Blocking.
fn registered(app: &App, me: &InPortal) -> Result<Option<Wishes>, Failure> {
    if me.level() < Assurance::Substantial {
        return Ok(None);
    }
    let found = kept::of(app.outside()?, me.subject()).map_err(|error| Failure::defect("events", &error))?;
    Ok(found.map(|kept| kept.wishes).filter(|wishes| wishes.receives))
}

/// The home page's block: the next three, those that fit first where something is registered.
///
/// # Errors
/// The database.
pub fn block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    if me.0.acting_for.is_some() {
        return Ok(None);
    }
    let outside = app.outside()?;
    let today = outside.seams.today();
    let all = outside.store.read::<_, StoreError, _>(|tx| city_events::upcoming(tx, today))?;
    let wishes = registered(app, me)?;
    let next: Vec<&CityEvent> =
        all.iter().filter(|one| wishes.as_ref().is_none_or(|wishes| fits(wishes, one))).take(3).collect();
    Ok((!next.is_empty()).then(|| {
        html! {
            section {
                h2 { (visit.say("event-home")) }
                ul { @for one in next { li {
                    a href=(format!("{PORTAL}/{}", one.key)) { (one.title) } " " span class="hint" { (when(visit, one)) }
                } } }
                p { a href=(PORTAL) { (visit.say("event-home-all")) } }
            }
        }
    }))
}

fn list(visit: &Visit, base: &str, all: &[CityEvent], asked: &Asked, wishes: Option<&Wishes>) -> Markup {
    let by_interest = wishes.filter(|_| !asked.is_filter() && asked.show != "all");
    let shown: Vec<&CityEvent> =
        all.iter().filter(|one| asked.fits(one) && by_interest.is_none_or(|wishes| fits(wishes, one))).collect();
    let slice = Slice { page: asked.page.max(1), size: SIZE, total: shown.len() };
    html! {
        (filters(visit, base, all, asked))
        p role="status" {
            (visit.say_with("event-count", &[("n", shown.len().into()), ("all", all.len().into())])) " "
            @if by_interest.is_some() {
                (visit.say_html("event-by-interest")) " " a href=(format!("{base}?show=all")) { (visit.say("event-show-all")) }
            } @else if asked.is_filter() { a href=(base) { (visit.say("event-show-all")) } }
        }
        @if all.is_empty() { (empty_state(&visit.say("event-none"), &visit.say("event-none-how"))) }
        @else if shown.is_empty() { (empty_state(&visit.say("event-none-fits"), &visit.say("event-none-fits-how"))) }
        @else {
            ul class="letters" { @for one in slice.of(&shown) { li class="card" {
                p class="letter-title" { a href=(format!("{base}/{}", one.key)) { (one.title) }
                    @if one.cancelled { " " (chip(AlertKind::Error, &visit.say("event-cancelled"))) } }
                p { (when(visit, one)) @if let Some(place) = &one.place { " · " (place) } }
                @if !one.fields.is_empty() || one.area.is_some() {
                    p class="hint" { (one.area.as_deref().unwrap_or_default()) " " (one.fields.join("・")) }
                }
            } } }
            (pagination(visit.language, slice, &asked.address(base)))
        }
    }
}

fn filters(visit: &Visit, base: &str, all: &[CityEvent], asked: &Asked) -> Markup {
    let choices = |found: BTreeSet<&str>| -> Vec<(String, String)> {
        let any = (String::new(), visit.say("event-any"));
        std::iter::once(any).chain(found.into_iter().map(|one| (one.to_owned(), one.to_owned()))).collect()
    };
    let fields = choices(all.iter().flat_map(|one| &one.fields).map(String::as_str).collect());
    let areas = choices(all.iter().filter_map(|one| one.area.as_deref()).collect());
    let age = visit.say("event-age");
    html! {
        details class="no-print" open[asked.is_filter()] {
            summary { (visit.say("event-filter")) }
            form method="get" action=(base) class="card" {
                (select(visit.language, "field", &visit.say("event-field"), &fields, &asked.field, None))
                (select(visit.language, "area", &visit.say("event-area"), &areas, &asked.area, None))
                (field(visit.language, &Field { name: "age", label: &age, kind: "text", value: &asked.age,
                    max_length: Some(3), autocomplete: Some("off"), ..Field::default() }))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("event-filter-go"))) }
            }
        }
    }
}

/// When it is, in words.
fn when(visit: &Visit, event: &CityEvent) -> String {
    let Some(starts) = event.starts else { return visit.say("event-no-day") };
    let clock = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
    let mut text = ui::dates::date(visit.language, starts.day);
    if let Some(minute) = starts.minute {
        text = format!("{text} {}", clock(minute));
    }
    let Some(ends) = event.ends else { return text };
    let to = visit.say("event-to");
    match (ends.day == starts.day, ends.minute) {
        (true, None) => text,
        (true, Some(minute)) => format!("{text}{to}{}", clock(minute)),
        (false, None) => format!("{text}{to}{}", ui::dates::date(visit.language, ends.day)),
        (false, Some(minute)) => format!("{text}{to}{} {}", ui::dates::date(visit.language, ends.day), clock(minute)),
    }
}

async fn find(app: &Arc<App>, key: String) -> Result<CityEvent, Failure> {
    let outside = app.outside()?.clone();
    let found = blocking(move || Ok(outside.store.read::<_, StoreError, _>(|tx| city_events::find(tx, &key))?)).await?;
    found.ok_or_else(|| Failure::saying(Kind::NotFound, "event-gone").next(OPEN, "event-title"))
}

async fn one_open(State(app): State<Arc<App>>, visit: Visit, Path(key): Path<String>) -> Result<Response, Failure> {
    let event = find(&app, key).await?;
    let main = html! { h1 { (event.title) } (one(&visit, OPEN, &event)) };
    Ok(visit.page(&event.title).render(&main).into_response())
}

async fn one_in_portal(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    let event = find(&app, key).await?;
    Ok(shell::page(&visit, &me, &event.title, &one(&visit, PORTAL, &event)))
}

fn one(visit: &Visit, base: &str, event: &CityEvent) -> Markup {
    let row = |key: &str, value: &str| (visit.say(key), html! { (value) });
    let mut rows = vec![row("event-when", &when(visit, event))];
    rows.extend(event.place.as_deref().map(|place| row("event-place", place)));
    rows.extend(
        event.capacity.map(|many| {
            (visit.say("event-capacity"), html! { (visit.say_with("event-people", &[("n", many.into())])) })
        }),
    );
    rows.extend(event.area.as_deref().map(|area| row("event-area", area)));
    rows.extend(event.ages.map(|(from, to)| {
        let text = match (from, to) {
            (Some(from), Some(to)) => visit.say_with("event-ages", &[("from", from.into()), ("to", to.into())]),
            (Some(from), None) => visit.say_with("event-ages-from", &[("from", from.into())]),
            (None, Some(to)) => visit.say_with("event-ages-to", &[("to", to.into())]),
            (None, None) => visit.say("event-any"),
        };
        (visit.say("event-for"), html! { (text) })
    }));
    if !event.fields.is_empty() {
        rows.push(row("event-field", &event.fields.join("・")));
    }
    html! {
        @if event.cancelled { (ui::notice::alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html("event-is-cancelled")) } })) }
        (facts(&rows))
        @for line in event.description.lines().filter(|line| !line.trim().is_empty()) { p lang="ja" { (line) } }
        @if let Some(url) = &event.url {
            p { (terminal::out(visit, url, html! { a href=(url) rel="noreferrer external" { (visit.say("event-more")) } " "
                span class="hint" { "(" (host(url)) ")" } }, &visit.say("event-more"))) }
        }
        @if event.starts.is_some() && !visit.at_terminal {
            p class="no-print" { (link_button(ButtonKind::Secondary, &format!("{base}/{}/event.ics", event.key), &visit.say("event-calendar"))) }
        }
        p class="no-print" { a href=(base) { (visit.say("event-back")) } }
    }
}

/// The host of an address: a reader sees where a link leads.
fn host(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default()
}

async fn calendar(State(app): State<Arc<App>>, Path(key): Path<String>) -> Result<Response, Failure> {
    let event = find(&app, key).await?;
    let text = entry(&event, app.seams.now()).ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok(letters::file("text/calendar; charset=utf-8", "event.ics", text.into_bytes()))
}

fn entry(event: &CityEvent, now: Timestamp) -> Option<String> {
    let starts = event.starts?;
    let when = match (starts.minute, event.ends) {
        (None, ends) => {
            let last: Date = ends.map_or(starts.day, |ends| ends.day);
            When::Days(starts.day, last)
        }
        (Some(_), Some(ends)) if ends.minute.is_some() => When::Moments(starts.timestamp(), ends.timestamp()),
        (Some(_), Some(ends)) if ends.day > starts.day => When::Days(starts.day, ends.day),
        (Some(_), _) => When::Moments(starts.timestamp(), starts.timestamp().plus_seconds(USUAL_MINUTES * 60)),
    };
    let place = event.place.as_deref().unwrap_or_default();
    Some(Entry { uid: &event.key, made_at: now, when, summary: &event.title, place }.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_names_no_field_part_or_age_is_for_everybody() {
        let wishes =
            Wishes { receives: true, interests: [0].into(), areas: [3].into(), ages: [42].into(), ..Wishes::default() };
        let event = |fields: &[&str], area: Option<&str>, ages| CityEvent {
            fields: fields.iter().map(|one| (*one).to_owned()).collect(),
            area: area.map(str::to_owned),
            ages,
            ..CityEvent::default()
        };
        assert!(fits(&wishes, &event(&[], None, None)));
        assert!(fits(&wishes, &event(&["防災", "子育て支援"], Some("東地区"), Some((Some(0), Some(6))))));
        assert!(fits(&wishes, &event(&["その他"], Some("市外"), None)), "words that no interest is called by");
        assert!(!fits(&wishes, &event(&["防災"], None, None)));
        assert!(!fits(&wishes, &event(&[], Some("西"), None)));
        assert!(!fits(&wishes, &event(&[], None, Some((Some(65), None)))));
    }

    #[test]
    fn a_reader_sees_where_a_link_leads() {
        assert_eq!(host("http://city.example.lg.jp/a/b"), "city.example.lg.jp");
    }
}
