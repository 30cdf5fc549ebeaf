//! The loading desk of a running demo city: a card is loaded with its holder's PIN, updated, and erased; every step is noted.

use std::sync::Arc;

use services::convenience_certificates::Issuer;
use store::StoreError;
use web::kiosk::{Place, Slots};
use web::limits::Limits;
use web::testing::cards::TestReader;
use web::{App, Settings};

use crate::browser::Browser;
use crate::city::Fixture;
use crate::door::InForce;
use crate::served::Served;

const PATH: &str = "/counter/application";

/// Value and PIN of the first card of the drawer whose label holds `word`.
fn card(page: &str, word: &str) -> (String, String) {
    let option = page.split("<option value=\"").skip(1).find(|one| one.contains(word)).expect("such a card");
    let value = option.split('"').next().unwrap().to_owned();
    (value, option.split("PIN ").nth(1).unwrap()[..4].to_owned())
}

/// Sends the form of this page that goes to `action`.
fn send(desk: &mut Browser, page: &str, action: &str, body: &str) -> String {
    let form = page.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).expect("such a form");
    let token = form.split("name=\"csrf\" value=\"").nth(1).expect("a token").split('"').next().unwrap();
    let answer = desk.ask("POST", action, &format!("csrf={token}&{body}"));
    assert_eq!(answer.status, 200, "{}", answer.page());
    answer.page()
}

#[test]
fn a_card_is_loaded_updated_and_erased_at_the_loading_desk() {
    let mut served = Served::start();
    let mut desk = Browser::new(&served.address, &[]);
    assert_eq!(desk.ask("GET", "/demo/terminal/loading_desk", "").location.as_deref(), Some(PATH));
    let start = desk.ask("GET", PATH, "").page();
    assert!(start.contains("プログラムの中の3人の立会人"), "it says that the ceremony was simulated: {start}");
    let (place, pin) = card(&start, "夫婦");
    let put = format!("card={place}");
    let page = send(&mut desk, &start, PATH, &put);
    assert!(page.contains("アプリは、のっていません"), "{page}");

    // Without the holder's PIN nothing comes onto the card.
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let load = "/counter/application/load";
    let refused = send(&mut desk, &page, load, &format!("{put}&pin={wrong}&application-pin=2468&emergency="));
    assert!(refused.contains("アプリは、のっていません"), "{refused}");
    let refused = send(&mut desk, &page, load, &format!("{put}&pin={pin}&application-pin=12&emergency="));
    assert!(refused.contains("4けたから16けた"), "{refused}");
    let refused = send(
        &mut desk,
        &page,
        load,
        &format!("{put}&pin={pin}&application-pin=2468&emergency=123456789018&emergency-said=yes"),
    );
    assert!(refused.contains("マイナンバーは書けません"), "{refused}");

    let loaded =
        send(&mut desk, &page, load, &format!("{put}&pin={pin}&application-pin=2468&emergency=A&emergency-said=yes"));
    assert!(loaded.contains("のせました。") && loaded.contains("緊急時カード"), "{loaded}");
    assert!(!loaded.contains(&format!("action=\"{load}\"")), "a loaded card is not loaded again");
    let updated = send(&mut desk, &loaded, "/counter/application/update", &put);
    assert!(updated.contains("更新しました。"), "{updated}");
    let erased = send(&mut desk, &updated, "/counter/application/delete", &format!("{put}&pin={pin}"));
    assert!(erased.contains("削除しました。") && erased.contains("もう1度のせられます"), "{erased}");
    served.stop();
}

#[test]
fn a_card_taken_away_while_it_is_personalised_goes_on_when_it_is_put_down_again() {
    let fixture = Fixture::named("application-cut");
    let city = fixture.inside().clone();
    let contents = yakuba::cards::stored(&city, &fixture.sample("widow")).unwrap_or_default().unwrap();
    let pin = String::from_utf8_lossy(&contents.user_authentication_pin.value).into_owned();
    let reader = TestReader::default();
    reader.put(yakuba::cards::insertable(&city, contents).unwrap_or_else(|_| panic!("no card")));
    let issuer = Issuer { status: Arc::new(InForce), ..fixture.issuer.clone() };
    let place = Place::new(issuer, Slots::Reader(Arc::new(reader.clone())), 10);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Settings::from_config(fixture.city.config(), port);
    let Ok(mut app) = App::new(Some(Arc::new(city.clone())), None, settings) else { panic!("no door") };
    (app.kiosk, app.limits) = (Some(Arc::new(place)), Limits::none());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        web::serve::serve(listener, Arc::new(app), std::future::pending()).await
    });

    let mut desk = Browser::new(&format!("127.0.0.1:{port}"), &[]);
    assert_eq!(desk.ask("GET", "/demo/terminal/loading_desk", "").location.as_deref(), Some(PATH));
    let start = desk.ask("GET", PATH, "").page();
    let (load, body) =
        ("/counter/application/load", format!("pin={pin}&application-pin=2468&emergency=A&emergency-said=yes"));
    let page = send(&mut desk, &start, PATH, "");
    reader.pull_after(Some(75));
    let cut = send(&mut desk, &page, load, &body);
    assert!(cut.contains("カードが離れました"), "{cut}");
    reader.pull_after(None);
    let half = send(&mut desk, &start, PATH, "");
    assert!(half.contains("アプリをのせる途中で止まっています") && half.contains("続きをする"), "{half}");
    let done = send(&mut desk, &half, load, &body);
    assert!(done.contains("のせました。") && done.contains("使えます。"), "{done}");
    let open = city.store.read::<_, StoreError, _>(|tx| {
        Ok(tx.query("SELECT 1 FROM city_application_steps WHERE done_at IS NULL", &[])?.len())
    });
    assert_eq!(open.unwrap(), 0, "every step came to its end");
    let noted = city.store.read::<_, StoreError, _>(|tx| {
        let cards = tools::city_application::cards::list(tx, None, 10)?;
        tools::city_application::cards::steps(tx, cards[0].id)
    });
    assert!(noted.unwrap().len() > 12, "each step was noted");
}
