//! Staff and roles: who there is, inviting, changing roles, disabling. A list of people, so no file of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Id;
use maud::{Markup, html};
use store::StoreError;
use tools::staff::two_persons::{self, Deed};
use tools::staff::{self, Account, Action, Invitation, Role, StaffError, StaffRefusal, invitations, passkeys};
use ui::form::{ButtonKind, Field, button, checkboxes, field, one_button};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{count, empty_state};

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::session::{self, Door};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let (see, manage) = (Rule::Staff(Action::SeeStaff), Rule::Staff(Action::ManageStaff));
    Routes::new()
        .get("/staff/accounts", see, page)
        .post("/staff/accounts", see, find)
        .get("/staff/accounts/{account}", see, one)
        .post("/staff/accounts/invite", manage, invite)
        .post("/staff/accounts/invitations/{invitation}/revoke", manage, revoke)
        .post("/staff/accounts/{account}/roles", manage, set_roles)
        .post("/staff/accounts/{account}/administrator", manage, ask_administrator)
        .post("/staff/accounts/{account}/disable", manage, disable)
        .post("/staff/accounts/{account}/enable", manage, enable)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    list(&app, &visit, &me, "").await
}

async fn find(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    list(&app, &visit, &me, fields.get("q")).await
}

async fn list(app: &Arc<App>, visit: &Visit, me: &SignedIn, q: &str) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), q.to_lowercase());
    let (all, pending) = blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.read::<_, StoreError, _>(|tx| Ok((staff::accounts(tx)?, invitations::pending(tx, now)?)))?)
    })
    .await?;
    let holds = |one: &Account| {
        [one.name.as_str(), one.office.as_str(), &words::roles(visit, &one.roles)]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .filter(|one| holds(one))
        .map(|one| {
            vec![
                html! { a href=(format!("/staff/accounts/{}", one.id)) { (one.name) } },
                html! { (one.office) },
                html! { (words::roles(visit, &one.roles)) },
                status(visit, one),
            ]
        })
        .collect();
    let headings = ["staff-name", "staff-office", "staff-roles", "staff-state"];
    let (find, title) = (visit.say("staff-accounts-find"), visit.say("staff-accounts-title"));
    let main = html! {
        (shell::said(visit))
        form method="post" action="/staff/accounts" data-search="" {
            (visit.csrf("/staff/accounts"))
            (field(visit.language, &Field { name: "q", label: &find, value: q, autocomplete: Some("off"), max_length: Some(60), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("form-search"))) }
        }
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-accounts-none"), &visit.say("staff-accounts-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        @if me.may(Action::ManageStaff) {
            (pending_invitations(visit, &pending))
            (invite_form(visit))
        }
        (role_table(visit))
    };
    Ok(shell::page(visit, me, &title, &main))
}

fn status(visit: &Visit, one: &Account) -> Markup {
    if one.is_active {
        chip(AlertKind::Success, &visit.say("staff-active"))
    } else {
        chip(AlertKind::Error, &visit.say("staff-disabled"))
    }
}

fn pending_invitations(visit: &Visit, pending: &[Invitation]) -> Markup {
    html! {
        @if !pending.is_empty() {
            h2 { (visit.say("staff-invitations")) }
            ul {
                @for one in pending {
                    @let address = format!("/staff/accounts/invitations/{}/revoke", one.id);
                    li {
                        (one.name) " (" (one.office) ") " (words::roles(visit, &one.roles)) " "
                        (visit.say_with("staff-until", &[("at", ui::dates::instant(visit.language, one.expires_at).into())])) " "
                        (one_button(&address, &visit.csrf(&address), ButtonKind::Secondary, &visit.say("staff-revoke"), Some(&one.name)))
                    }
                }
            }
        }
    }
}

/// Roles one may give alone.
fn plain_roles(visit: &Visit) -> Vec<(String, String)> {
    Role::ALL
        .iter()
        .filter(|role| **role != Role::Administrator)
        .map(|role| (role.code().to_owned(), words::role(visit, *role).to_owned()))
        .collect()
}

fn invite_form(visit: &Visit) -> Markup {
    let (name, office) = (visit.say("staff-name"), visit.say("staff-office"));
    let off = Some("off");
    html! {
        details {
            summary { (visit.say("staff-invite")) }
            form method="post" action="/staff/accounts/invite" {
                (visit.csrf("/staff/accounts/invite"))
                div class="fields" {
                    (field(visit.language, &Field { name: "name", label: &name, required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                    (field(visit.language, &Field { name: "office", label: &office, required: true, autocomplete: off, max_length: Some(60), ..Field::default() }))
                }
                (checkboxes("role", &visit.say("staff-roles"), &plain_roles(visit), &[]))
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-invite-button"))) }
            }
        }
    }
}

/// What each role may do: the table of `tools::staff::roles`, as it is.
fn role_table(visit: &Visit) -> Markup {
    let (yes, no) = (visit.say("page-yes"), visit.say("page-no"));
    let rows: Vec<Vec<Markup>> = Action::ALL
        .iter()
        .map(|action| {
            let mut row = vec![html! { (words::action(visit, *action)) }];
            row.extend(Role::ALL.iter().map(|role| html! { (if role.may(*action) { &yes } else { &no }) }));
            row
        })
        .collect();
    let first = visit.say("staff-action");
    let headings: Vec<&str> =
        std::iter::once(first.as_str()).chain(Role::ALL.iter().map(|role| words::role(visit, *role))).collect();
    html! { details { summary { (visit.say("staff-role-table")) } (ui::table::table(&visit.say("staff-role-table"), &headings, &rows)) } }
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(account): Path<String>,
) -> Result<Response, Failure> {
    let (inside, id) = (app.inside()?.clone(), shell::id(&account)?);
    let (account, keys) = blocking(move || {
        let found = inside
            .store
            .read::<_, StoreError, _>(|tx| Ok((staff::account(tx, id)?, passkeys::registered(tx, id)?.len())))?;
        Ok((found.0.ok_or(StaffError::from(StaffRefusal::NoAccount))?, found.1))
    })
    .await?;
    let is_own = account.id == me.account.id;
    let main = html! {
        (shell::said(&visit))
        (facts(&[
            (visit.say("staff-office"), html! { (account.office) }),
            (visit.say("staff-roles"), html! { (words::roles(&visit, &account.roles)) }),
            (visit.say("staff-state"), status(&visit, &account)),
            (visit.say("staff-passkeys"), html! { (keys) }),
        ]))
        @if is_own { (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-refusal-own-account")) } })) }
        @else if me.may(Action::ManageStaff) { (changes(&visit, &account)) }
        p { a href="/staff/accounts" { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &account.name, &main))
}

fn changes(visit: &Visit, account: &Account) -> Markup {
    let at = |verb: &str| format!("/staff/accounts/{}/{verb}", account.id);
    let has = account.roles.contains(&Role::Administrator);
    let mut roles = plain_roles(visit);
    if has {
        roles.insert(0, (Role::Administrator.code().to_owned(), words::role(visit, Role::Administrator).to_owned()));
    }
    let chosen: Vec<&str> = account.roles.iter().map(|role| role.code()).collect();
    let reason = visit.say("staff-approval-reason");
    html! {
        h2 { (visit.say("staff-change-roles")) }
        form method="post" action=(at("roles")) {
            (visit.csrf(&at("roles")))
            (checkboxes("role", &visit.say("staff-roles"), &roles, &chosen))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("form-save"))) }
        }
        @if !has && account.is_active {
            details {
                summary { (visit.say("staff-make-administrator")) }
                p { (visit.say("staff-make-administrator-how")) }
                form method="post" action=(at("administrator")) {
                    (visit.csrf(&at("administrator")))
                    (field(visit.language, &Field { name: "reason", label: &reason, required: true, autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
                    div class="buttons" { (button(ButtonKind::Danger, &visit.say("staff-ask-approval"))) }
                }
            }
        }
        h2 { (visit.say("staff-access-title")) }
        @if account.is_active {
            details {
                summary { (visit.say("staff-disable-begin")) }
                p { (visit.say("staff-disable-how")) }
                (one_button(&at("disable"), &visit.csrf(&at("disable")), ButtonKind::Danger, &visit.say("staff-disable"), Some(&account.name)))
            }
        } @else {
            (one_button(&at("enable"), &visit.csrf(&at("enable")), ButtonKind::Secondary, &visit.say("staff-enable"), Some(&account.name)))
        }
    }
}

fn chosen_roles(fields: &Fields) -> Vec<Role> {
    fields.all("role").filter_map(Role::from_code).collect()
}

async fn invite(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (inside, actor, roles) = (app.inside()?.clone(), me.actor(), chosen_roles(&fields));
    let name = fields.get("name").to_owned();
    let secret = blocking(move || {
        let (seams, office) = (inside.seams.clone(), fields.get("office").to_owned());
        let (_, secret) = inside
            .store
            .write::<_, StaffError, _>(move |tx| staff::invite(tx, &seams, &actor, &name, &office, &roles))?;
        Ok(secret)
    })
    .await?;
    let link = format!("{}/staff/join#{}", app.settings.staff_origin, secret.reveal());
    let title = visit.say("staff-invited-title");
    let main = html! {
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("staff-invited-how")) } }))
        p class="secret" { (link) }
        p { (visit.say("staff-invited-code")) }
        p class="secret" { (secret.reveal()) }
        p { a href="/staff/accounts" { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn revoke(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, "/staff/accounts", "staff-done-revoked", move |tx, seams| {
        invitations::revoke(tx, seams, &me.actor(), id)
    })
    .await
}

async fn set_roles(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, roles) = (shell::id(&id)?, chosen_roles(&fields));
    shell::change(&app, &page_of(id), "staff-done-roles", move |tx, seams| {
        staff::set_roles(tx, seams, &me.account, id, &roles)
    })
    .await
}

async fn ask_administrator(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, reason) = (shell::id(&id)?, fields.get("reason").chars().take(200).collect::<String>());
    shell::change(&app, "/staff/approvals", "staff-done-asked", move |tx, seams| {
        two_persons::ask(tx, seams, &me.account, Deed::GiveAdministrator(id), &reason).map(|_| ())
    })
    .await
}

async fn disable(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &page_of(id), "staff-done-disabled", move |tx, seams| {
        staff::disable(tx, seams, &me.account, id)?;
        session::end_all(tx, seams.now(), Door::Staff, &id.to_string()).map_err(StaffError::from)
    })
    .await
}

async fn enable(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &page_of(id), "staff-done-enabled", move |tx, seams| staff::enable(tx, seams, &me.account, id))
        .await
}

fn page_of(account: Id) -> String {
    format!("/staff/accounts/{account}")
}
