//! "How you are told" (お知らせの受け取り方): browsers, an e-mail address, quiet hours, digests; and the link that stops mail.
//!
//! ```text
//!  GET  /portal/settings/channels            the page
//!  POST /portal/settings/channels            hours and digest
//!  POST …/push  …/push/remove                this browser's subscription, brought by push.js
//!  POST …/email  …/email/confirm  …/email/remove  …/email/notices
//!  GET  /portal/push-worker.js               the service worker: shows teasers
//!  GET  /portal/told                         what a digest leads to
//!  GET, POST /stop/{token}                   without sign-in: one click (RFC 8058) or a page with a button
//! ```

mod stop;
mod told;
mod view;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use messaging::push::Subscription;
use messaging::when::{Digest, Minute, QuietHours, Wishes};
use tools::channels::{self, Channel, ChannelError, Chosen, Confirmed, NotAdded, Teller};
use tools::portal::Assurance;

use super::shell;
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// The page.
pub(super) const PAGE: &str = "/portal/settings/channels";

/// Its routes. A new address takes the card: mail goes where the person is known to be, not where a thief wants it.
pub fn routes() -> Routes {
    const SEEN: Rule = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get("/portal/settings/channels", SEEN, page)
        .post("/portal/settings/channels", SEEN, save)
        .post("/portal/settings/channels/push", SEEN, add_browser)
        .post("/portal/settings/channels/push/remove", SEEN, remove)
        .post("/portal/settings/channels/email", Rule::Resident(Assurance::High), add_email)
        .post("/portal/settings/channels/email/confirm", Rule::Resident(Assurance::High), confirm_email)
        .post("/portal/settings/channels/email/remove", SEEN, remove)
        .post("/portal/settings/channels/email/notices", SEEN, notices)
        .get("/portal/told", SEEN, told::page)
        .get("/portal/push-worker.js", Rule::Public, worker)
        .get("/stop/{token}", Rule::Public, stop::page)
        .post("/stop/{token}", Rule::Public, stop::stop)
}

/// What tells people, where this process has it.
fn teller(app: &App) -> Result<Arc<Teller>, Failure> {
    app.teller.clone().ok_or_else(|| Failure::of(Kind::Unavailable))
}

fn failed(error: ChannelError) -> Failure {
    match error {
        ChannelError::Store(error) => error.into(),
        ChannelError::Mail(_) => Failure::saying(Kind::Unavailable, "channels-error-mail"),
        other => Failure::defect("channels", &other),
    }
}

/// What is wrong with what was sent: (field, key of the sentence).
type Wrong = Option<(&'static str, &'static str)>;

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    show(app, visit, me, None).await
}

async fn show(app: Arc<App>, visit: Visit, me: InPortal, wrong: Wrong) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let found = blocking(move || {
        let (chosen, addresses) = outside.store.read::<_, store::StoreError, _>(move |tx| {
            Ok((channels::read_wishes(tx, account)?, channels::list(tx, account)?))
        })?;
        let mut shown = view::Shown { chosen, browsers: Vec::new(), email: None, waiting: None };
        for address in addresses {
            match (address.channel, address.status) {
                (Channel::Push, _) => shown.browsers.push(address),
                (Channel::Email, status) => {
                    let masked = address.email(&outside.vault).map_err(failed)?.masked();
                    match status {
                        channels::AddressStatus::Waiting => shown.waiting = Some(masked),
                        _ => shown.email = Some((address, masked)),
                    }
                }
                (Channel::Sms | Channel::Line, _) => {}
            }
        }
        Ok(shown)
    })
    .await?;
    let main = view::page(&visit, app.teller.as_deref(), &found, wrong);
    Ok(shell::with_scripts(&visit, &me, &visit.say("channels-title"), &["push.js"], &main))
}

async fn save(State(app): State<Arc<App>>, visit: Visit, me: InPortal, form: Fields) -> Result<Response, Failure> {
    form.only(&["quiet", "from", "until", "digest"])?;
    let quiet = if form.get("quiet").is_empty() {
        None
    } else {
        match (Minute::parse(form.get("from")), Minute::parse(form.get("until"))) {
            (Some(from), Some(until)) => Some(QuietHours::new(from, until)),
            (None, _) => return show(app, visit, me, Some(("from", "channels-error-hour"))).await,
            (_, None) => return show(app, visit, me, Some(("until", "channels-error-hour"))).await,
        }
    };
    let digest = Digest::parse(form.get("digest")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (outside, account, language) = (app.outside()?.clone(), me.0.person.id, visit.language);
    blocking(move || {
        let now = outside.seams.now();
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| {
            let before = channels::read_wishes(tx, account)?;
            let wishes = Wishes { quiet, digest, zone: before.wishes.zone };
            channels::write_wishes(tx, now, account, &Chosen { wishes, language })
        })?)
    })
    .await?;
    Ok(shell::done(PAGE, "portal-done-channels-saved"))
}

async fn add_browser(State(app): State<Arc<App>>, me: InPortal, form: Fields) -> Result<Response, Failure> {
    form.only(&["endpoint", "p256dh", "auth"])?;
    let teller = teller(&app)?;
    let browser = Subscription::parse(form.get("endpoint"), form.get("p256dh"), form.get("auth"), teller.rules())
        .map_err(|_| Failure::saying(Kind::Invalid, "channels-push-unsupported"))?;
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || channels::add_push(&outside, account, &browser).map_err(failed)).await?;
    Ok(shell::done(PAGE, "portal-done-channels-push"))
}

fn address_in(form: &Fields) -> Result<Id, Failure> {
    Id::parse(form.get("address")).map_err(|_| Failure::of(Kind::Invalid))
}

async fn remove(State(app): State<Arc<App>>, me: InPortal, form: Fields) -> Result<Response, Failure> {
    let (outside, account, id) = (app.outside()?.clone(), me.0.person.id, address_in(&form)?);
    blocking(move || {
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| channels::remove(tx, account, id))?)
    })
    .await?;
    Ok(shell::done(PAGE, "portal-done-channels-removed"))
}

async fn notices(State(app): State<Arc<App>>, me: InPortal, form: Fields) -> Result<Response, Failure> {
    let (outside, account, id) = (app.outside()?.clone(), me.0.person.id, address_in(&form)?);
    let wanted = form.get("wanted") == "yes";
    blocking(move || {
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| channels::set_notices(tx, account, id, wanted))?)
    })
    .await?;
    Ok(shell::done(PAGE, "portal-done-channels-saved"))
}

async fn add_email(State(app): State<Arc<App>>, visit: Visit, me: InPortal, form: Fields) -> Result<Response, Failure> {
    form.only(&["email"])?;
    let (teller, outside) = (teller(&app)?, app.outside()?.clone());
    let (account, language, text) = (me.0.person.id, visit.language, form.get("email").to_owned());
    let wrong = blocking(move || match channels::add_email(&outside, account, &text) {
        Ok((_, to, code)) => match teller.send_code(language, &to, &code) {
            Ok(()) => Ok(None),
            Err(ChannelError::Mail(messaging::email::SendFault::Refused { .. })) => Ok(Some("channels-error-email")),
            Err(error) => {
                tracing::error!(%error, "a code could not be sent");
                Ok(Some("channels-error-mail"))
            }
        },
        Err(NotAdded::Email(_)) => Ok(Some("channels-error-email")),
        Err(NotAdded::TooSoon) => Ok(Some("channels-error-soon")),
        Err(NotAdded::Failed(error)) => Err(failed(error)),
    })
    .await?;
    match wrong {
        None => Ok(shell::done(PAGE, "portal-done-channels-code")),
        Some(key) => show(app, visit, me, Some(("email", key))).await,
    }
}

async fn confirm_email(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    form: Fields,
) -> Result<Response, Failure> {
    form.only(&["code"])?;
    let (teller, outside) = (teller(&app)?, app.outside()?.clone());
    let (account, language) = (me.0.person.id, visit.language);
    let code = base::text::to_half_width(form.get("code"));
    let is_right = blocking(move || {
        let now = outside.seams.now();
        let confirmed = outside
            .store
            .write::<_, store::StoreError, _>(move |tx| channels::confirm_email(tx, now, account, &code))?;
        let Confirmed::Now { before } = confirmed else { return Ok(false) };
        // The address that was in use hears of it; where it cannot be told, the change stands all the same.
        if let Some(Ok(old)) = before.map(|before| before.email(&outside.vault))
            && let Err(error) = teller.tell_of_change(language, &old)
        {
            tracing::warn!(%error, "the address before could not be told");
        }
        Ok(true)
    })
    .await?;
    if is_right {
        Ok(shell::done(PAGE, "portal-done-channels-email"))
    } else {
        show(app, visit, me, Some(("code", "channels-error-code"))).await
    }
}

/// The service worker, at an address above the pages it serves. Small, and asked for anew each time.
async fn worker() -> Result<Response, Failure> {
    let asset = assets::ASSETS.iter().find(|asset| asset.name == "push-worker.js");
    let asset = asset.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let headers = [(header::CONTENT_TYPE, asset.mime), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, asset.bytes).into_response())
}
