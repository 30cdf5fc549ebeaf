//! One letter: opened, drawn by us from its blocks, with what it asks for.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Kind, Timestamp};
use maud::{Markup, html};
use store::{StoreError, Tx};
use tools::mailbox::attachments::{self, Listed};
use tools::mailbox::{Act, Block, Body, Importance, Item, LetterId, Personal, arrivals, items};
use tools::portal::AccountId;
use ui::Language;
use ui::form::{ButtonKind, link_button, one_button};
use ui::notice::{AlertKind, alert, facts};

use super::super::{shell, why};
use super::{importance, letter_id, may_read};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{InPortal, Visit};

/// `GET /portal/letters/{letter}`: opens it, with evidence the first time.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let (outside, id) = (app.outside()?.clone(), letter_id(&letter)?);
    let asking = me.clone();
    let (item, part, beside) = blocking(move || {
        let account = asking.subject();
        let delegate = asking.0.acting_for.as_ref().map(|_| asking.0.person.id);
        let item = readable(&outside.store, &asking, id)?;
        if item.opened_at.is_none() {
            let seams = outside.seams.clone();
            outside.store.write::<_, StoreError, _>(move |tx| arrivals::open(tx, &seams, account, delegate, id))?;
        }
        let part =
            item.personal.as_deref().map(|sealed| Personal::open(&outside.vault, account, sealed)).transpose()?;
        let beside = outside.store.read::<_, StoreError, _>(|tx| attachments::list(tx, id))?;
        Ok((item, part, beside))
    })
    .await?;
    Ok(shell::bare(&visit, &me, &item.letter.title, &drawn(&visit, &item, part.as_ref(), &beside)))
}

/// The item, if this person may read it.
fn readable(store: &store::Store, me: &InPortal, id: LetterId) -> Result<Item, Failure> {
    let account = me.subject();
    let item = store.read::<_, StoreError, _>(|tx| items::find(tx, account, id))?;
    let item = item.ok_or_else(|| {
        Failure::saying(Kind::NotFound, "portal-letter-gone").next("/portal/letters", "portal-letter-title")
    })?;
    if may_read(me, item.letter.importance, item.personal.is_some()) {
        Ok(item)
    } else {
        Err(Failure::saying(Kind::Forbidden, "portal-step-up-needed").next("/portal/step-up", "portal-step-up"))
    }
}

fn drawn(visit: &Visit, item: &Item, part: Option<&Personal>, beside: &[Listed]) -> Markup {
    let letter = &item.letter;
    let at = format!("/portal/letters/{}", letter.id);
    let (blocks, is_other) = in_language(&letter.body, visit.language);
    html! {
        article class="letter" {
            p class="hint" { (importance(visit, letter.importance)) }
            h1 { (letter.title) }
            (shell::said(visit))
            @if letter.recalled_at.is_some() {
                (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("portal-letter-recalled")) } }))
            }
            @if !letter.sender.is_city {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("portal-letter-private")) } }))
            }
            p { (visit.say("portal-letter-from")) ": " strong { (letter.sender.name) } " · " (ui::dates::instant(visit.language, item.placed_at)) }
            @if is_other { p class="hint" { (visit.say_html("portal-letter-only-japanese")) } }
            @if let Some(part) = part { (personal(part)) }
            div lang=[is_other.then_some("ja")] { @for block in blocks { (draw(block, visit)) } }
            (asks(visit, item, part, &at))
            @if !beside.is_empty() {
                h2 { (visit.say("portal-letter-attachments")) }
                ul { @for one in beside {
                    li { a href=(format!("{at}/attachment/{}", one.number)) {
                        (one.name) " (" (one.kind.extension().to_uppercase()) ", " (one.size.div_euclid(1024) + 1) " KB)"
                    } }
                } }
            }
            @if why::is_notice(item) { (why::beneath(visit, item)) }
            @else if let Some(reason) = &letter.reason {
                details { summary { (visit.say("portal-letter-why")) } p { (reason) } }
            }
        }
        (what_to_do(visit, item, &at))
        p { a href="/portal/letters" { (visit.say("portal-letter-back")) } }
    }
}

/// The blocks for a reader of this language, and whether they are in another (Japanese).
fn in_language(body: &Body, language: Language) -> (&[Block], bool) {
    match language {
        Language::EasyJapanese if !body.easy.is_empty() => (&body.easy, false),
        Language::English if !body.english.is_empty() => (&body.english, false),
        Language::English => (&body.japanese, true),
        _ => (&body.japanese, false),
    }
}

/// One block, drawn by us.
pub fn draw(block: &Block, visit: &Visit) -> Markup {
    let text = |text: &str| {
        if visit.language == Language::EasyJapanese {
            ui::ruby::markup(text)
        } else {
            html! { (text) }
        }
    };
    match block {
        Block::Heading(said) => html! { h2 { (text(said)) } },
        Block::Paragraph(said) => html! { p { (text(said)) } },
        Block::List(lines) => html! { ul { @for line in lines { li { (text(line)) } } } },
        Block::Facts(pairs) => {
            facts(&pairs.iter().map(|(name, value)| (name.clone(), text(value))).collect::<Vec<_>>())
        }
        Block::Link { label, to } => html! {
            p { a href=(to) rel="noreferrer external" { (text(label)) } " " span class="hint" { "(" (host(to)) ")" } }
        },
    }
}

/// The host of an address: a reader sees where a link leads.
fn host(address: &str) -> &str {
    address.trim_start_matches("https://").split('/').next().unwrap_or_default()
}

fn personal(part: &Personal) -> Markup {
    html! {
        @if let Some(text) = &part.text { p { (text) } }
        @if !part.facts.is_empty() {
            (facts(&part.facts.iter().map(|(name, value)| (name.clone(), html! { (value) })).collect::<Vec<_>>()))
        }
    }
}

fn asks(visit: &Visit, item: &Item, part: Option<&Personal>, at: &str) -> Markup {
    let letter = &item.letter;
    html! {
        @if let Some(due) = letter.due_on {
            p { strong { (visit.say_with("portal-letter-due", &[("date", ui::dates::date(visit.language, due).into())])) } " "
                a href=(format!("{at}/calendar.ics")) { (visit.say("portal-letter-calendar")) } }
        }
        @if letter.recalled_at.is_none() { @match &letter.action {
            Some(Act::Pay { amount, at }) => {
                @let amount = part.and_then(|part| part.amount).unwrap_or(*amount);
                p { (visit.say_with("portal-letter-amount", &[("yen", grouped(amount).into())])) }
                p { (link_button(ButtonKind::Primary, at, &visit.say("portal-letter-pay"))) }
            }
            Some(Act::Apply { at }) => { p { (link_button(ButtonKind::Primary, at, &visit.say("portal-letter-apply"))) } }
            Some(Act::Calendar { starts, place, .. }) => {
                p { (ui::dates::instant(visit.language, Timestamp::from_micros(*starts))) " · " (place) }
                p { (link_button(ButtonKind::Primary, &format!("{at}/calendar.ics"), &visit.say("portal-letter-calendar"))) }
            }
            Some(Act::Reply) | None => {}
        } }
    }
}

/// Thousands apart, as sums of money are written.
fn grouped(amount: i64) -> String {
    let digits = amount.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn what_to_do(visit: &Visit, item: &Item, at: &str) -> Markup {
    let form = |what: &str, key: &str, kind| {
        let action = format!("{at}/{what}");
        one_button(&action, &visit.csrf(&action), kind, &visit.say(key), None)
    };
    let asks = item.letter.action.is_some() || item.letter.due_on.is_some();
    html! {
        div class="buttons no-print" {
            @if asks && item.done_at.is_none() { (form("done", "portal-letter-mark-done", ButtonKind::Secondary)) }
            @if item.archived_at.is_some() { (form("put-back", "portal-letter-put-back", ButtonKind::Secondary)) }
            @else { (form("put-away", "portal-letter-put-away", ButtonKind::Secondary)) }
            @if item.letter.importance != Importance::Statutory { (form("remove", "portal-letter-remove", ButtonKind::Danger)) }
        }
        p class="no-print" { a href=(format!("{at}/receipt")) { (visit.say("portal-letter-receipt")) } }
    }
}

async fn change(
    app: &Arc<App>,
    me: &InPortal,
    letter: &str,
    done: &'static str,
    action: fn(&mut Tx<'_>, AccountId, LetterId, Timestamp) -> Result<(), StoreError>,
) -> Result<Response, Failure> {
    let (outside, account, id) = (app.outside()?.clone(), me.subject(), letter_id(letter)?);
    let now = outside.seams.now();
    blocking(move || Ok(outside.store.write::<_, StoreError, _>(move |tx| action(tx, account, id, now))?)).await?;
    Ok(shell::done("/portal/letters", done))
}

/// `POST …/put-away`.
pub async fn put_away(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let action = |tx: &mut Tx<'_>, account, id, now| items::put_away(tx, account, id, Some(now));
    change(&app, &me, &letter, "portal-done-letter-put-away", action).await
}

/// `POST …/put-back`.
pub async fn put_back(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let action = |tx: &mut Tx<'_>, account, id, _| items::put_away(tx, account, id, None);
    change(&app, &me, &letter, "portal-done-letter-put-back", action).await
}

/// `POST …/done`.
pub async fn done(State(app): State<Arc<App>>, me: InPortal, Path(letter): Path<String>) -> Result<Response, Failure> {
    let action = |tx: &mut Tx<'_>, account, id, now| items::done(tx, account, id, Some(now));
    change(&app, &me, &letter, "portal-done-letter-done", action).await
}

/// `POST …/remove`: for good; a statutory letter stays.
pub async fn remove(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    if me.0.acting_for.is_some() {
        let closed = Failure::saying(base::Kind::Forbidden, "representative-closed");
        return Err(closed.next("/portal/letters", "page-back"));
    }
    let action = |tx: &mut Tx<'_>, account, id, _| items::remove(tx, account, id).map(drop);
    change(&app, &me, &letter, "portal-done-letter-removed", action).await
}

/// A file to keep.
pub fn file(media_type: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// `GET …/calendar.ics`: the appointment, or the day it is due.
pub async fn calendar(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let (outside, id) = (app.outside()?.clone(), letter_id(&letter)?);
    let item = blocking(move || readable(&outside.store, &me, id)).await?;
    let text = i_calendar(&item).ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok(file("text/calendar; charset=utf-8", "event.ics", text.into_bytes()))
}

/// RFC 5545: one event.
fn i_calendar(item: &Item) -> Option<String> {
    let letter = &item.letter;
    let stamp = |at: Timestamp| {
        let text = at.to_string();
        text.chars().filter(|c| c.is_ascii_digit() || *c == 'T').take(15).collect::<String>() + "Z"
    };
    let (begins, ends, place) = match (&letter.action, letter.due_on) {
        (Some(Act::Calendar { starts, ends, place }), _) => {
            let at = |micros: i64| stamp(Timestamp::from_micros(micros));
            (format!("DTSTART:{}", at(*starts)), format!("DTEND:{}", at(*ends)), place.as_str())
        }
        (_, Some(due)) => {
            let day = |date: base::Date| date.to_string().replace('-', "");
            (format!("DTSTART;VALUE=DATE:{}", day(due)), format!("DTEND;VALUE=DATE:{}", day(due.plus_days(1))), "")
        }
        _ => return None,
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n");
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Yakuba//Letters//JA".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@yakuba", letter.id),
        format!("DTSTAMP:{}", stamp(item.placed_at)),
        begins,
        ends,
        format!("SUMMARY:{}", escaped(&letter.title)),
        format!("LOCATION:{}", escaped(place)),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    Some(lines.iter().map(|line| folded(line)).collect())
}

/// A content line of at most 75 bytes, folded between characters.
fn folded(line: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for c in line.chars() {
        if width + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out + "\r\n"
}

/// `GET …/attachment/{number}`: always to keep, never shown in the page.
pub async fn attachment(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path((letter, number)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let (outside, id) = (app.outside()?.clone(), letter_id(&letter)?);
    let found = blocking(move || {
        readable(&outside.store, &me, id)?;
        Ok(outside.store.read::<_, StoreError, _>(|tx| attachments::get(tx, id, number))?)
    })
    .await?;
    let (kind, bytes) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok(file(kind.media_type(), &format!("attachment-{number}.{}", kind.extension()), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_between_characters() {
        let line = format!("SUMMARY:{}", "市".repeat(60));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75), "{folded}");
        assert_eq!(folded.replace("\r\n ", "").trim_end(), line);
    }

    #[test]
    fn sums_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 84_000, 1_234_567].map(grouped), ["0", "999", "1,000", "84,000", "1,234,567"]);
    }

    #[test]
    fn a_reader_sees_where_a_link_leads() {
        assert_eq!(host("https://city.example.lg.jp/a/b"), "city.example.lg.jp");
    }
}
