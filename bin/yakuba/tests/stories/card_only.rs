//! Somebody with only a card, at a machine of a running city: letters without phone and e-mail, also for those whom the
//! register refuses a paper.

use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::served::Served;

/// Place in the drawer and PIN of the first card whose label holds `word`.
fn card(page: &str, word: &str) -> (usize, String) {
    let cards: Vec<&str> = page.split("class=\"kiosk-card\"").skip(1).collect();
    let place = cards.iter().position(|one| one.contains(word)).unwrap_or_else(|| panic!("no {word}: {page}"));
    let text = cards[place].split("</button>").next().unwrap();
    let digits: Vec<char> = text.split("<span>").nth(1).unwrap().chars().filter(char::is_ascii_digit).collect();
    (place, digits[..4].iter().collect())
}

/// At the machine with letters wanted, up to the page with the ticket.
fn to_the_ticket(served: &Served, word: &str) -> (Browser, String) {
    let mut machine = Browser::at_a_demo_machine(&served.address);
    assert_eq!(machine.begin().location.as_deref(), Some("/kiosk/card"));
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let page = machine.go_on(&page, "/kiosk/card/letters", "", "/kiosk/card");
    let (place, pin) = card(&page, word);
    let page = machine.go_on(&page, "/kiosk/card", &format!("card={place}"), "/kiosk/pin");
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={pin}"), "/kiosk/letters");
    (machine, page)
}

fn ticket(page: &str) -> String {
    page.split("name=\"ticket\" value=\"").nth(1).expect("a ticket").split('"').next().unwrap().to_owned()
}

/// Until the inside has told the outside who it is.
fn named(machine: &mut Browser) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let home = machine.ask("GET", "/portal", "");
        assert_eq!(home.status, 200, "{}", home.page());
        if home.page().contains("class=\"greeting\"") {
            return home.page();
        }
        assert!(Instant::now() < until, "the inside did not tell who it is: {}", home.page());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_card_alone_opens_ones_letters_and_the_machine_forgets_everything() {
    let mut served = Served::start();
    let (mut machine, page) = to_the_ticket(&served, "");
    let text = ticket(&page);
    let entered = machine.ask("POST", "/portal/terminal?lang=ja", &format!("ticket={text}"));
    assert_eq!(entered.status, 200, "{}", entered.page());
    let home = named(&mut machine);
    let name = home.split("class=\"greeting\">").nth(1).unwrap().split("さん").next().unwrap().to_owned();
    for open in ["/portal/letters", "/portal/looked", "/portal/events"] {
        assert_eq!(machine.ask("GET", open, "").status, 200, "{open}");
    }
    assert_eq!(machine.ask("GET", "/portal/settings", "").status, 403);
    // The machine's own stop ends the visit, too: the relay tells the portal.
    let back = machine.ask("GET", "/kiosk/back", "");
    assert!(back.page().contains("0;url=/kiosk/ended"));
    let ended = machine.ask("GET", "/kiosk/ended", "").page();
    assert!(ended.contains("カードをお取りください") && !ended.contains(&name), "{ended}");
    let until = Instant::now() + Duration::from_secs(30);
    while machine.ask("GET", "/portal/terminal/here", "").status != 410 {
        assert!(Instant::now() < until, "the visit goes on without the card");
        std::thread::sleep(Duration::from_millis(200));
    }
    let over = machine.ask("GET", "/portal/terminal/over", "").page();
    assert!(over.contains(&format!("http://{}/kiosk/back", served.address)), "{over}");
    let mut thief = Browser::new(&served.address, &[]);
    assert_eq!(thief.ask("POST", "/portal/terminal", &format!("ticket={text}")).status, 410, "spent");
    let log = served.stop();
    assert!(!log.contains(&name) && !log.contains(&text), "neither name nor ticket is written down");
}

#[test]
fn whoever_is_under_protection_reads_letters_like_everybody_and_still_gets_no_paper() {
    let served = Served::start();
    // What is read: without tags, whose tickets and tokens differ.
    let plain = |page: &str| -> Vec<String> {
        page.split('<').filter_map(|part| Some(part.split_once('>')?.1.trim().to_owned())).collect()
    };
    let (mut theirs, their_page) = to_the_ticket(&served, "支援措置");
    let (_, others_page) = to_the_ticket(&served, "");
    assert_eq!(plain(&their_page), plain(&others_page), "the page tells nothing");
    let text = ticket(&their_page);
    assert_eq!(theirs.ask("POST", "/portal/terminal", &format!("ticket={text}")).status, 200);
    named(&mut theirs);

    let mut machine = Browser::at_a_demo_machine(&served.address);
    machine.begin();
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let (place, pin) = card(&page, "支援措置");
    let page = machine.go_on(&page, "/kiosk/card", &format!("card={place}"), "/kiosk/pin");
    let refused = machine.send(&page, "/kiosk/pin", &format!("pin={pin}"));
    assert_eq!(refused.location.as_deref(), Some("/kiosk/ended"));
}
