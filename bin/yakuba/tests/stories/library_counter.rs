//! A terminal at the library's counter of a running demo city: a card is shown, enrolled once with its PINs, and from then on
//! the patron number comes by a tap. The old card stands beside it until it is switched off.

use crate::browser::Browser;
use crate::served::Served;

const PATH: &str = "/counter/library";
const PERSON: &str = "/counter/library/person";

/// Value and PIN of the first card of the drawer whose label holds `word`.
fn card(page: &str, word: &str) -> (String, String) {
    let option = page.split("<option value=\"").skip(1).find(|one| one.contains(word)).expect("such a card");
    let value = option.split('"').next().unwrap().to_owned();
    (value, option.split("PIN ").nth(1).unwrap()[..4].to_owned())
}

/// Sends the form of this page that goes to `action`, and follows to where it leads: no page is the answer of a form.
fn sent(counter: &mut Browser, page: &str, action: &str, body: &str) -> String {
    let (status, to) = send(counter, page, action, body);
    assert_eq!(status, 303, "{to}");
    counter.ask("GET", &to, "").page()
}

/// Sends the form of this page that goes to `action`.
fn send(counter: &mut Browser, page: &str, action: &str, body: &str) -> (u16, String) {
    let form = page.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).expect("such a form");
    let token = form.split("name=\"csrf\" value=\"").nth(1).expect("a token").split('"').next().unwrap();
    let answer = counter.ask("POST", action, &format!("csrf={token}&{body}"));
    (answer.status, answer.location.clone().unwrap_or_else(|| answer.page()))
}

/// The national platform: it knows a card that was never enrolled here; an ID is linked with the number that stands here, and
/// unlinked.
fn mykey(counter: &mut Browser, start: &str) {
    let second = start.split("<option value=\"1\"").nth(1).expect("a second card").split('<').next().unwrap();
    assert!(!second.contains("スマートフォン"), "{second}");
    let (status, page) = send(counter, start, PATH, "card=1");
    assert_eq!(status, 200);
    assert!(page.contains("マイキープラットフォームから") && page.contains("L-9001"), "{page}");
    assert_eq!(counter.ask("GET", PERSON, "").location.as_deref(), Some(PATH), "a number, and nobody known by it");

    // Another card, registered here: its ID is the person's own; place 0 is TAIKEN01.
    let (place, _) = card(start, "夫婦");
    let (other, pin) = option(start, if place == "2" { 3 } else { 2 });
    let id = format!("TAIKEN{:02}", other + 1);
    send(counter, start, "/counter/library/once", &format!("card={other}&pin={pin}&support="));
    let (_, to) = send(counter, start, PATH, &format!("card={other}"));
    assert_eq!(to, PERSON);
    let page = counter.ask("GET", PERSON, "").page();
    // The library has no patron whose number holds no digit: nothing is registered.
    let refused = sent(counter, &page, "/counter/library/enrol", "number=NOBODY");
    assert!(refused.contains("その利用者番号の登録がありません"), "{refused}");
    let page = sent(counter, &page, "/counter/library/enrol", "number=L-0077");
    assert!(page.contains("マイキーIDとつなぐ"), "{page}");
    let refused = sent(counter, &page, "/counter/library/mykey/link", "mykey=ABC");
    assert!(refused.contains("8文字です"), "{refused}");
    let refused = sent(counter, &page, "/counter/library/mykey/link", "mykey=ZZZZZZZZ");
    assert!(refused.contains("そのマイキーID、またはそのつながりがありません"), "{refused}");
    let page = sent(counter, &page, "/counter/library/mykey/link", &format!("mykey={id}"));
    assert!(page.contains("マイキーIDとつなぎました") && !page.contains(&id), "the ID is not kept: {page}");
    let page = sent(counter, &page, "/counter/library/mykey/unlink", &format!("mykey={id}"));
    assert!(page.contains("つながりを外しました") && page.contains("マイキーIDとつなぐ"), "{page}");
    let (_, to) = send(counter, &page, "/counter/library/next", "");
    assert_eq!(to, PATH);
}

/// Place and PIN of the option at `place`.
fn option(page: &str, place: usize) -> (usize, String) {
    let option = page.split(&format!("<option value=\"{place}\"")).nth(1).expect("such a card");
    (place, option.split("PIN ").nth(1).unwrap()[..4].to_owned())
}

#[test]
fn a_card_is_enrolled_once_and_then_shows_the_patron_number() {
    let mut served = Served::start();
    let mut counter = Browser::new(&served.address, &[]);
    assert_eq!(counter.ask("GET", "/demo/terminal/library_counter", "").location.as_deref(), Some(PATH));
    let start = counter.ask("GET", PATH, "").page();
    let (place, pin) = card(&start, "夫婦");

    // Not enrolled for taps yet: the law, not the page, says no, and how it is mended.
    let page = sent(&mut counter, &start, PATH, &format!("card={place}"));
    assert!(page.contains(&format!("<option value=\"{place}\" selected")), "the choice stays: {page}");
    assert!(page.contains("かざすだけで使う登録がまだです") && page.contains("<details open"), "{page}");
    let page = sent(&mut counter, &page, "/counter/library/once", &format!("card={place}&pin=0000&support="));
    let wrong = pin == "0000" || page.contains("暗証番号が違います") || page.contains("暗証番号がちがいます");
    assert!(wrong, "{page}");
    let page = sent(&mut counter, &start, "/counter/library/once", &format!("card={place}&pin={pin}&support="));
    assert!(page.contains("次からは、かざすだけで使えます"), "{page}");

    let (status, to) = send(&mut counter, &page, PATH, &format!("card={place}"));
    assert_eq!((status, to.as_str()), (303, PERSON));
    let page = counter.ask("GET", PERSON, "").page();
    assert!(page.contains("まだ図書館の利用登録がありません"), "{page}");
    let refused = sent(&mut counter, &page, "/counter/library/enrol", "number=123456789018");
    assert!(refused.contains("番号は、英数字とハイフンで"), "an Individual Number is refused: {refused}");
    let page = sent(&mut counter, &page, "/counter/library/enrol", "number=L-0042");
    assert!(page.contains("登録しました。") && page.contains("L-0042"), "{page}");
    assert!(!page.contains("図書館に確かめずに"), "the library was asked: {page}");
    // Loaded again, and in another language: the same person, nothing registered twice.
    assert!(counter.ask("GET", PERSON, "").page().contains("L-0042"));
    let english = counter.ask("GET", "/counter/library/person?lang=en", "").page();
    assert!(english.contains("L-0042") && english.contains("lang=\"en\""), "{english}");
    let page = counter.ask("GET", "/counter/library/person?lang=ja", "").page();
    let (_, to) = send(&mut counter, &page, "/counter/library/next", "");
    assert_eq!(to, PATH);
    assert_eq!(counter.ask("GET", PERSON, "").location.as_deref(), Some(PATH), "the person is forgotten");

    // The next visit: a tap, the number. Another person cannot have it.
    let (_, to) = send(&mut counter, &start, PATH, &format!("card={place}"));
    assert_eq!(to, PERSON);
    let page = counter.ask("GET", PERSON, "").page();
    assert!(page.contains("L-0042"), "{page}");
    let hold = page.split("action=\"").find(|text| text.split('"').next().unwrap().ends_with("/hold")).unwrap();
    let hold = hold.split('"').next().unwrap().to_owned();
    let page = sent(&mut counter, &page, &hold, "");
    assert!(page.contains("利用停止中"), "{page}");

    mykey(&mut counter, &start);

    // A terminal of the library is no certificate machine, and a certificate machine no counter.
    assert_eq!(counter.ask("GET", "/kiosk", "").status, 403);
    let mut machine = Browser::at_a_demo_machine(&served.address);
    assert_eq!(machine.ask("GET", PATH, "").status, 403);
    served.stop();
}
