//! A paper's way through a printer, at the machines of a city that really runs; and through a real CUPS.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use paper::recheck::extract;
use services::convenience_certificates::{Choices, actions, printing};
use store::StoreError;
use testkit::world::printer::{Fault, MockPrinter};
use tools::terminals::printer::ipp::IppPrinter;
use tools::terminals::printer::run::{Manner, Outcome, Running, Stage};
use tools::terminals::printer::{Station, Ticket};
use yakuba::city::OpenCity;
use zeroize::Zeroizing;

use crate::browser::Browser;
use crate::city::fixture;
use crate::cups::Cups;
use crate::served::Served;

const PRINTER: &str = "YAKUBA_KIOSK_PRINTER";

/// A city whose machines print at a mock printer that takes `work` for a job.
fn city_with_a_printer(work: Duration) -> (MockPrinter, Served) {
    let printer = MockPrinter::start(work).unwrap();
    // Nobody is thrown out because the computer is busy.
    let city = Served::start_with(&[(PRINTER, &printer.uri()), ("YAKUBA_KIOSK_IDLE_SECONDS", "600")]);
    (printer, city)
}

/// A person with the card at this place of the drawer, before the coin box with the fee in it.
pub fn before_payment(machine: &mut Browser, card: usize) -> String {
    assert_eq!(machine.begin().location.as_deref(), Some("/kiosk/card"));
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let label = page.split(&format!("name=\"card\" value=\"{card}\"")).nth(1).unwrap();
    let label = label.split("<span>").nth(1).unwrap().split("</span>").next().unwrap();
    let pin: String = label.chars().filter(char::is_ascii_digit).collect();
    let page = machine.go_on(&page, "/kiosk/card", &format!("card={card}"), "/kiosk/pin");
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={pin}"), "/kiosk/kind");
    let page = machine.go_on(&page, "/kiosk/kind", "kind=residence_certificate", "/kiosk/choose");
    let page = machine.go_on(&page, "/kiosk/choose", "who=household&copies=1", "/kiosk/confirm");
    let page = machine.go_on(&page, "/kiosk/confirm", "", "/kiosk/pay");
    machine.go_on(&page, "/kiosk/pay/insert", "coin=500", "/kiosk/pay")
}

/// The same, paid, with the paper sent.
fn sent(machine: &mut Browser, card: usize) -> Option<String> {
    let page = before_payment(machine, card);
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    machine.send(&page, "/kiosk/print", "").location
}

/// Looks at the paper on its way until the machine goes to `path`.
fn until(machine: &mut Browser, path: &str) {
    for _ in 0..200 {
        let looked = machine.ask("GET", "/kiosk/print", "");
        if looked.location.as_deref() == Some(path) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the machine never goes to {path}");
}

/// Looks until the screen of the paper on its way says `words`.
fn until_said(machine: &mut Browser, words: &str) -> String {
    for _ in 0..200 {
        let page = machine.ask("GET", "/kiosk/print", "").page();
        if page.contains(words) {
            return page;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the machine never says {words}");
}

/// The states of all requests of a city that was stopped, and the kinds of its incidents.
fn books(city: &mut Served) -> (Vec<String>, Vec<(String, bool)>) {
    city.stop();
    let city = OpenCity::open(&city.data).map_err(yakuba::fail::Failure::from).unwrap();
    let read = |sql: &'static str| city.inside().store.read::<_, StoreError, _>(move |tx| tx.query(sql, &[])).unwrap();
    let states = read("SELECT state FROM certificate_requests ORDER BY began_at");
    let incidents = read("SELECT kind, stops FROM incident ORDER BY opened_at");
    (
        states.iter().map(|row| row.text(0).unwrap().to_owned()).collect(),
        incidents.iter().map(|row| (row.text(0).unwrap().to_owned(), row.flag(1).unwrap())).collect(),
    )
}

#[test]
fn i15_a_paper_comes_out_of_the_printer_and_nowhere_else_or_the_money_goes_back() {
    let (printer, mut city) = city_with_a_printer(Duration::from_millis(100));
    let mut machine = Browser::at_a_demo_machine(&city.address);
    assert_eq!(sent(&mut machine, 0).as_deref(), Some("/kiosk/take"));
    let printed = printer.printed();
    assert_eq!(printed.len(), 1);
    let (request, _) = printed[0].name.split_once('-').unwrap();
    assert_eq!(
        extract(&printed[0].bytes).unwrap().keyword("request"),
        Some(request),
        "the job tells whose paper it is"
    );
    assert_eq!(printed[0].sides, "two-sided-long-edge");
    assert_eq!(machine.ask("GET", "/kiosk/paper.pdf", "").status, 410, "no bytes leave the machine but to its printer");
    // The receipt says what was paid and nobody's name.
    let receipt = machine.ask("GET", "/kiosk/receipt", "").page();
    let short = format!("{}-{}", &request[..5], &request[5..10]).to_uppercase();
    assert!(receipt.contains(&short) && receipt.contains("200円") && receipt.contains("見本市"), "{receipt}");
    let residents = city.file("residents.csv");
    let name = residents.lines().next().unwrap().split(',').position(|column| column == "name").unwrap();
    for line in residents.lines().skip(1) {
        assert!(!receipt.contains(line.split(',').nth(name).unwrap()), "the receipt names somebody");
    }
    let page = machine.ask("GET", "/kiosk/take", "").page();
    machine.go_on(&page, "/kiosk/take", "", "/kiosk/ended");

    // Out of paper between payment and paper: told, refilled, and the same request is printed.
    let page = before_payment(&mut machine, 0);
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    printer.set(Fault::OutOfPaper);
    assert_eq!(machine.send(&page, "/kiosk/print", "").location.as_deref(), Some("/kiosk/print"));
    let page = until_said(&mut machine, "用紙がなくなりました");
    assert!(page.contains("お金も手続きもなくなっていません") && page.contains("係員をお呼びください"));
    assert!(page.contains("http-equiv=\"refresh\""), "it looks again without script");
    printer.set(Fault::None);
    until(&mut machine, "/kiosk/take");
    assert_eq!((printer.jobs().len(), printer.printed().len()), (2, 2));
    let page = machine.ask("GET", "/kiosk/take", "").page();
    machine.go_on(&page, "/kiosk/take", "", "/kiosk/ended");

    // A jam that nobody mends.
    let page = before_payment(&mut machine, 0);
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    printer.set(Fault::Jam);
    machine.send(&page, "/kiosk/print", "");
    let page = until_said(&mut machine, "紙がつまりました");
    let answer = machine.send(&page, "/kiosk/print/stop", "");
    assert_eq!(answer.location.as_deref(), Some("/kiosk/ended"));
    let page = machine.ask("GET", "/kiosk/ended", "").page();
    assert!(page.contains("印刷できませんでした") && page.contains("200円"), "{page}");
    printer.set(Fault::None);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(printer.printed().len(), 2, "what was refunded is never printed");
    let (states, incidents) = books(&mut city);
    assert_eq!(states, ["printed", "printed", "refunded"]);
    let learned = ["printer-out-of-paper", "printer-jam"].map(|kind| (kind.to_owned(), false));
    assert_eq!(incidents, learned, "staff learn of each, also of what went well in the end (I12)");
}

#[test]
fn a_receipt_comes_from_the_same_printer_and_its_failure_is_no_matter_of_the_papers() {
    let (printer, mut city) = city_with_a_printer(Duration::from_millis(50));
    let mut machine = Browser::at_a_demo_machine(&city.address);
    sent(&mut machine, 0);
    until(&mut machine, "/kiosk/take");
    let page = machine.ask("GET", "/kiosk/receipt", "").page();
    assert!(page.contains("料金はかかりません") && printer.printed().len() == 1, "nobody is given one unasked");
    let receipt_said = |machine: &mut Browser, words: &str| {
        for _ in 0..400 {
            let page = machine.ask("GET", "/kiosk/receipt", "").page();
            if page.contains(words) {
                return page;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the receipt's page never says {words}");
    };
    // The printer gives it up: said, and offered again.
    printer.set(Fault::Aborts);
    assert_eq!(machine.send(&page, "/kiosk/receipt/print", "").location.as_deref(), Some("/kiosk/receipt"));
    let page = receipt_said(&mut machine, "領収書を印刷できませんでした");
    printer.set(Fault::None);
    machine.send(&page, "/kiosk/receipt/print", "");
    let page = receipt_said(&mut machine, "領収書を印刷しました");
    assert!(!page.contains("action=\"/kiosk/receipt/print\""), "one is enough");
    assert_eq!(
        machine.ask("GET", "/kiosk/receipt.pdf", "").status,
        410,
        "no bytes leave the machine but to its printer"
    );
    let printed = printer.printed();
    let (paper, receipt) = (&printed[0], &printed[1]);
    assert!(receipt.name.starts_with("receipt-") && receipt.sides == "one-sided" && receipt.copies == 1);
    let (request, _) = paper.name.split_once('-').unwrap();
    assert!(!receipt.name.contains(request), "its name leads to no paper");
    let texts = text_of(&receipt.bytes);
    let short = format!("{}-{}", &request[..5], &request[5..10]).to_uppercase();
    for words in ["領収書", "200円", "住民票の写し1通", short.as_str(), "見本市", "この画面"] {
        assert!(texts.contains(words), "{words} is not in {texts}");
    }
    let residents = city.file("residents.csv");
    let name = residents.lines().next().unwrap().split(',').position(|column| column == "name").unwrap();
    for line in residents.lines().skip(1) {
        let name = line.split(',').nth(name).unwrap().replace('\u{3000}', "");
        assert!(!texts.contains(&name), "the receipt names somebody");
    }
    let page = machine.ask("GET", "/kiosk/take", "").page();
    machine.go_on(&page, "/kiosk/take", "", "/kiosk/ended");
    // A jam under the receipt: the person goes, the receipt is given up by itself, staff learn, the paper stays printed.
    sent(&mut machine, 0);
    until(&mut machine, "/kiosk/take");
    let page = machine.ask("GET", "/kiosk/receipt", "").page();
    printer.set(Fault::Jam);
    machine.send(&page, "/kiosk/receipt/print", "");
    assert!(machine.ask("GET", "/kiosk/receipt", "").page().contains("領収書を印刷しています"));
    let page = machine.ask("GET", "/kiosk/take", "").page();
    machine.go_on(&page, "/kiosk/take", "", "/kiosk/ended");
    std::thread::sleep(Duration::from_secs(2));
    let (states, incidents) = books(&mut city);
    assert_eq!(states, ["printed", "printed"], "no receipt undoes a paper");
    assert_eq!(incidents, [("printer-jam".to_owned(), false)]);
}

#[test]
fn i10_i11_b_does_not_start_while_the_job_of_a_is_stuck_and_papers_come_one_after_the_other() {
    let (printer, mut city) = city_with_a_printer(Duration::from_millis(1500));
    let mut a = Browser::at_a_demo_machine(&city.address);
    let mut b = Browser::at_a_demo_machine(&city.address);
    let mut c = Browser::at_a_demo_machine(&city.address);
    let first = c.ask("GET", "/kiosk", "").page();
    let paying = before_payment(&mut b, 1);
    assert_eq!(sent(&mut a, 0).as_deref(), Some("/kiosk/print"));
    assert!(a.ask("GET", "/kiosk/print", "").page().contains("印刷しています"));
    printer.set(Fault::Jam);
    until_said(&mut a, "紙がつまりました");
    // Whoever has the fee in the box keeps it there: nothing is taken while nothing can be printed.
    let answer = b.send(&paying, "/kiosk/pay", "");
    assert_eq!(answer.location.as_deref(), Some("/kiosk/pay"));
    let paying = b.ask("GET", "/kiosk/pay", "").page();
    assert!(paying.contains("料金はいただいていません"), "{paying}");
    // And nobody begins.
    let refused = c.send(&first, "/kiosk/start", "language=ja");
    assert_eq!(refused.status, 503);
    assert!(refused.page().contains("プリンターが使われています"));
    assert!(
        c.ask("GET", "/kiosk", "").page().contains("プリンターが使われています"),
        "the first screen says so before"
    );
    printer.set(Fault::None);
    until(&mut a, "/kiosk/take");
    let page = a.ask("GET", "/kiosk/take", "").page();
    a.go_on(&page, "/kiosk/take", "", "/kiosk/ended");

    // Two who have paid at one moment: one after the other, each their own.
    let page_b = b.go_on(&paying, "/kiosk/pay", "", "/kiosk/print");
    let page_a = before_payment(&mut a, 0);
    let page_a = a.go_on(&page_a, "/kiosk/pay", "", "/kiosk/print");
    std::thread::scope(|scope| {
        for (machine, page) in [(&mut a, &page_a), (&mut b, &page_b)] {
            scope.spawn(move || {
                if machine.send(page, "/kiosk/print", "").location.as_deref() != Some("/kiosk/take") {
                    until(machine, "/kiosk/take");
                }
            });
        }
    });
    assert_eq!((printer.most_waiting(), printer.printed().len()), (1, 3));
    for job in printer.printed() {
        let (request, _) = job.name.split_once('-').unwrap();
        assert_eq!(extract(&job.bytes).unwrap().keyword("request"), Some(request));
    }
    assert_eq!(books(&mut city).0, ["printed", "printed", "printed"]);
}

#[test]
fn i12_a_printer_that_mixes_jobs_up_stops_the_service_at_once() {
    let (printer, mut city) = city_with_a_printer(Duration::from_millis(300));
    let mut machine = Browser::at_a_demo_machine(&city.address);
    let page = before_payment(&mut machine, 0);
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    printer.set(Fault::AnswersAnother);
    let asked = std::time::Instant::now();
    let location = machine.send(&page, "/kiosk/print", "").location;
    if location.as_deref() != Some("/kiosk/ended") {
        until(&mut machine, "/kiosk/ended");
    }
    let mut other = Browser::at_a_demo_machine(&city.address);
    let first = other.ask("GET", "/kiosk", "").page();
    assert!(first.contains("ただいま利用できません"), "{first}");
    eprintln!("stopped {} ms after the paper was asked for", asked.elapsed().as_millis());
    let (states, incidents) = books(&mut city);
    assert_eq!(states, ["refunded"]);
    assert_eq!(incidents, [("print-other-job".to_owned(), true)]);
}

#[test]
fn i15_a_machine_killed_while_it_prints_owes_the_fee_and_calls_the_job_back() {
    let (printer, city) = city_with_a_printer(Duration::from_millis(1500));
    let mut machine = Browser::at_a_demo_machine(&city.address);
    assert_eq!(sent(&mut machine, 0).as_deref(), Some("/kiosk/print"));
    printer.set(Fault::Jam);
    until_said(&mut machine, "紙がつまりました");
    let mut city = city.killed_and_started_again(&[(PRINTER, &printer.uri())]);
    assert!(!printer.jobs()[0].has_ended(), "it still lies there");
    printer.set(Fault::OutOfPaper);
    // Out of paper with a job of somebody who is gone in it: nobody begins.
    let mut next = Browser::at_a_demo_machine(&city.address);
    assert!(next.ask("GET", "/kiosk", "").page().contains("用紙がなくなりました"));
    // Staff refill: what nobody waits for is called back before it comes out, and the next person begins.
    let number = printer.jobs()[0].number;
    printer.set(Fault::None);
    let begun = next.begin();
    assert_eq!(begun.status, 303, "{}", begun.page());
    assert!(printer.jobs().iter().any(|job| job.number == number && job.has_ended()));
    assert_eq!(printer.printed(), []);
    assert_eq!(books(&mut city).0, ["refund_due"]);
}

#[test]
fn doctor_says_how_the_printer_is() {
    let printer = MockPrinter::start(Duration::from_millis(10)).unwrap();
    let doctor = |uri: &str| {
        let said = Command::new(crate::served::YAKUBA).arg("doctor").env(PRINTER, uri).output().unwrap();
        String::from_utf8_lossy(&said.stdout).lines().find(|line| line.contains("printer:")).unwrap().to_owned()
    };
    assert!(doctor(&printer.uri()).starts_with("ok "), "{}", doctor(&printer.uri()));
    printer.set(Fault::Jam);
    assert!(doctor(&printer.uri()).contains("BAD") && doctor(&printer.uri()).contains("media-jam-error"));
    printer.set(Fault::None);
    assert!(doctor("ipp://127.0.0.1:1/none").contains("cannot be reached"));
    assert!(doctor("http://printer").contains("ipp://"));
    assert!(doctor("tray").starts_with("note"));
}

#[test]
fn a_real_cups_prints_the_paper_as_it_was_drawn() {
    let Some(cups) = Cups::start() else { return };
    let (fixture, place) = (fixture(), tempfile::tempdir().unwrap());
    let (inside, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("rare-nabe"));
    let request = fixture.paid(&applicant, &Choices::default());
    let token = actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
    let bytes = actions::fetch(inside, &applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
    let attempt = printing::started(inside, request.id).unwrap().unwrap();
    assert!(printing::started(inside, request.id).unwrap().is_err(), "a paper is sent once");
    let station = Arc::new(Station::new(Arc::new(IppPrinter::at(&cups.uri()).unwrap())));
    assert_eq!(station.trouble(), None);
    let ticket = Ticket::new(request.id, attempt, 1, true);
    let pdf = Arc::new(Zeroizing::new(bytes.clone()));
    let running = Running::start(station.clone(), ticket, pdf, Manner::default(), inside.seams.clone()).unwrap();
    assert_eq!(running.wait(Duration::from_secs(60)), Stage::Done(Outcome::Printed));
    printing::ended(inside, attempt, running.number(), Outcome::Printed).unwrap();
    actions::print_acknowledged(inside, request.id).unwrap().unwrap();
    assert_eq!(station.trouble(), None);
    assert_eq!(cups.documents_kept(), 0, "the server keeps no copy of a paper that is out");
    // The backend writes it anew (Ghostscript): the letters are garbled, so pictures are compared.
    let (ours, theirs) = (place.path().join("ours.pdf"), cups.paper_of(request.id));
    std::fs::write(&ours, &bytes).unwrap();
    let [ours, printed] = [picture(&ours, place.path(), "ours"), picture(&theirs, place.path(), "theirs")];
    std::fs::remove_file(theirs).unwrap();
    assert_eq!(ours.len(), printed.len());
    let different = ours.iter().zip(&printed).filter(|(one, other)| one.abs_diff(**other) > 96).count();
    assert!(different * 100 < ours.len(), "{different} of {} points differ", ours.len());
}

/// What a PDF says, without its spaces.
fn text_of(pdf: &[u8]) -> String {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("paper.pdf");
    std::fs::write(&file, pdf).unwrap();
    let said = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().unwrap();
    String::from_utf8_lossy(&said.stdout).replace([' ', '\u{3000}'], "")
}

/// The first page as grey points at 72 dpi.
fn picture(pdf: &std::path::Path, place: &std::path::Path, name: &str) -> Vec<u8> {
    let out = place.join(name);
    let done = Command::new("pdftoppm")
        .args(["-gray", "-r", "72", "-f", "1", "-l", "1", "-singlefile", "-scale-to-x", "595", "-scale-to-y", "842"])
        .arg(pdf)
        .arg(&out)
        .status()
        .unwrap();
    assert!(done.success());
    std::fs::read(out.with_extension("pgm")).unwrap()
}
