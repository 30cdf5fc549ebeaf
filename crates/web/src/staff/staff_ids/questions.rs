//! Before something that is hard to undo: a page that says whom it concerns and what will happen, and asks again (確認).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::staff_id::kept::{Kept, StaffId};
use services::staff_id::model::Standing;
use ui::form::{ButtonKind, link_button, one_button};
use ui::notice::{AlertKind, alert, facts};

use super::member::{address, member_of};
use super::{MANAGE, beneath, desk};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::Routes;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/staff/staff-ids/member/{member}/leave", MANAGE, leave)
        .get("/staff/staff-ids/member/{member}/unlink", MANAGE, unlink)
        .get("/staff/staff-ids/id/{id}/do/{deed}", MANAGE, stop)
}

/// What is asked: the word of its keys, and where the answer goes.
struct Question<'a> {
    /// `leave`, `unlink`, `lost` or `recall`.
    word: &'a str,
    /// How many lines say what will happen.
    lines: usize,
    action: String,
    back: String,
}

impl Question<'_> {
    fn page(&self, visit: &Visit, me: &SignedIn, kept: &Kept, id: Option<&StaffId>) -> Response {
        let say = |part: &str| visit.say(&format!("staff-id-sure-{}{part}", self.word));
        let mut about = vec![
            (visit.say("staff-id-number"), html! { (kept.member.number) }),
            (visit.say("staff-id-name"), html! { (kept.member.name.reveal()) }),
        ];
        about.extend(id.map(|one| (visit.say("staff-id-sticker"), html! { code { (one.sticker) } })));
        let what: Markup = html! {
            p { (visit.say("staff-id-sure-what")) }
            ul { @for line in 1..=self.lines { li { (say(&format!("-{line}"))) } } }
        };
        let main = html! {
            (facts(&about))
            (alert(visit.language, AlertKind::Warning, &what))
            div class="buttons" {
                (one_button(&self.action, &visit.csrf(&self.action), ButtonKind::Danger, &say("-go"), Some(&kept.member.number)))
                (link_button(ButtonKind::Secondary, &self.back, &visit.say("staff-id-sure-not")))
            }
        };
        shell::page(visit, me, &say(""), &main)
    }
}

async fn about_member(
    app: &Arc<App>,
    visit: &Visit,
    me: &SignedIn,
    member: &str,
    (word, lines): (&str, usize),
) -> Result<Response, Failure> {
    let (id, desk) = (shell::id(member)?, desk(app, me)?);
    let found = blocking(move || desk.file(id).map_err(|error| beneath(&error))).await?;
    let (kept, ids, _) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let back = address(id);
    let question = Question { word, lines, action: format!("{back}/{word}"), back };
    Ok(question.page(visit, me, &kept, ids.first().filter(|one| !one.standing.is_over())))
}

async fn leave(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(member): Path<String>,
) -> Result<Response, Failure> {
    about_member(&app, &visit, &me, &member, ("leave", 4)).await
}

async fn unlink(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(member): Path<String>,
) -> Result<Response, Failure> {
    about_member(&app, &visit, &me, &member, ("unlink", 2)).await
}

/// Lost or recalled.
async fn stop(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((id, deed)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let word = match deed.as_str() {
        "lost" => "lost",
        "recall" => "recall",
        _ => return Err(Failure::of(Kind::NotFound)),
    };
    let (id, desk) = (shell::id(&id)?, desk(&app, &me)?);
    let (member, found) = blocking(move || {
        let member = member_of(&desk, id)?;
        Ok((member, desk.file(member).map_err(|error| beneath(&error))?))
    })
    .await?;
    let (kept, ids, _) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let one = ids.iter().find(|one| one.id == id).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let may_follow = if word == "lost" { one.standing == Standing::Live } else { !one.standing.is_over() };
    let back = address(member);
    if !may_follow {
        return Err(Failure::saying(Kind::Conflict, "staff-id-no-not-now").next(back, "staff-id-open"));
    }
    let question = Question { word, lines: 4, action: format!("/staff/staff-ids/id/{id}/do/{word}"), back };
    Ok(question.page(&visit, &me, &kept, Some(one)))
}
