//! A card at a PC: a real city, a real agent process and a page between them, every byte of which is recorded.
//!
//! ```text
//!  page (this test) ── recorded proxy ── yakuba demo
//!      └──────────── recorded ────────── yakuba agent ── virtual card, or pcscd and vpcd
//!      the one thing not recorded: what the person sends from the pad to the agent, on loopback
//! ```

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use base::Seams;
use card::virtual_card::{Behaviour, VirtualCard, VirtualCardContents};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use serde_json::Value;
use tools::Inside;
use tools::access::Actor;
use tools::staff::Role;
use web::session::{self, Door};
use yakuba::cards;

use crate::daemon::Daemon;
use crate::served::{Served, YAKUBA};

type Record = Arc<Mutex<Vec<u8>>>;

/// The page's way to the city: everything that passes is kept.
fn proxy(record: &Record) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Arc::new(Mutex::new(String::new()));
    let (record, to) = (record.clone(), target.clone());
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(to.lock().unwrap().as_str()) else { continue };
            for (mut from, mut into) in [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)] {
                let record = record.clone();
                std::thread::spawn(move || {
                    let mut buffer = [0; 8192];
                    while let Ok(count @ 1..) = from.read(&mut buffer) {
                        record.lock().unwrap().extend_from_slice(&buffer[..count]);
                        if into.write_all(&buffer[..count]).is_err() {
                            break;
                        }
                    }
                    let _ = into.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    (port, target)
}

/// A running agent; killed when dropped.
pub struct AgentProcess {
    child: Child,
    pub address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

impl AgentProcess {
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.env("YAKUBA_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map_while(Result::ok).find(|line| line.starts_with("ready "));
        let address = ready.expect("the agent did not start").replace("ready http://", "");
        Self { child, address, log: Some(log) }
    }

    pub fn stop(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own; what is kept of it is the caller's choice.
pub fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (Vec<u8>, u16, Vec<u8>) {
    let mut socket = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).unwrap().parse().unwrap();
    (request.into_bytes(), status, answer)
}

fn body(answer: &[u8]) -> String {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    String::from_utf8_lossy(&answer[end + 4..]).into_owned()
}

/// A page of the city, open in a browser on the PC.
pub struct Page {
    pub city: String,
    origin: String,
    pub cookie: String,
    pub agent: String,
    record: Record,
}

impl Page {
    pub fn at_city(&self, method: &str, path: &str, headers: &str, fields: &str) -> (u16, String) {
        let headers = format!(
            "Cookie: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}",
            self.cookie
        );
        let (_, status, answer) = ask(&self.city, method, path, &headers, fields);
        (status, body(&answer))
    }

    pub fn at_agent(&self, method: &str, path: &str, json: &str) -> (u16, Value) {
        let headers = format!("Origin: {}\r\nContent-Type: application/json\r\n", self.origin);
        let (request, status, answer) = ask(&self.agent, method, path, &headers, json);
        self.keep(&[&request, &answer]);
        (status, serde_json::from_str(&body(&answer)).unwrap())
    }

    /// Whether these bytes passed.
    pub fn saw(&self, needle: &[u8]) -> bool {
        holds(&self.record.lock().unwrap(), needle)
    }

    fn keep(&self, bytes: &[&[u8]]) {
        self.record.lock().unwrap().extend(bytes.concat());
    }

    /// What `agent.js` does, with a person at the pad who types each of `typed`. Answers with the pad's last page and
    /// what the city says.
    fn identify(&self, typed: &[&str]) -> (String, u16, String) {
        let (_, page) = self.at_city("GET", "/staff/agents/try", "", "");
        let token =
            |name: &str| page.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (ask_token, answer_token) = (token("data-ask-token"), token("data-answer-token"));
        let (_, status) = self.at_agent("GET", "/v1/status", "");
        assert_eq!(status["reader"], "ready", "{status}");
        let agent = status["agent"].as_str().unwrap();
        let json = |token: &str| format!("Accept: application/json\r\nX-Csrf: {token}\r\n");
        let (code, asked) =
            self.at_city("POST", "/staff/agents/identify", &json(&ask_token), &format!("agent={agent}"));
        assert_eq!(code, 200, "{asked}");
        let asked: Value = serde_json::from_str(&asked).unwrap();
        let request = asked["request"].as_str().unwrap();
        let (code, taken) = self.at_agent("POST", "/v1/identify", &format!("{{\"request\":\"{request}\"}}"));
        assert_eq!(code, 201, "{taken}");
        let pad = taken["pad"].as_str().unwrap().split_once(&self.agent).unwrap().1.to_owned();
        let shown = self.person(&pad, typed);
        let ticket = taken["ticket"].as_str().unwrap();
        let (_, told) = self.at_agent("GET", &format!("/v1/answers/{ticket}"), "");
        assert_eq!(told["state"], "answered", "{told} {shown}");
        let fields = format!("request={request}&answer={}", told["answer"].as_str().unwrap());
        let (code, said) = self.at_city("POST", "/staff/agents/identify/answer", &json(&answer_token), &fields);
        let again = self.at_city("POST", "/staff/agents/identify/answer", &json(&answer_token), &fields);
        assert_eq!(again.0, 422, "an answer is taken once: {}", again.1);
        (shown, code, said)
    }

    /// The person at the pad. What they send is the one thing that is not recorded; what they are shown is.
    pub fn person(&self, pad: &str, typed: &[&str]) -> String {
        let (request, _, answer) = ask(&self.agent, "GET", pad, "Accept-Language: ja\r\n", "");
        self.keep(&[&request, &answer]);
        let mut shown = body(&answer);
        for secret in typed {
            let step = shown.split("name=\"step\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let headers = format!("Origin: http://{}\r\n", self.agent);
            let (_, _, answer) =
                ask(&self.agent, "POST", pad, &headers, &format!("step={step}&do=enter&secret={secret}"));
            self.keep(&[&answer]);
            shown = body(&answer);
        }
        shown
    }
}

/// A demo city with a staff session, reached through the recording proxy.
pub struct Stage {
    pub city: Served,
    pub page: Page,
    pub resident: String,
    pub card: VirtualCardContents,
    birth_date: String,
    pub place: tempfile::TempDir,
}

pub fn stage() -> Stage {
    stage_after(None, |_| {})
}

/// The same, reached by a further host name.
pub fn stage_known_as(host: Option<&str>) -> Stage {
    stage_after(host, |_| {})
}

/// The same, once `change` was made to the city.
pub fn stage_after(host: Option<&str>, change: impl FnOnce(&Inside)) -> Stage {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let (resident, card, cookie) = prepared(&data, change);
    let record = Record::default();
    let (port, target) = proxy(&record);
    let through = format!("127.0.0.1:{port}");
    let hosts = host.map_or(through.clone(), |host| format!("{through},{host}"));
    let city = Served::start_on(place, &[("YAKUBA_WEB_HOSTS", &hosts)]);
    *target.lock().unwrap() = city.address.clone();
    let origin = format!("http://{}", city.address);
    let birth_date = card.attributes.birth_date.to_string();
    let page = Page { city: through, origin, cookie, agent: String::new(), record };
    Stage { city, page, resident, card, birth_date, place: tempfile::tempdir().unwrap() }
}

/// Makes the city; answers with the first card of the drawer, and the cookie of somebody who may do everything.
fn prepared(data: &Path, change: impl FnOnce(&Inside)) -> (String, VirtualCardContents, String) {
    crate::born::into(data);
    let city = yakuba::birth::demo(data, 1, 1, &mut |_| {}).unwrap();
    let inside = city.inside().clone();
    change(&inside);
    let resident = cards::drawer(&inside).unwrap()[0].resident.clone();
    let contents = cards::stored(&inside, &resident).unwrap().unwrap();
    let secret = inside
        .store
        .clone()
        .write(move |tx| {
            let by = Actor::System { job: "test" };
            let account = tools::staff::add(tx, &inside.seams, &by, "試験 職員", "市民課", Role::ALL)?;
            session::start(tx, &inside.seams, Door::Staff, &account.id.to_string(), None)
        })
        .unwrap();
    let cookie = format!("{}={}", Door::Staff.cookie(false), secret.cookie_value());
    (resident.as_str().to_owned(), contents, cookie)
}

impl Stage {
    /// Takes a code from the console.
    pub fn code(&self) -> String {
        let (_, page) = self.page.at_city("GET", "/staff/agents", "", "");
        let form = page.split("action=\"/staff/agents/announce\"").nth(1).unwrap();
        let token = form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let (status, shown) =
            self.page.at_city("POST", "/staff/agents/announce", "", &format!("csrf={token}&place=Hall&name=PC1"));
        assert_eq!(status, 200, "{shown}");
        shown.split("<p class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    /// Pairs the agent in `data` by a code of the console; answers with the code.
    pub fn pair(&self, data: &Path) -> String {
        let code = self.code();
        // What the console showed is not what is judged here; what passes while pairing is.
        self.page.record.lock().unwrap().clear();
        let server = format!("http://{}", self.page.city);
        let done = Command::new(YAKUBA)
            .args(["agent", "pair", "--server", &server, "--code", &code, "--data"])
            .arg(data)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        code
    }
}

pub fn agent_command(mut command: Command, data: &Path) -> Command {
    command.args(["agent", "--port", "0", "--data"]).arg(data);
    command
}

/// The forms in which a secret could stand in bytes.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![HEXLOWER.encode(secret), HEXUPPER.encode(secret)];
    // Base 64 at each of the three places a longer text could put it; the characters that mix with neighbours are cut.
    for shift in 0..3 {
        let padded = [vec![0; shift], secret.to_vec()].concat();
        for text in [BASE64.encode(&padded), BASE64URL_NOPAD.encode(&padded)] {
            let text = text.trim_end_matches('=').to_owned();
            let begin = [0, 2, 3][shift];
            let end = text.len() - usize::from(padded.len() % 3 != 0);
            forms.push(text[begin..end].to_owned());
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

fn holds(record: &[u8], needle: &[u8]) -> bool {
    record.windows(needle.len()).any(|window| window == needle)
}

/// Four digits stand somewhere in any long text by chance; as a value of its own they do not.
fn holds_as_value(record: &[u8], digits: &[u8]) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'#'));
    record.windows(digits.len()).enumerate().any(|(at, window)| {
        window == digits
            && !is_part(at.checked_sub(1).and_then(|at| record.get(at)))
            && !is_part(record.get(at + digits.len()))
    })
}

#[test]
fn nothing_that_passes_holds_the_pin_the_certificate_or_the_birth_date() {
    let mut stage = stage();
    let data = stage.place.path().join("agent");
    let code = stage.pair(&data);
    let mut command = agent_command(Command::new(YAKUBA), &data);
    command.args(["--demo-resident", &stage.resident, "--demo-city"]).arg(&stage.city.data);
    let mut agent = AgentProcess::start(command);
    stage.page.agent = agent.address.clone();
    let pin = String::from_utf8(stage.card.user_authentication_pin.value.to_vec()).unwrap();
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let (shown, status, said) = stage.page.identify(&[wrong, &pin]);
    assert!(shown.contains("data-close"), "{shown}");
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("カードを確かめました"), "{said}");

    let record = stage.page.record.lock().unwrap().clone();
    assert!(record.len() > 20_000 && holds(&record, b"/v1/identify"), "the search looks through something");
    assert!(holds(&record, b"yakuba-agent") || holds(&record, b"eWFrdWJhLWFnZW50") || holds(&record, b"/agent/pair"));
    // The search finds what is there: the step tokens, in each form it knows.
    assert!(holds_as_value(b"secret=4826&x", b"4826") && !holds_as_value(b"#34826f", b"4826"));
    assert!(forms(b"4826").iter().any(|form| holds(BASE64.encode(b"{\"pin\":\"4826\"}").as_bytes(), form)));
    assert!(!holds_as_value(&record, pin.as_bytes()), "the PIN passed in clear");
    for form in forms(pin.as_bytes()) {
        assert!(form.len() < 5 || !holds(&record, &form), "the PIN passed as {}", String::from_utf8_lossy(&form));
    }
    let certificate = &stage.card.user_authentication.certificate;
    for part in certificate.chunks(24).skip(8).filter(|part| part.len() == 24) {
        // The authority's name and the like are no secret; the serial number and the key stand in the others.
        assert!(!holds(&record, part), "the certificate passed in clear");
        for form in forms(part) {
            assert!(!holds(&record, &form), "the certificate passed as text");
        }
    }
    let compact = stage.birth_date.replace('-', "");
    for date in [&stage.birth_date, &compact] {
        assert!(!holds(&record, date.as_bytes()), "the birth date passed");
    }
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    for text in [code.clone(), plain.clone(), plain.to_lowercase()] {
        assert!(!holds(&record, text.as_bytes()), "the one-time code passed");
    }
    let (agent_log, city_log) = (agent.stop(), stage.city.stop());
    for log in [&agent_log, &city_log] {
        assert!(!holds_as_value(log.as_bytes(), pin.as_bytes()) && !log.contains(&code), "{log}");
        assert!(!log.contains(&stage.birth_date));
    }
    assert!(agent_log.contains("agent-pin-wrong"), "the agent says what happened: {agent_log}");
}

#[test]
fn the_same_through_a_real_reader_daemon() {
    let mut stage = stage();
    let data = stage.place.path().join("agent");
    stage.pair(&data);
    let mut daemon = Daemon::start();
    let mut agent = AgentProcess::start(agent_command(daemon.as_client(YAKUBA), &data));
    stage.page.agent = agent.address.clone();
    let (_, status) = stage.page.at_agent("GET", "/v1/status", "");
    assert_eq!(status["reader"], "empty");
    let card = VirtualCard::new(stage.card.clone(), Behaviour::default(), Seams::system().random.clone()).unwrap();
    daemon.put(card);
    let pin = String::from_utf8(stage.card.user_authentication_pin.value.to_vec()).unwrap();
    let (_, status, said) = stage.page.identify(&[&pin]);
    assert!(status == 200 && said.contains("カードを確かめました"), "{status} {said}");
    let card = daemon.take_out();
    assert_eq!(card.contents().user_authentication_pin.tries_left, 3);
    agent.stop();
}

#[test]
fn an_agent_is_listed_and_unpaired_and_then_refuses_the_page() {
    let mut stage = stage();
    let data = stage.place.path().join("agent");
    stage.pair(&data);
    let run = |arguments: &[&str]| {
        let output = Command::new(YAKUBA).arg("agent").args(arguments).arg("--data").arg(&data).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (_, listed) = run(&["list"]);
    let audience = listed.split("  ").next().unwrap().to_owned();
    assert!(listed.contains("見本市") && audience.starts_with("localhost:"), "{listed}");
    let mut command = agent_command(Command::new(YAKUBA), &data);
    command.args(["--demo-resident", &stage.resident, "--demo-city"]).arg(&stage.city.data);
    let mut agent = AgentProcess::start(command);
    stage.page.agent = agent.address.clone();
    assert_eq!(stage.page.at_agent("GET", "/v1/status", "").0, 200);
    assert_eq!(run(&["unpair", "--server", &audience]).0, Some(0));
    assert_eq!(run(&["unpair", "--server", &audience]).0, Some(1));
    let (status, refused) = stage.page.at_agent("GET", "/v1/status", "");
    assert_eq!((status, refused["error"].as_str()), (403, Some("unpaired")));
    let wrong = run(&["pair", "--server", &format!("http://{}", stage.page.city), "--code", "0000-0000-0000"]);
    assert_eq!(wrong.0, Some(1));
    agent.stop();
}
