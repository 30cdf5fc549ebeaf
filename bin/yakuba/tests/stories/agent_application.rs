//! The loading desk with the card at a real agent: a running demo city, `yakuba agent`, `pcscd` and `vpcd`. The page carries what it
//! cannot read; commands go between the agent and the hall alone.

use std::sync::{Arc, Mutex};

use base::Seams;
use card::city_application::Image;
use card::city_application::loading::LoadingRoute;
use card::virtual_card::{Behaviour, VirtualCard};
use serde_json::Value;
use tools::access::Actor;
use tools::city_application::desk::Desk;

use crate::agent::{AgentProcess, Page, agent_command, ask, stage_after};
use crate::daemon::Daemon;
use crate::served::YAKUBA;

const PATH: &str = "/counter/application";

/// How the issuer puts the application onto a card, as far as this story knows: beforehand.
struct Issuer(Arc<Mutex<Option<Image>>>);

impl LoadingRoute for Issuer {
    fn load(&mut self, image: Image) -> Result<(), String> {
        *self.0.lock().unwrap() = Some(image);
        Ok(())
    }
}

/// What `agent.js` does with this deed: asks the city, has the agent work, and loads the page anew.
fn does(page: &Page, deed: &str, more: &str, typed: &str) -> String {
    let (_, shown) = page.at_city("GET", PATH, "", "");
    let token =
        |name: &str| shown.split(&format!("{name}=\"")).nth(1).expect(name).split('"').next().unwrap().to_owned();
    let json = |token: &str| format!("Accept: application/json\r\nX-Csrf: {token}\r\n");
    let (_, status) = page.at_agent("GET", "/v1/status", "");
    let agent = status["agent"].as_str().expect("an agent");
    let fields = format!("agent={agent}&deed={deed}{more}");
    let (code, asked) =
        page.at_city("POST", "/counter/application/agent/ask", &json(&token("data-ask-token")), &fields);
    assert_eq!(code, 200, "{asked}");
    let asked: Value = serde_json::from_str(&asked).unwrap();
    let request = asked["request"].as_str().unwrap();
    let (code, taken) = page.at_agent("POST", "/v1/application", &format!("{{\"request\":\"{request}\"}}"));
    assert_eq!(code, 201, "{taken}");
    let pad = taken["pad"].as_str().unwrap().split_once(&page.agent).unwrap().1.to_owned();
    let last = page.person(&pad, &[typed]);
    assert!(last.contains("data-close"), "{last}");
    let ticket = taken["ticket"].as_str().unwrap();
    let (_, told) = page.at_agent("GET", &format!("/v1/answers/{ticket}"), "");
    assert_eq!(told["state"], "answered", "{told} {last}");
    let fields = format!("request={request}&answer={}&deed={deed}{more}", told["answer"].as_str().unwrap());
    let answered =
        page.at_city("POST", "/counter/application/agent/answer", &json(&token("data-answer-token")), &fields);
    assert!(answered.0 == 200 && answered.1.contains(PATH), "{answered:?}");
    page.at_city("GET", PATH, "", "").1
}

#[test]
fn a_card_at_an_agent_is_personalised_updated_and_erased_and_the_page_sees_no_command() {
    let image = Arc::new(Mutex::new(None));
    let onto = image.clone();
    let mut stage = stage_after(None, move |inside| {
        let desk = Desk { city: inside.clone(), by: Actor::System { job: "test" }, terminal: inside.seams.random_id() };
        assert!(desk.put_on(&mut Issuer(onto)).is_ok());
    });
    let data = stage.place.path().join("agent");
    stage.pair(&data);
    let mut daemon = Daemon::start();
    let mut agent = AgentProcess::start(agent_command(daemon.as_client(YAKUBA), &data));
    stage.page.agent = agent.address.clone();
    let mut card = VirtualCard::new(stage.card.clone(), Behaviour::default(), Seams::system().random.clone()).unwrap();
    card.load_city_application(image.lock().unwrap().take().expect("its image"));
    daemon.put(card);
    let (_, _, answer) = ask(&stage.page.city, "GET", "/demo/terminal/loading_desk", "", "");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let cookie = answer.lines().find_map(|line| line.to_lowercase().starts_with("set-cookie: ").then(|| &line[12..]));
    stage.page.cookie = cookie.expect("a terminal's cookie").split(';').next().unwrap().to_owned();
    let pin = String::from_utf8(stage.card.user_authentication_pin.value.to_vec()).unwrap();

    let page = &stage.page;
    let looked = does(page, "look", "", "");
    assert!(looked.contains("アプリをのせる途中で止まっています"), "{looked}");
    let loaded = does(page, "load", "&agent-application-pin=2468", &pin);
    assert!(loaded.contains("のせました。") && loaded.contains("使えます。"), "{loaded}");
    let again = does(page, "load", "&agent-application-pin=2468", &pin);
    assert!(again.contains("いまの状態では、その操作はできません"), "{again}");
    let updated = does(page, "update", "", "");
    assert!(updated.contains("更新しました。"), "{updated}");
    let erased = does(page, "delete", "", &pin);
    assert!(erased.contains("削除しました。") && erased.contains("もう1度のせられます"), "{erased}");
    // How a card gets the application is its issuer's: nothing is put on from here.
    let refused = does(page, "load", "&agent-application-pin=2468", &pin);
    assert!(refused.contains("この窓口からは、のせられません"), "{refused}");

    // Choosing the application, and whatever follows: nothing of it passed the page.
    let name = &card::city_application::layout::NAME;
    for form in [
        name.to_vec(),
        data_encoding::HEXUPPER.encode(name).into_bytes(),
        data_encoding::HEXLOWER.encode(name).into_bytes(),
        data_encoding::BASE64.encode(&name[..6]).into_bytes(),
        data_encoding::BASE64.encode(&name[1..7]).into_bytes(),
        data_encoding::BASE64.encode(&name[2..8]).into_bytes(),
    ] {
        assert!(!page.saw(&form), "{}", String::from_utf8_lossy(&form));
    }
    assert!(page.saw(b"/v1/application"), "the search looks through something");
    let card = daemon.take_out();
    assert_eq!(card.contents().user_authentication_pin.tries_left, 3);
    let log = agent.stop();
    assert!(!log.contains(&format!("secret={pin}")));
}
