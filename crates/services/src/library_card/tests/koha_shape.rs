//! Everything that goes to and comes from the simulated library over REST, against what Koha's public interface description says:
//! addresses, parameters, statuses, fields and their kinds. Written down from the description by hand (docs/library.md says from
//! which commits), for what is used here; a field that it does not name is a fault on either side.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use openid::http::{Answer, Http, Request, Unreachable};
use serde_json::Value;

use super::*;

/// Kinds: i integer, n number, s text, b yes or no; `?` may be null; `!` must be there.
type Fields = &'static [(&'static str, &'static str)];

const CHECKOUT: Fields =
    &[("checkout_id", "i"), ("item_id", "i?"), ("patron_id", "i"), ("due_date", "s"), ("renewals_count", "i?")];
const HOLD: Fields = &[("hold_id", "i"), ("biblio_id", "i"), ("item_id", "s?"), ("status", "s?"), ("priority", "i?")];
const ITEM: Fields = &[("item_id", "i"), ("biblio_id", "i"), ("external_id", "s?"), ("checked_out_date", "s?")];
const PATRON_FIELDS: Fields = &[
    ("patron_id", "i"),
    ("cardnumber", "s?"),
    ("surname", "s?!"),
    ("library_id", "s!"),
    ("category_id", "s!"),
    ("restricted", "b"),
    ("expiry_date", "s?"),
    ("patron_card_lost", "b?"),
];
const BALANCE: Fields = &[("balance", "n!")];
const CREDIT: Fields = &[("credit_type", "s"), ("amount", "n!")];
const LINE: Fields = &[("account_line_id", "i")];
const NEW_HOLD: Fields = &[("patron_id", "i!"), ("biblio_id", "i?"), ("item_id", "i?"), ("pickup_library_id", "s!")];
const NEW_CHECKOUT: Fields = &[("patron_id", "i"), ("item_id", "i?")];
const TOKEN: Fields = &[("access_token", "s"), ("token_type", "s"), ("expires_in", "i")];
/// Any further fields are allowed.
const ERROR: Fields = &[("error", "s")];
/// The description gives no fields of a title record; its title is recalled.
const BIBLIO: Fields = &[("biblio_id", "i"), ("title", "s?")];
const NOTHING: Fields = &[];

/// A call: method, address with `#` for a number, parameters, fields that are sent, statuses, fields of a good answer, list or not.
type Described = (&'static str, &'static str, &'static [&'static str], Fields, &'static [u16], Fields, bool);

const PAGES: &[&str] = &["patron_id", "_page", "_per_page"];
const CALLS: &[Described] = &[
    ("POST", "/oauth/token", &[], NOTHING, &[200, 400, 403], TOKEN, false),
    ("GET", "/patrons", &["cardnumber", "_match"], NOTHING, &[200, 401, 403], PATRON_FIELDS, true),
    ("GET", "/patrons/#/account", &[], NOTHING, &[200, 401, 403, 404], BALANCE, false),
    ("POST", "/patrons/#/account/credits", &[], CREDIT, &[201, 400, 401, 403, 404], LINE, false),
    ("GET", "/items", &["external_id", "_match"], NOTHING, &[200, 401, 403], ITEM, true),
    ("GET", "/items/#", &[], NOTHING, &[200, 400, 404], ITEM, false),
    ("GET", "/biblios/#", &[], NOTHING, &[200, 401, 403, 404, 406], BIBLIO, false),
    ("GET", "/checkouts", PAGES, NOTHING, &[200, 403, 404], CHECKOUT, true),
    ("POST", "/checkouts", &[], NEW_CHECKOUT, &[201, 400, 401, 403, 409, 412], CHECKOUT, false),
    ("GET", "/checkouts/#", &[], NOTHING, &[200, 403, 404], CHECKOUT, false),
    ("POST", "/checkouts/#/renewals", &[], NOTHING, &[201, 403, 404], CHECKOUT, false),
    ("GET", "/holds", PAGES, NOTHING, &[200, 401, 403, 404], HOLD, true),
    ("POST", "/holds", &[], NEW_HOLD, &[201, 400, 401, 403, 404], HOLD, false),
    ("DELETE", "/holds/#", &[], NOTHING, &[204, 401, 403, 404], NOTHING, false),
];

/// Whose fields have a definition of their own in the description, all of them written down in `koha_fields.json`.
static DEFINED: [(Fields, &str); 4] =
    [(PATRON_FIELDS, "patron"), (CHECKOUT, "checkout"), (HOLD, "hold"), (ITEM, "item")];

#[derive(Default)]
struct Seen {
    faults: Vec<String>,
    used: Vec<usize>,
    /// What was said under the name of a definition.
    said: Vec<(&'static str, Value)>,
}

struct Watched(OverTcp, Mutex<Seen>);

impl Http for Watched {
    fn send(&self, request: Request<'_>) -> Result<Answer, Unreachable> {
        let (method, url, sent) = match &request {
            Request::Get { url, .. } => ("GET", (*url).to_owned(), Value::Null),
            Request::Post { url, .. } => ("POST", (*url).to_owned(), Value::Null),
            Request::PostJson { url, json, .. } => ("POST", (*url).to_owned(), serde_json::from_str(json).unwrap()),
            Request::Delete { url, .. } => ("DELETE", (*url).to_owned(), Value::Null),
            Request::Conditional { url, .. } => ("CONDITIONAL", (*url).to_owned(), Value::Null),
        };
        let answer = self.0.send(request)?;
        self.1.lock().unwrap().judge(method, &url, &sent, &answer);
        Ok(answer)
    }
}

impl Seen {
    fn judge(&mut self, method: &str, url: &str, sent: &Value, answer: &Answer) {
        let path = url.split_once("/api/v1").unwrap().1;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = path.split('/').map(|part| if is_number(part) { "#" } else { part }).collect();
        let (path, call) = (parts.join("/"), format!("{method} {path}: {}", answer.status));
        let Some(at) = CALLS.iter().position(|(known, to, ..)| *known == method && *to == path) else {
            return self.faults.push(format!("{call} is not described"));
        };
        self.used.push(at);
        let (.., parameters, sends, statuses, fields, is_list) = CALLS[at];
        for (name, _) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if !parameters.contains(&name) {
                self.faults.push(format!("{call}: parameter {name}"));
            }
        }
        // 503 may come for every call.
        if !statuses.contains(&answer.status) && answer.status != 503 {
            self.faults.push(format!("{call}: no such status"));
        }
        self.object(&format!("{call}, sent"), sent, sends, false);
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let definition = DEFINED.iter().find(|(described, _)| *described == fields).map(|(_, name)| *name);
        if let (Some(name), 200..300) = (definition, answer.status) {
            let all = told.as_array().cloned().unwrap_or_else(|| vec![told.clone()]);
            self.said.extend(all.into_iter().map(|one| (name, one)));
        }
        match (answer.status, told.as_array()) {
            (300.., _) => self.object(&call, &told, ERROR, true),
            (_, Some(all)) if is_list => all.iter().for_each(|one| self.object(&call, one, fields, false)),
            (_, None) if !is_list => self.object(&call, &told, fields, false),
            _ => self.faults.push(format!("{call}: a list or not")),
        }
    }

    fn object(&mut self, call: &str, told: &Value, fields: Fields, may_have_more: bool) {
        let Some(told) = told.as_object() else {
            if !told.is_null() || fields.iter().any(|(_, kind)| kind.contains('!')) {
                self.faults.push(format!("{call}: no object"));
            }
            return;
        };
        for (name, kind) in fields {
            let is_so = match told.get(*name) {
                None => !kind.contains('!'),
                Some(Value::Null) => kind.contains('?'),
                Some(value) => match kind.as_bytes()[0] {
                    b'i' => value.is_i64() || value.is_u64(),
                    b'n' => value.is_number(),
                    b'b' => value.is_boolean(),
                    _ => value.is_string(),
                },
            };
            if !is_so {
                self.faults.push(format!("{call}: {name} is no {kind}"));
            }
        }
        for name in told.keys().filter(|name| !may_have_more && fields.iter().all(|(known, _)| known != *name)) {
            self.faults.push(format!("{call}: field {name}"));
        }
    }
}

fn watched(library: &Library) -> (Koha, Arc<Watched>) {
    let settings = koha::Settings {
        origin: library.koha_origin(),
        client_id: "yakuba".to_owned(),
        secret: "himitsu".to_owned().into(),
    };
    let watched = Arc::new(Watched(OverTcp::default(), Mutex::default()));
    (Koha::new(settings, watched.clone(), seams()), watched)
}

#[test]
fn what_goes_to_and_comes_from_the_simulated_library_is_as_koha_describes_it() {
    let library = library(Charset::Utf8);
    let (system, watched) = watched(&library);
    a_visit(&library, &system);
    // An answer that is lost, maintenance, and a wrong secret.
    library.set_mischief(Mischief::CutAfterChange);
    system.renew(PATRON, "B0001").unwrap_err();
    library.set_mischief(Mischief::CutAfterChange);
    system.borrow_item(PATRON, "B0003").unwrap();
    library.set_mischief(Mischief::CutAfterChange);
    system.renew(PATRON, "B0003").unwrap();
    library.set_mischief(Mischief::Maintenance);
    system.patron(PATRON).unwrap_err();
    let seen = watched.1.lock().unwrap();
    assert!(seen.faults.is_empty(), "{:#?}", seen.faults);
    let unused: Vec<_> = (0..CALLS.len()).filter(|at| !seen.used.contains(at)).map(|at| CALLS[at].1).collect();
    assert!(unused.is_empty(), "described, and never called: {unused:?}");
}

/// What a judge that nobody here wrote says of this, by JSON Schema (`koha_judge.py`).
fn judged(said: &[(&str, Value)]) -> Vec<String> {
    let fields: Value = serde_json::from_str(include_str!("koha_fields.json")).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/library_card/tests/koha_judge.py");
    let mut judge = Command::new(testkit::python());
    let mut judge = judge.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python of tests");
    let order = serde_json::json!({ "fields": fields, "said": said }).to_string();
    judge.stdin.take().unwrap().write_all(order.as_bytes()).unwrap();
    let answer = judge.wait_with_output().unwrap();
    assert!(answer.status.success());
    serde_json::from_slice(&answer.stdout).unwrap()
}

#[test]
fn a_judge_by_json_schema_finds_no_fault_in_what_the_library_is_understood_to_say() {
    let library = library(Charset::Utf8);
    let (system, watched) = watched(&library);
    a_visit(&library, &system);
    let mut said = watched.1.lock().unwrap().said.clone();
    for (_, name) in DEFINED {
        assert!(said.iter().any(|(of, _)| *of == name), "no {name} was judged");
    }
    assert_eq!(judged(&said), [""; 0]);
    // The judge is one: what the description does not know, misses, or has in another form, is found.
    let (_, patron) = said.iter().find(|(name, _)| *name == "patron").cloned().unwrap();
    let (_, checkout) = said.iter().find(|(name, _)| *name == "checkout").cloned().unwrap();
    let changed = |of: &Value, field: &str, value: Value| {
        let mut changed = of.clone();
        changed[field] = value;
        changed
    };
    let mut nameless = patron.clone();
    nameless.as_object_mut().unwrap().remove("library_id");
    said = vec![
        ("patron", changed(&patron, "expired", true.into())),
        ("patron", changed(&patron, "expiry_date", "31/03/2027".into())),
        ("patron", nameless),
        ("checkout", changed(&checkout, "due_date", "2027-03-31".into())),
        ("checkout", changed(&checkout, "item_id", "7".into())),
    ];
    let faults = judged(&said);
    assert_eq!(faults.len(), said.len(), "{faults:#?}");
}

#[test]
fn a_list_longer_than_a_page_is_read_whole_and_a_card_whose_day_is_over_lends_nothing() {
    let library = library(Charset::Utf8);
    for number in 0..130 {
        let item = format!("C{number:04}");
        library.stock(|stock| {
            stock.add_book(&item, "本");
            stock.lend_until(PATRON, &item, Date::parse("2026-12-07").unwrap());
        });
    }
    let (system, watched) = watched(&library);
    assert_eq!(system.patron(PATRON).unwrap().loans.len(), 130);
    assert!(watched.1.lock().unwrap().faults.is_empty());
    let last_day = seams().today().plus_days(-1);
    library.stock(|stock| stock.members.get_mut(PATRON).unwrap().last_day = Some(last_day));
    assert!(system.patron(PATRON).unwrap().standing.no_loans);
}
