//! Papers at the mock printer, over real HTTP: what comes out, what is held, what is refused.

use std::sync::Arc;
use std::time::Duration;

use base::{Id, Seams};
use testkit::world::printer::{Fault, MockPrinter};
use zeroize::Zeroizing;

use super::ipp::IppPrinter;
use super::run::{Manner, Note, Outcome, Running, Stage};
use super::{Mismatch, Station, Ticket, Trouble};

/// A job of the mock takes this long.
const WORK: Duration = Duration::from_millis(30);
/// Whoever waits longer waits for nothing.
const LONG: Duration = Duration::from_secs(20);

struct Room {
    mock: MockPrinter,
    station: Arc<Station>,
    seams: Seams,
}

impl Room {
    fn new() -> Self {
        Self::working(WORK)
    }

    fn working(work: Duration) -> Self {
        let mock = MockPrinter::start(work).unwrap();
        let station = Arc::new(Station::new(Arc::new(IppPrinter::at(&mock.uri()).unwrap())));
        Self { mock, station, seams: Seams::system() }
    }

    fn ticket(&self) -> (Id, Ticket) {
        let request = self.seams.random_id();
        (request, Ticket::new(request, self.seams.random_id(), 1, true))
    }

    fn print(&self, ticket: Ticket, bytes: &[u8]) -> Running {
        self.print_in(ticket, bytes, 300)
    }

    fn print_in(&self, ticket: Ticket, bytes: &[u8], patience_seconds: i64) -> Running {
        let manner =
            Manner { poll: Duration::from_millis(10), patience_seconds, settle_seconds: 1, longest_seconds: 60 };
        let pdf = Arc::new(Zeroizing::new(bytes.to_vec()));
        Running::start(self.station.clone(), ticket, pdf, manner, self.seams.clone()).unwrap()
    }
}

/// Waits until the paper is held.
fn until_held(running: &Running) -> Trouble {
    for _ in 0..2000 {
        match running.stage() {
            Stage::Held(trouble) => return trouble,
            Stage::Going => std::thread::sleep(Duration::from_millis(5)),
            Stage::Done(outcome) => panic!("{outcome:?}"),
        }
    }
    panic!("it is never held");
}

#[test]
fn a_paper_comes_out_byte_for_byte_under_a_name_that_tells_nothing() {
    let room = Room::new();
    let (request, ticket) = room.ticket();
    assert_eq!(room.station.trouble(), None);
    let running = room.print(Ticket { copies: 3, ..ticket.clone() }, b"%PDF-one");
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
    let printed = room.mock.printed();
    assert_eq!(printed.len(), 1);
    let job = &printed[0];
    assert_eq!((job.bytes.as_slice(), job.copies, job.sides.as_str()), (&b"%PDF-one"[..], 3, "two-sided-long-edge"));
    // Two random ids and a hyphen: no person, no time, and no two alike.
    let (first, second) = job.name.split_once('-').unwrap();
    assert_eq!(first, request.to_string());
    assert!(Id::parse(second).is_ok() && first != second);
    assert_eq!(job.user, "yakuba");
    assert_eq!(running.number(), Some(job.number));
    assert_eq!(running.take_notes(), []);
}

#[test]
fn i11_papers_of_two_machines_at_one_printer_come_one_after_the_other() {
    let room = Room::new();
    let bytes: Vec<Vec<u8>> = (0..6_u8).map(|n| vec![n; 2000]).collect();
    let running: Vec<(Ticket, Running)> =
        bytes.iter().map(|bytes| (room.ticket().1, bytes)).map(|(t, b)| (t.clone(), room.print(t, b))).collect();
    for (_, running) in &running {
        assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
    }
    assert_eq!(room.mock.most_waiting(), 1, "two lay in the printer at one time");
    let printed = room.mock.printed();
    assert_eq!(printed.len(), 6);
    for ((ticket, running), bytes) in running.iter().zip(&bytes) {
        let job = printed.iter().find(|job| job.name == ticket.name).unwrap();
        assert_eq!((&job.bytes, Some(job.number)), (bytes, running.number()));
    }
}

#[test]
fn i10_nobody_may_start_while_another_paper_lies_in_the_printer() {
    let room = Room::new();
    room.mock.set(Fault::Jam);
    let running = room.print(room.ticket().1, b"%PDF-a");
    // The printer was in trouble before: nothing was sent.
    assert_eq!(until_held(&running), Trouble::Jam);
    assert_eq!(room.mock.jobs(), []);
    running.stop_if_held();
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::NotPrinted));
    // A job of a machine that died lies in it: busy, until it is cleared by its name.
    let (_, left) = room.ticket();
    room.mock.put_foreign_job(&left.name);
    assert_eq!(room.station.trouble(), Some(Trouble::Jam));
    room.mock.set(Fault::CoverOpen);
    assert_eq!(room.station.trouble(), Some(Trouble::Open));
    assert_eq!(room.station.clear(&["another".to_owned()]), 0);
    assert_eq!(room.station.clear(std::slice::from_ref(&left.name)), 1);
    // So is a receipt that its person left behind.
    room.mock.put_foreign_job(&Ticket::of_receipt(room.seams.random_id()).name);
    room.mock.put_foreign_job("receipt-of-somebody-else");
    assert_eq!(room.station.clear(&[]), 1);
    room.mock.cancel(room.mock.jobs().last().unwrap().number);
    room.mock.set(Fault::None);
    assert_eq!(room.station.trouble(), None);
    assert_eq!(room.mock.printed(), []);
}

#[test]
fn i10_a_job_of_somebody_else_closes_the_printer_until_it_is_gone() {
    let room = Room::working(Duration::from_millis(300));
    room.mock.put_foreign_job("somebody's");
    assert_eq!(room.station.trouble(), Some(Trouble::Busy));
    let running = room.print(room.ticket().1, b"%PDF-a");
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
    assert_eq!(room.mock.most_waiting(), 1, "it was sent while the other lay there");
    assert_eq!(running.take_notes(), [], "waiting for somebody else is no trouble for staff");
}

#[test]
fn paper_that_runs_out_holds_the_job_and_a_refill_lets_it_go_on() {
    for (fault, trouble) in
        [(Fault::OutOfPaper, Trouble::OutOfPaper), (Fault::Jam, Trouble::Jam), (Fault::CoverOpen, Trouble::Open)]
    {
        let room = Room::working(Duration::from_millis(200));
        let (_, ticket) = room.ticket();
        let running = room.print(ticket.clone(), b"%PDF-a");
        while room.mock.jobs().is_empty() {
            std::thread::sleep(Duration::from_millis(2));
        }
        room.mock.set(fault);
        assert_eq!(until_held(&running), trouble);
        room.mock.set(Fault::None);
        assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
        assert_eq!(running.take_notes(), [Note::Held(trouble)], "staff learn of it though it went well");
        assert_eq!(room.mock.jobs().len(), 1, "it was the same job");
        assert_eq!(room.mock.printed()[0].name, ticket.name);
    }
}

#[test]
fn a_printer_that_goes_offline_holds_the_job_and_comes_back() {
    let room = Room::working(Duration::from_millis(200));
    let running = room.print(room.ticket().1, b"%PDF-a");
    while room.mock.jobs().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    room.mock.set(Fault::Offline);
    assert_eq!(until_held(&running), Trouble::Offline);
    assert_eq!(room.station.trouble(), Some(Trouble::Busy));
    room.mock.set(Fault::None);
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
    assert_eq!(room.mock.jobs().len(), 1);
}

#[test]
fn what_staff_do_not_mend_in_time_is_cancelled_and_read_back() {
    let room = Room::working(Duration::from_millis(200));
    let running = room.print_in(room.ticket().1, b"%PDF-a", 1);
    while room.mock.jobs().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    room.mock.set(Fault::OutOfPaper);
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::NotPrinted));
    room.mock.set(Fault::None);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(room.mock.printed(), [], "paper that came back prints what was refunded");
}

#[test]
fn a_job_that_cannot_be_called_back_is_unclear_and_keeps_the_printer_closed() {
    let room = Room::working(Duration::from_millis(500));
    let running = room.print_in(room.ticket().1, b"%PDF-a", 1);
    while room.mock.jobs().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    room.mock.set(Fault::Offline);
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Unclear));
    assert_eq!(room.station.trouble(), Some(Trouble::Offline));
}

#[test]
fn whoever_wants_the_money_back_is_heard_only_while_the_paper_is_held() {
    let room = Room::working(Duration::from_millis(400));
    let running = room.print(room.ticket().1, b"%PDF-a");
    running.stop_if_held();
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
}

#[test]
fn a_job_the_printer_gives_up_is_not_printed() {
    let room = Room::new();
    room.mock.set(Fault::Aborts);
    let running = room.print(room.ticket().1, b"%PDF-a");
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::NotPrinted));
}

#[test]
fn i12_every_mix_up_of_the_printer_is_a_mismatch() {
    for (fault, mismatch) in [(Fault::Duplicates, Mismatch::Twice), (Fault::AnswersAnother, Mismatch::OtherNumber)] {
        let room = Room::working(Duration::from_millis(100));
        room.mock.set(fault);
        let running = room.print(room.ticket().1, b"%PDF-a");
        assert_eq!(running.wait(LONG), Stage::Done(Outcome::Wrong(mismatch)), "{fault:?}");
        assert!(
            room.mock.jobs().iter().all(testkit::world::printer::MockJob::has_ended),
            "what is left is called back"
        );
    }
    let room = Room::working(Duration::from_millis(300));
    let running = room.print(room.ticket().1, b"%PDF-a");
    while room.mock.jobs().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    room.mock.put_foreign_job("somebody's");
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Wrong(Mismatch::Between)));
}

#[test]
fn i12_an_answer_that_comes_too_late_is_looked_for_and_never_sent_again() {
    let room = Room::new();
    let second = Duration::from_secs(1);
    let printer = IppPrinter::at(&room.mock.uri()).unwrap().answering_within(second, second);
    let station = Arc::new(Station::new(Arc::new(printer)));
    room.mock.set(Fault::SlowToTake(Duration::from_millis(1500)));
    let manner = Manner { poll: Duration::from_millis(10), ..Manner::default() };
    let pdf = Arc::new(Zeroizing::new(b"%PDF-a".to_vec()));
    let running = Running::start(station, room.ticket().1, pdf, manner, room.seams.clone()).unwrap();
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
    assert_eq!(running.take_notes(), [Note::NoAnswer], "staff learn of it though it went well");
    assert_eq!(room.mock.jobs().len(), 1, "it was sent once");
}

#[test]
fn i12_an_error_or_a_cut_line_after_a_paper_was_sent_is_asked_about_before_it_is_decided() {
    let room = Room::new();
    for fault in [
        Fault::TakesAndAnswers(500),
        Fault::TakesAndAnswers(502),
        Fault::TakesAndCuts,
        Fault::TakesAndRefuses(0x0500),
        Fault::TakesAndRefuses(0x0505),
    ] {
        let (_, ticket) = room.ticket();
        room.mock.set(fault);
        let running = room.print(ticket.clone(), b"%PDF-a");
        assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed), "{fault:?}");
        assert_eq!(running.take_notes(), [Note::NoAnswer], "{fault:?}: staff learn of it");
        let sent: Vec<i32> =
            room.mock.jobs().iter().filter(|job| job.name == ticket.name).map(|job| job.number).collect();
        assert_eq!(sent, [running.number().unwrap()], "{fault:?}: sent once");
    }
}

#[test]
fn i12_an_error_of_a_printer_that_knows_no_such_job_is_unclear_and_a_clear_no_is_a_no() {
    let room = Room::new();
    for (fault, outcome) in [
        (Fault::Answers(500), Outcome::Unclear),
        (Fault::Answers(503), Outcome::Unclear),
        (Fault::Refuses(0x0500), Outcome::Unclear),
        (Fault::Answers(403), Outcome::NotPrinted),
        (Fault::Refuses(0x040A), Outcome::NotPrinted),
        (Fault::Refuses(0x0507), Outcome::NotPrinted),
    ] {
        room.mock.set(fault);
        let running = room.print(room.ticket().1, b"%PDF-a");
        assert_eq!(running.wait(LONG), Stage::Done(outcome), "{fault:?}");
    }
    assert_eq!(room.mock.jobs(), []);
}

#[test]
fn a_printer_that_answers_nonsense_is_held_and_nothing_is_sent() {
    let room = Room::new();
    room.mock.set(Fault::Garbage);
    let running = room.print(room.ticket().1, b"%PDF-a");
    assert_eq!(until_held(&running), Trouble::Other);
    room.mock.set(Fault::None);
    assert_eq!(running.wait(LONG), Stage::Done(Outcome::Printed));
}
