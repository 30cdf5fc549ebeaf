//! A card linked at the counter: a real city, agents with two people's cards on the reader of one PC, and an officer who
//! tries to link a card of their own to the entry of somebody who only signs.

use std::process::Command;

use serde_json::Value;
use store::StoreError;
use tools::Inside;
use yakuba::cards;

use crate::agent::{AgentProcess, Page, Stage, agent_command, ask, stage_after};
use crate::served::YAKUBA;

/// The first two grown-ups of the drawer.
fn two(inside: &Inside) -> [cards::Labelled; 2] {
    let grown = |card: &cards::Labelled| cards::stored(inside, &card.resident).unwrap().unwrap().signing.is_some();
    let mut found = cards::drawer(inside).unwrap().into_iter().filter(grown);
    std::array::from_fn(|_| found.next().unwrap())
}

/// What an agent gave for one verb.
struct Proved {
    request: String,
    answer: String,
}

/// A counter with the holder's entry open. `holder` and `officer` are agents of one pairing: two cards laid on one reader
/// one after the other.
struct Counter {
    stage: Stage,
    view: String,
    holder: AgentProcess,
    officer: AgentProcess,
    pins: [String; 2],
}

impl Counter {
    fn new() -> Self {
        let mut people = None;
        let stage = stage_after(None, |inside| {
            let both = two(inside);
            let residents = both.each_ref().map(|card| card.resident.as_str().to_owned());
            people = Some((residents.clone(), both.map(|card| card.pin)));
            // Neither card is linked yet.
            inside
                .store
                .write::<_, StoreError, _>(move |tx| {
                    for resident in &residents {
                        tx.execute("DELETE FROM credentials WHERE resident_id = $1", &[resident.as_str().into()])?;
                    }
                    Ok(())
                })
                .unwrap();
        });
        let ([holder, officer], pins) = people.unwrap();
        let data = stage.place.path().join("agent");
        stage.pair(&data);
        let agent = |resident: &str| {
            let mut command = agent_command(Command::new(YAKUBA), &data);
            command.args(["--demo-resident", resident, "--demo-city"]).arg(&stage.city.data);
            AgentProcess::start(command)
        };
        let (view, cards) = (opened(&stage.page, &holder), [agent(&holder), agent(&officer)]);
        let [holder, officer] = cards;
        Self { stage, view, holder, officer, pins }
    }

    /// The form tokens of a page that asks the agent.
    fn tokens(&self, page: &str) -> (String, String) {
        let (status, page) = self.stage.page.at_city("GET", page, "", "");
        assert_eq!(status, 200, "{page}");
        let token =
            |name: &str| page.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        (token("data-ask-token"), token("data-answer-token"))
    }

    /// `verb` asked for at `page` and answered by the card at `agent`.
    fn prove(&mut self, page: &str, verb: &str, is_officers: bool) -> Proved {
        let (agent, pin) = match is_officers {
            false => (&self.holder, &self.pins[0]),
            true => (&self.officer, &self.pins[1]),
        };
        let secret = if verb == "identify" { pin.clone() } else { "YAKUBA1".to_owned() };
        self.stage.page.agent = agent.address.clone();
        let (ask_token, _) = self.tokens(page);
        let page_ = &self.stage.page;
        let (_, status) = page_.at_agent("GET", "/v1/status", "");
        let name = status["agent"].as_str().unwrap();
        let json = format!("Accept: application/json\r\nX-Csrf: {ask_token}\r\n");
        let (path, fields) = match page.ends_with("/try") {
            true => ("/staff/agents/identify".to_owned(), format!("agent={name}")),
            false => (format!("{page}/ask"), format!("agent={name}&verb={verb}")),
        };
        let (code, asked) = page_.at_city("POST", &path, &json, &fields);
        assert_eq!(code, 200, "{asked}");
        let request = serde_json::from_str::<Value>(&asked).unwrap()["request"].as_str().unwrap().to_owned();
        let (code, taken) = page_.at_agent("POST", &format!("/v1/{verb}"), &format!("{{\"request\":\"{request}\"}}"));
        assert_eq!(code, 201, "{taken}");
        let pad = taken["pad"].as_str().unwrap().split_once(&page_.agent).unwrap().1.to_owned();
        page_.person(&pad, &[&secret]);
        let ticket = taken["ticket"].as_str().unwrap();
        let (_, told) = page_.at_agent("GET", &format!("/v1/answers/{ticket}"), "");
        assert_eq!(told["state"], "answered", "{told}");
        Proved { request, answer: told["answer"].as_str().unwrap().to_owned() }
    }

    /// The page brings both answers to where cards are linked.
    fn link(&self, who: &Proved, signed: &Proved) -> (u16, String) {
        let page = format!("{}/cards/link", self.view);
        let (_, token) = self.tokens(&page);
        let fields = format!(
            "request={}&answer={}&signed_request={}&signed_answer={}",
            who.request, who.answer, signed.request, signed.answer
        );
        let json = format!("Accept: application/json\r\nX-Csrf: {token}\r\n");
        self.stage.page.at_city("POST", &format!("{page}/answer"), &json, &fields)
    }
}

/// The holder's entry, opened for the work of cards.
fn opened(page: &Page, resident: &str) -> String {
    let token = |path: &str, action: &str| {
        let (_, shown) = page.at_city("GET", path, "", "");
        let form = shown.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("{shown}"));
        form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let desk = token("/staff/register", "/staff/desk");
    let told = page.at_city("POST", "/staff/desk", "", &format!("csrf={desk}&duty=credential&note=x"));
    assert_eq!(told.0, 303, "{}", told.1);
    // The token of a form belongs to its address, whichever page shows it.
    let secret = page.cookie.split_once('=').unwrap().1;
    let csrf = web::session::Secret::parse(secret).unwrap().csrf_key().token("/staff/person");
    let headers = format!(
        "Cookie: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        page.cookie
    );
    let (_, status, answer) =
        ask(&page.city, "POST", "/staff/person", &headers, &format!("csrf={csrf}&resident={resident}"));
    assert_eq!(status, 303);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    location.trim().to_owned()
}

#[test]
fn a_card_is_linked_when_one_card_proves_its_holder_and_signs_and_two_cards_are_refused() {
    let mut counter = Counter::new();
    let link = format!("{}/cards/link", counter.view);
    // The officer's own card says who taps, and the holder, who was asked to, signs.
    let officer = counter.prove(&link, "identify", true);
    let signed = counter.prove(&link, "sign-document", false);
    let (status, said) = counter.link(&officer, &signed);
    assert_eq!(status, 422, "an officer's card was linked to somebody else's entry: {said}");
    assert!(said.contains("同じ1枚のカード"), "{said}");

    // What was said to try a reader, or to renew a card, links none.
    let tried = counter.prove("/staff/agents/try", "identify", false);
    let signed = counter.prove(&link, "sign-document", false);
    let (status, said) = counter.link(&tried, &signed);
    assert_eq!(status, 422, "{said}");
    let renew = format!("{}/cards/{}/renew", counter.view, base::Id::from_bytes([1; 16]));
    let who = counter.prove(&link, "identify", false);
    let signed = counter.prove(&renew, "sign-document", false);
    let (status, said) = counter.link(&who, &signed);
    assert_eq!(status, 422, "{said}");

    let who = counter.prove(&link, "identify", false);
    let signed = counter.prove(&link, "sign-document", false);
    let (status, said) = counter.link(&who, &signed);
    assert!(status == 200 && said.contains("カードを登録しました"), "{status} {said}");
}
