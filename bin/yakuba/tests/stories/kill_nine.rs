//! I15: the real program is killed (`kill -9`) at every step of a paper and started again. Whatever the step: what was kept
//! is printed, owed or back; nothing is printed that was not paid; what is not known is an incident.
//!
//! ```text
//!  yakuba demo --halt-at POINT ─ a machine goes on until the program stands still inside that transaction ─ kill -9
//!      ─► yakuba demo ─► the machine comes back and tells what it did ─► state, money, incident
//! ```

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base::Seams;
use pki::SigningKey;
use serde_json::{Value, json};
use services::convenience_certificates::{State, cash, requests};
use store::StoreError;
use testkit::world::centre::{Machine, ReadyCard};
use tools::incidents;
use yakuba::city::OpenCity;

use crate::browser::Browser;
use crate::door::announced;
use crate::printing::before_payment;
use crate::served::YAKUBA;

/// The demo, running until it is killed.
struct Program {
    process: Child,
    address: String,
    halted: Receiver<String>,
}

impl Program {
    fn start(data: &Path, halt_at: Option<&str>) -> Self {
        let mut command = Command::new(YAKUBA);
        command.args(["demo", "--port", "0", "--data"]).arg(data);
        if let Some(point) = halt_at {
            command.args(["--halt-at", point]);
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.starts_with("ready ")).expect("the demo did not start");
        let (tell, halted) = channel();
        std::thread::spawn(move || {
            for line in lines {
                if let Some(point) = line.strip_prefix("halted at ") {
                    let _ = tell.send(point.to_owned());
                }
            }
        });
        Self { process, address: ready.trim_start_matches("ready http://").to_owned(), halted }
    }

    fn has_halted(&self, within: Duration) -> bool {
        self.halted.recv_timeout(within).is_ok()
    }

    /// SIGKILL: no destructor, no answer, no last write.
    fn kill_nine(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the machine knows of one paper, as its own journal has it.
#[derive(Default)]
struct Journal {
    request: Option<String>,
    kept: bool,
    printed: bool,
}

/// Goes on until something does not answer. What the machine did itself is in the journal before it is told.
fn go_on(machine: &Machine, session: &str, journal: &mut Journal, stop_before: Option<&str>) {
    let tell = |path: &str, session: Option<&str>, message: &Value| -> Option<Value> {
        let answer = machine.post(path, session, message).ok()?;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        Some(if answer.header("content-type") == Some("application/pdf") { json!({}) } else { answer.json() })
    };
    let mut run = || -> Option<()> {
        let begun = tell("/requests", Some(session), &json!({ "kind": "residence_certificate" }))?;
        let request = begun["request"].as_str()?.to_owned();
        journal.request = Some(request.clone());
        let at = |act: &str| format!("/requests/{request}/{act}");
        tell(&at("payment-started"), None, &json!({}))?;
        if stop_before == Some("refund") {
            journal.kept = true;
            tell(&at("payment-settled"), None, &json!({ "kept": true }))?;
            tell(&at("cancel"), None, &json!({}))?;
            tell(&at("refund-started"), None, &json!({}))?;
            tell(&at("refunded"), None, &json!({ "yen": 200 }))?;
            return Some(());
        }
        if stop_before == Some("no coins") {
            journal.kept = true;
            tell(&at("payment-settled"), None, &json!({ "kept": true }))?;
            tell(&at("cancel"), None, &json!({}))?;
            tell(&at("refund-started"), None, &json!({}))?;
            tell(&at("refund-failed"), None, &json!({}))?;
            return Some(());
        }
        if stop_before == Some("failed") {
            tell(&at("payment-settled"), None, &json!({ "kept": false }))?;
            return Some(());
        }
        journal.kept = true;
        tell(&at("payment-settled"), None, &json!({ "kept": true }))?;
        let token = tell(&at("prepare"), Some(session), &json!({}))?;
        tell(&at("fetch"), Some(session), &token)?;
        journal.printed = true;
        tell(&at("printed"), None, &json!({ "sheets": 1 }))?;
        Some(())
    };
    let _ = run();
}

/// Where it is killed, and how the request must stand when the program has come back and when the machine has told its
/// part. `None`: the request never was.
struct Killing {
    point: &'static str,
    way: Option<&'static str>,
    after_restart: Option<State>,
    in_the_end: Option<State>,
}

const fn at(point: &'static str, after_restart: State, in_the_end: State) -> Killing {
    Killing { point, way: None, after_restart: Some(after_restart), in_the_end: Some(in_the_end) }
}

/// Every step at which something of a request is written, and the two between.
const KILLINGS: [Killing; 12] = [
    Killing { point: "request.begun", way: None, after_restart: None, in_the_end: None },
    at("request.payment-started", State::Cancelled, State::Cancelled),
    // The box kept the fee and the program never heard of it: unclear, until the machine says what its box did.
    at("request.payment-kept", State::PaymentUnclear, State::Refunded),
    Killing { way: Some("failed"), ..at("request.payment-failed", State::PaymentUnclear, State::PaymentUnclear) },
    at("prepare.read", State::RefundDue, State::Refunded),
    at("request.document-ready", State::RefundDue, State::Refunded),
    at("request.fetched", State::RefundDue, State::Refunded),
    // The paper is out and was not acknowledged: it is withdrawn, and the money goes back.
    at("request.print-acknowledged", State::RefundDue, State::Refunded),
    Killing { way: Some("refund"), ..at("request.stopped", State::RefundDue, State::Refunded) },
    Killing { way: Some("refund"), ..at("request.refund-started", State::RefundDue, State::Refunded) },
    // Announced before: nobody else pays it, until the machine has told what its box did.
    Killing { way: Some("refund"), ..at("request.refund-paid", State::Refunding, State::Refunded) },
    Killing { way: Some("no coins"), ..at("request.refund-failed", State::Refunding, State::Refunded) },
];

/// What the tables say while nothing runs.
struct Found {
    state: Option<State>,
    unclear_incident: bool,
    documents: i64,
}

fn look(data: &Path, request: Option<&str>) -> Found {
    let city = OpenCity::open(data).map_err(yakuba::fail::Failure::from).unwrap();
    city.inside()
        .store
        .read::<_, StoreError, _>(|tx| {
            let id = request.and_then(|request| base::Id::parse(request).ok());
            let found = id.map(|id| requests::find(tx, id)).transpose()?.flatten();
            let open = incidents::list(tx, true)?;
            let documents = tx.query_one("SELECT COUNT(*) FROM certificate_documents", &[])?;
            Ok(Found {
                state: found.map(|request| request.state),
                unclear_incident: open.iter().any(|one| one.kind == "payment-unclear"),
                documents: documents.map_or(Ok(0), |row| row.int(0))?,
            })
        })
        .unwrap()
}

/// A demo city with a machine enrolled and a card at hand, nothing running.
fn city(data: &Path) -> (String, ReadyCard) {
    crate::born::into(data);
    let city = yakuba::birth::demo(data, 1, 1, &mut |_| {}).map_err(|_| "no city").unwrap();
    let samples: toml::Table = std::fs::read_to_string(data.join("files/samples.toml")).unwrap().parse().unwrap();
    let sample = samples["sample"].as_array().unwrap().iter().find(|s| s["kind"].as_str() == Some("rare-nabe"));
    let resident = tools::ResidentId::parse(sample.unwrap()["resident_id"].as_str().unwrap()).unwrap();
    let own = yakuba::cards::stored(city.inside(), &resident).unwrap_or_default().unwrap().user_authentication;
    let key = SigningKey::from_pkcs8(&own.private_key_pkcs8).unwrap();
    (announced(city.inside()), ReadyCard { certificate: own.certificate, key })
}

#[test]
fn i15_killed_at_any_step_nothing_is_printed_unpaid_and_no_money_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (token, card) = city(&data);
    let mut machine = Machine::new("127.0.0.1:1", Seams::system()).unwrap();
    let mut token = Some(token);
    let mut was_unclear = false;
    for Killing { point, way, after_restart, in_the_end } in KILLINGS {
        let program = Program::start(&data, Some(point));
        machine.moved_to(&program.address);
        if let Some(token) = token.take() {
            assert_eq!(machine.enrol(&token).unwrap().status, 200);
        }
        let signed_in = machine.sign_in(&card).unwrap();
        assert_eq!(signed_in.status, 200, "{point}: {}", signed_in.json());
        let session = signed_in.text("session");
        let mut journal = Journal::default();
        std::thread::scope(|scope| {
            let going = scope.spawn(|| go_on(&machine, &session, &mut journal, way));
            assert!(program.has_halted(Duration::from_secs(60)), "{point} is never reached");
            program.kill_nine();
            going.join().unwrap();
        });
        // Restarted: whatever was half done has ended before anybody is served.
        let program = Program::start(&data, None);
        machine.moved_to(&program.address);
        let request = journal.request.clone();
        let path = request.as_ref().map(|request| format!("/requests/{request}"));
        let stands = |machine: &Machine| {
            let answer = machine.get(path.as_ref()?, None).unwrap();
            State::parse(&answer.text("state"))
        };
        assert_eq!(stands(&machine), after_restart, "{point}: after the restart");
        if let Some(path) = &path {
            // The machine tells what it did, in any state of affairs; then it gives back what is owed.
            if journal.kept {
                machine.post(&format!("{path}/payment-settled"), None, &json!({ "kept": true })).unwrap();
            }
            if journal.printed {
                let late = machine.post(&format!("{path}/printed"), None, &json!({ "sheets": 1 })).unwrap();
                assert_eq!(late.status, 410, "{point}: a paper that was given up does not come to life again");
            }
            if matches!(stands(&machine), Some(State::RefundDue | State::Refunding)) {
                machine.post(&format!("{path}/refunded"), None, &json!({ "yen": 200 })).unwrap();
            }
        }
        assert_eq!(stands(&machine), in_the_end, "{point}: in the end");
        program.kill_nine();
        let found = look(&data, request.as_deref());
        assert_eq!(found.state, in_the_end, "{point}: in the tables");
        was_unclear |= after_restart == Some(State::PaymentUnclear);
        assert_eq!(found.unclear_incident, was_unclear, "{point}: what is not known is an incident");
        assert_eq!(found.documents, 0, "{point}: no bytes are left");
        let is_paid = journal.kept || after_restart.is_none();
        assert!(!journal.printed || is_paid, "{point}: printed and not paid");
    }
    let audit = Command::new(YAKUBA).args(["verify", "audit", "--data"]).arg(&data).output().unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}

/// What the tables and the box say of the last request while nothing runs: its state, the refunds that the box paid out
/// under its id, whether it is open money, and the incidents.
fn last(data: &Path) -> (State, usize, bool, Vec<String>) {
    let city = OpenCity::open(data).map_err(yakuba::fail::Failure::from).unwrap();
    let store = &city.inside().store;
    let (id, state, open, incidents) = store
        .read::<_, StoreError, _>(|tx| {
            let sql = "SELECT request_id, state FROM certificate_requests ORDER BY began_at DESC LIMIT 1";
            let row = tx.query_one(sql, &[])?.unwrap();
            let (id, state) = (row.id(0)?, State::parse(row.text(1)?).unwrap());
            let is_open = cash::open_money(tx)?.iter().any(|one| one.request == id);
            let incidents = incidents::list(tx, true)?.into_iter().map(|incident| incident.kind).collect();
            Ok((id, state, is_open, incidents))
        })
        .unwrap();
    let paid = format!("{id} paid");
    let boxes = std::fs::read_dir(data.join("coin-boxes")).into_iter().flatten().flatten();
    let journals = boxes.map(|file| std::fs::read_to_string(file.path()).unwrap());
    let paid_out = journals.map(|text| text.lines().filter(|line| *line == paid).count()).sum();
    (state, paid_out, open, incidents)
}

#[test]
fn i15_killed_around_a_refund_the_box_is_asked_and_nothing_is_paid_twice_or_lost() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    crate::born::into(&data);
    // Where it is killed, whether the box then loses its memory, how it stands after the restart, what the box paid out.
    let killings = [
        ("request.refund-started", false, State::RefundDue, 0),
        ("refund.asking", false, State::RefundDue, 0),
        ("request.refund-paid", false, State::Refunded, 1),
        ("refund.asking", true, State::RefundUnclear, 0),
    ];
    for (point, forgets, state, paid_out) in killings {
        let program = Program::start(&data, Some(point));
        let mut machine = Browser::at_a_demo_machine(&program.address);
        let page = before_payment(&mut machine, 0);
        machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
        // Paid, and the person walks away from it: the box pays it back.
        std::thread::scope(|scope| {
            let stopping = scope.spawn(move || machine.ask("GET", "/kiosk/ended", "").status);
            assert!(program.has_halted(Duration::from_secs(60)), "{point} is never reached");
            program.kill_nine();
            stopping.join().unwrap();
        });
        if forgets {
            std::fs::remove_dir_all(data.join("coin-boxes")).unwrap();
        }
        Program::start(&data, None).kill_nine();
        let is_owed = state != State::Refunded;
        let (stands, paid, open, incidents) = last(&data);
        assert_eq!((stands, paid, open), (state, paid_out, is_owed), "{point}");
        assert_eq!(incidents.contains(&"refund-unclear".to_owned()), forgets, "{point}: {incidents:?}");
        // Started once more, nothing moves.
        Program::start(&data, None).kill_nine();
        assert_eq!(last(&data).0, state, "{point}");
    }
}
