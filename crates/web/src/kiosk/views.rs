//! The screens of the certificate machine: one question a screen, huge type, always *back* and *stop*.
//!
//! They work without script; the small script adds the PIN pad, the time-out warning and larger touch feedback.

use base::Yen;
use maud::{Markup, html};
use services::convenience_certificates::receipt::short_form;
use services::convenience_certificates::{Members, OptionalItems, Request};
use ui::page::{Page, Width};
use ui::{Language, words};

use super::choosing::has_items;
use super::kinds::name_key;
use super::printing_views::tray;
use super::reader::DrawerCard;
use super::say::{Say, printer_sentence};
use super::session::{Ending, Screen, Session};
use crate::visit::Visit;

/// Steps shown on top.
const STEPS: usize = 7;
/// Coins and notes of the simulated slot, in yen.
pub const COINS: [i64; 4] = [10, 100, 500, 1000];

/// What every screen needs.
pub struct Frame<'a> {
    /// Language of the screen.
    pub language: Language,
    /// The city's name.
    pub city: &'a str,
    /// The same in Japanese, as it stands in addresses.
    pub city_in_japanese: &'a str,
    /// Where refusals send people.
    pub counter: &'a str,
    /// Addresses of the style sheets.
    pub styles: Vec<String>,
    /// Address of the machine's script.
    pub script: String,
    /// The request: form tokens, and whether this is the demo, which every screen must say.
    pub visit: Visit,
    /// Seconds until the session ends without a touch.
    pub idle_seconds: u32,
    /// Whether letters and notices can be read here.
    pub has_letters: bool,
}

impl Frame<'_> {
    pub(super) fn say(&self, key: &str) -> Markup {
        words().markup(self.language, key, &[])
    }

    pub(super) fn plain(&self, key: &str) -> String {
        words().get(self.language, key)
    }

    pub(super) fn with(&self, key: &str, arguments: &[(&str, ui::Arg<'_>)]) -> Markup {
        words().markup(self.language, key, arguments)
    }

    fn told(&self, say: &Say) -> Markup {
        match say {
            Say::Key(key) | Say::Done(key) => {
                self.with(key, &[("counter", self.counter.into()), ("request", "".into())])
            }
            Say::WrongPin(tries) => {
                self.with("kiosk-pin-wrong", &[("tries", (*tries).into()), ("counter", self.counter.into())])
            }
            Say::Refused(refusal) => self.say(refusal.message_key()),
            Say::Printer(trouble) => {
                html! { (self.say(printer_sentence(*trouble))) br; (self.say("kiosk-printer-before")) }
            }
            Say::Owed(id) => {
                let short = short_form(*id);
                self.with("kiosk-print-owed", &[("request", short.as_str().into()), ("counter", self.counter.into())])
            }
        }
    }

    pub(super) fn form(&self, action: &str, inner: &Markup) -> Markup {
        html! {
            form method="post" action=(action) {
                (self.visit.csrf(action))
                (inner)
            }
        }
    }

    pub(super) fn big(&self, key: &str) -> Markup {
        html! { button class="kiosk-go" type="submit" { (self.say(key)) } }
    }

    /// The screen around `main`. `step` is 0 where no session runs.
    pub(super) fn screen(&self, title: &str, step: usize, refresh: Option<&str>, main: &Markup) -> Markup {
        self.screen_with(title, step, refresh.map(|address| (self.idle_seconds + 2, address)), step > 0, main)
    }

    /// The same, gone to again after so many seconds where there is no script, and with the way out or without.
    pub(super) fn screen_with(
        &self,
        title: &str,
        step: usize,
        refresh: Option<(u32, &str)>,
        has_stop: bool,
        main: &Markup,
    ) -> Markup {
        // Once somebody is known, forms belong to their session; before that, to the terminal.
        let (stop, touch) = if step > Screen::Pin.step() {
            ("/kiosk/session/stop", "/kiosk/session/touch")
        } else {
            ("/kiosk/stop", "/kiosk/touch")
        };
        let mut page =
            Page::new(self.language, self.plain(title)).city(self.city).width(Width::Kiosk).sight(self.visit.sight);
        for style in &self.styles {
            page = page.style(style.clone());
        }
        page = page.script(self.script.clone());
        if self.visit.is_demo {
            page = page.band(self.say("kiosk-simulated"));
        }
        if let Some((seconds, address)) = refresh {
            page = page.refresh(seconds, address);
        }
        page.render(&html! {
            @if step > 0 {
                p class="kiosk-progress" {
                    (self.with("kiosk-step", &[("step", step.into()), ("steps", STEPS.into())]))
                    progress max=(STEPS) value=(step) aria-hidden="true" {}
                }
            }
            (main)
            @if has_stop {
                div class="kiosk-stop" data-idle=(self.idle_seconds) data-touch=(touch)
                    data-token=(self.visit.csrf_token(touch)) {
                    (self.form(stop, &html! {
                        button class="kiosk-quiet" type="submit" { (self.say("kiosk-stop")) }
                    }))
                }
                dialog id="time-warning" class="kiosk-warning" aria-labelledby="time-warning-text" {
                    p id="time-warning-text" { (self.say("kiosk-timeout-warning")) }
                    button type="button" id="time-extend" class="kiosk-go" { (self.say("kiosk-timeout-extend")) }
                }
            }
        })
    }

    pub(super) fn alert(&self, session: &Session) -> Markup {
        html! {
            @if let Some(say @ Say::Done(_)) = &session.say {
                div class="kiosk-answer" role="status" { p { (self.told(say)) } }
            } @else if let Some(say) = &session.say {
                div class="kiosk-alert" role="alert" { span class="kiosk-mark" aria-hidden="true" { "!" } span { (self.told(say)) } }
            }
        }
    }
}

/// "Put your card here", with the drawer in the demo.
pub fn card(frame: &Frame<'_>, session: &Session, drawer: Option<&[DrawerCard]>) -> Markup {
    frame.screen("kiosk-card-heading", Screen::Card.step(), Some("/kiosk/ended"), &html! {
        h1 { (frame.say("kiosk-card-heading")) }
        (frame.alert(session))
        p class="kiosk-lead" { (frame.say("kiosk-card-lead")) }
        (super::letters::choice(frame, session))
        @match drawer {
            None => (frame.form("/kiosk/card", &frame.big("kiosk-next"))),
            Some(cards) => {
                section class="kiosk-drawer" {
                    h2 { (frame.say("kiosk-drawer-heading")) }
                    p { (frame.say("kiosk-drawer-lead")) }
                    @if cards.is_empty() { p { (frame.say("kiosk-drawer-empty")) } }
                    ul {
                        @for (place, card) in cards.iter().enumerate() {
                            li {
                                (frame.form("/kiosk/card", &html! {
                                    input type="hidden" name="card" value=(place);
                                    button class="kiosk-card" type="submit" {
                                        strong { (card.label) }
                                        span { (frame.with("kiosk-drawer-pin", &[("pin", card.pin.as_str().into())])) }
                                    }
                                }))
                            }
                        }
                    }
                }
            }
        }
    })
}

/// The PIN pad. The field is an ordinary one, so it works without script and with a keyboard.
pub fn pin(frame: &Frame<'_>, session: &Session) -> Markup {
    let open = session.tries_left.is_none_or(|tries| tries > 1);
    frame.screen(
        "kiosk-pin-heading",
        Screen::Pin.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-pin-heading")) }
            (frame.alert(session))
            @if open {
                p class="kiosk-lead" { (frame.say("kiosk-pin-lead")) }
                @if let Some(tries) = session.tries_left {
                    p { (frame.with("kiosk-pin-tries", &[("tries", tries.into())])) }
                }
                (frame.form("/kiosk/pin", &html! {
                    label for="pin" { (frame.say("kiosk-pin-field")) }
                    input id="pin" class="kiosk-pin" type="password" name="pin" inputmode="numeric" pattern="[0-9]{4}"
                        maxlength="4" minlength="4" required autocomplete="off" autofocus;
                    div class="kiosk-pad" id="pad" hidden {
                        @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
                            button type="button" data-digit=(digit) { (digit) }
                        }
                        button type="button" data-clear="1" { (frame.say("kiosk-pin-clear")) }
                        button type="button" data-digit="0" { "0" }
                    }
                    (frame.big("kiosk-next"))
                }))
            }
            @if session.may_apply { (super::apply::way(frame)) }
        },
    )
}

/// Members, items and copies.
pub fn choose(frame: &Frame<'_>, session: &Session) -> Markup {
    let members = session.members();
    let any_foreign = members.iter().any(|member| member.is_foreign);
    let any_japanese = members.iter().any(|member| !member.is_foreign);
    let items = session.choices.items;
    let is_some = matches!(session.choices.members, Members::Chosen(_));
    frame.screen("kiosk-choose-heading", Screen::Choose.step(), Some("/kiosk/ended"), &html! {
        h1 { (frame.say("kiosk-choose-heading")) }
        (frame.alert(session))
        p class="kiosk-lead" { strong { (frame.say(name_key(session.choices.kind))) } }
        (frame.form("/kiosk/choose", &html! {
            fieldset class="kiosk-options" {
                legend class="hidden-visually" { (frame.say("kiosk-choose-heading")) }
                (option("radio", "who", "household", session.choices.members == Members::Household,
                    &frame.say("kiosk-choose-household")))
                (option("radio", "who", "applicant", session.choices.members == Members::Applicant,
                    &frame.say("kiosk-choose-self")))
                @if members.len() > 2 {
                    (option("radio", "who", "chosen", is_some, &frame.say("kiosk-choose-some")))
                }
            }
            @if members.len() > 2 {
                fieldset class="kiosk-options kiosk-members" {
                    legend { (frame.say("kiosk-choose-some")) }
                    @for (index, member) in members.iter().enumerate() {
                        @let is_chosen = matches!(&session.choices.members, Members::Chosen(list) if list.contains(&member.id));
                        (option("checkbox", "member", &index.to_string(), is_chosen, &html! {
                            span lang="ja" { (member.name) }
                            @if member.is_applicant { (frame.say("kiosk-choose-you")) }
                        }))
                    }
                }
            }
            fieldset class="kiosk-options" {
                legend { h2 { (frame.say("kiosk-items-heading")) } }
                p { (frame.say("kiosk-items-lead")) }
                (option("checkbox", "item", "relationship", items.relationship, &frame.say("kiosk-item-relationship")))
                @if any_japanese {
                    (option("checkbox", "item", "domicile", items.domicile, &frame.say("kiosk-item-domicile")))
                }
                @if any_foreign {
                    (option("checkbox", "item", "nationality", items.nationality, &frame.say("kiosk-item-nationality")))
                    (option("checkbox", "item", "residence_card_number", items.residence_card_number,
                        &frame.say("kiosk-item-card-number")))
                    (option("checkbox", "item", "residence_status", items.residence_status,
                        &frame.say("kiosk-item-status")))
                }
            }
            (copies(frame, session))
            (frame.big("kiosk-next"))
        }))
        p { a class="kiosk-quiet" href="/kiosk/kind?back=1" { (frame.say("kiosk-back")) } }
    })
}

/// How many copies.
pub(super) fn copies(frame: &Frame<'_>, session: &Session) -> Markup {
    html! {
        div class="kiosk-copies" {
            label for="copies" { (frame.say("kiosk-copies")) }
            input id="copies" type="number" name="copies" min="1" max="10" value=(session.choices.copies)
                required aria-describedby="copies-hint";
            span id="copies-hint" { (frame.say("kiosk-copies-hint")) }
        }
    }
}

pub(super) fn option(kind: &str, name: &str, value: &str, checked: bool, label: &Markup) -> Markup {
    html! {
        label class="kiosk-option" {
            input type=(kind) name=(name) value=(value) checked[checked];
            span { (label) }
        }
    }
}

/// What will be printed and what it costs.
pub fn confirm(frame: &Frame<'_>, session: &Session, fee: Yen) -> Markup {
    let chosen = |id: &tools::ResidentId, is_applicant: bool| match &session.choices.members {
        Members::Household => true,
        Members::Applicant => is_applicant,
        Members::Chosen(list) => list.contains(id),
        Members::Numbered(_) => false,
    };
    frame.screen(
        "kiosk-confirm-heading",
        Screen::Confirm.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-confirm-heading")) }
            (frame.alert(session))
            dl class="kiosk-facts" {
                dt { (frame.say("kiosk-confirm-kind")) }
                dd { (frame.say(name_key(session.choices.kind))) }
                dt { (frame.say("kiosk-confirm-people")) }
                dd {
                    ul {
                        @for name in session.family_chosen() { li lang="ja" { (name) } }
                        @if session.family_chosen().is_empty() { @for member in session.members().iter().filter(|m| chosen(&m.id, m.is_applicant)) {
                            li lang="ja" { (member.name) }
                        } }
                    }
                }
                @if has_items(session.choices.kind) {
                    dt { (frame.say("kiosk-confirm-items")) }
                    dd { (items(frame, session.choices.items)) }
                }
                dt { (frame.say("kiosk-confirm-copies")) }
                dd { (frame.with("kiosk-copies-count", &[("n", session.choices.copies.into())])) }
                dt { (frame.say("kiosk-confirm-fee")) }
                dd class="kiosk-money" { (fee) }
            }
            p { (frame.say("kiosk-confirm-norefund")) }
            (frame.form("/kiosk/confirm", &frame.big("kiosk-confirm-go")))
            p { a class="kiosk-quiet" href="/kiosk/choose?back=1" { (frame.say("kiosk-back")) } }
        },
    )
}

fn items(frame: &Frame<'_>, items: OptionalItems) -> Markup {
    let all = [
        (items.relationship, "kiosk-item-relationship"),
        (items.domicile, "kiosk-item-domicile"),
        (items.nationality, "kiosk-item-nationality"),
        (items.residence_card_number, "kiosk-item-card-number"),
        (items.residence_status, "kiosk-item-status"),
    ];
    html! {
        @if all.iter().any(|(on, _)| *on) {
            ul { @for (_, key) in all.iter().filter(|(on, _)| *on) { li { (frame.say(key)) } } }
        } @else {
            (frame.say("kiosk-confirm-none"))
        }
    }
}

/// Coins.
pub fn pay(frame: &Frame<'_>, session: &Session, request: &Request, inserted: Yen) -> Markup {
    let rest = Yen((request.fee.0 - inserted.0).max(0));
    frame.screen(
        "kiosk-pay-heading",
        Screen::Pay.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-pay-heading")) }
            (frame.alert(session))
            dl class="kiosk-facts" {
                dt { (frame.say("kiosk-pay-fee")) } dd class="kiosk-money" { (request.fee) }
                dt { (frame.say("kiosk-pay-inserted")) } dd class="kiosk-money" { (inserted) }
                dt { (frame.say("kiosk-pay-rest")) } dd class="kiosk-money" { (rest) }
            }
            section class="kiosk-drawer" {
                h2 { (frame.say("kiosk-pay-simulated")) }
                div class="kiosk-coins" {
                    @for coin in COINS {
                        (frame.form("/kiosk/pay/insert", &html! {
                            input type="hidden" name="coin" value=(coin);
                            button class="kiosk-coin" type="submit" {
                                (frame.with("kiosk-pay-insert", &[("yen", Yen(coin).to_string().into())]))
                            }
                        }))
                    }
                }
            }
            @if rest == Yen::ZERO { (frame.form("/kiosk/pay", &frame.big("kiosk-pay-go"))) }
            (tray(frame, &session.out, "/kiosk/session/tray"))
        },
    )
}

/// The paper is there; `twin` is what is said of its digital copy.
pub fn take(frame: &Frame<'_>, session: &Session, request: &Request, twin: &Markup) -> Markup {
    let sheets = session.sheets();
    frame.screen(
        "kiosk-done-heading",
        Screen::Take.step(),
        None,
        &html! {
            h1 { (frame.say("kiosk-done-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" { (frame.with("kiosk-done-lead", &[("pages", sheets.into())])) }
            @if session.change > Yen::ZERO {
                p { (frame.with("kiosk-done-change", &[("yen", session.change.to_string().into())])) }
            }
            p { (frame.with("kiosk-done-request", &[("request", short_form(request.id).as_str().into())])) }
            p { a class="kiosk-quiet" href="/kiosk/receipt" { (frame.say("kiosk-receipt-link")) } }
            @if session.out.tray().is_some() { section class="kiosk-drawer" {
                p { (frame.say("kiosk-done-simulated")) }
                p { a class="kiosk-go" id="open-paper" href="/kiosk/paper.pdf" target="_blank" rel="noopener" {
                    (frame.say("kiosk-done-open")) } }
            } }
            (twin)
            section class="kiosk-answer" role="status" {
                h2 { (frame.say("kiosk-take-card-heading")) }
                p { (frame.say("kiosk-take-card-lead")) }
            }
            (frame.form("/kiosk/take", &frame.big("kiosk-done-take")))
        },
    )
}

/// Over: what happened, that everything is erased, money returned.
pub fn ended(frame: &Frame<'_>, session: Option<&Session>) -> Markup {
    let ending = session.and_then(|session| session.ending);
    let refused = session.and_then(|session| session.say.as_ref());
    let returned = session.map_or(Yen::ZERO, |session| session.returned);
    let heading = match (refused, ending) {
        (Some(Say::Refused(_)), _) => "kiosk-refused-heading",
        (_, Some(Ending::TimedOut)) => "kiosk-timeout-heading",
        _ => "kiosk-ended-heading",
    };
    frame.screen(heading, 0, None, &html! {
        h1 { (frame.say(heading)) }
        @if let Some(say) = refused {
            div class="kiosk-alert" role="alert" { span class="kiosk-mark" aria-hidden="true" { "!" } span { (frame.told(say)) } }
        }
        @if ending == Some(Ending::TimedOut) { p class="kiosk-lead" { (frame.say("kiosk-timeout-lead")) } }
        p class="kiosk-lead" { (frame.say("kiosk-ended-lead")) }
        @if returned > Yen::ZERO {
            p class="kiosk-lead" {
                (frame.with("kiosk-ended-money", &[("yen", returned.to_string().into())]))
            }
        }
        section class="kiosk-answer" { p { (frame.say("kiosk-take-card-heading")) } }
        p { a class="kiosk-go" href="/kiosk" { (frame.say("kiosk-ended-again")) } }
    })
}
