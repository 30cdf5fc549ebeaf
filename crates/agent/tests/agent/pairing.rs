//! Pairing over a real socket: with a server that is right, and with somebody in its place.

use std::io::{Read, Write};
use std::net::TcpListener;

use agent::{PairingError, Pairings};
use base::Seams;
use pki::agent::{PairingAnswer, PairingCode, PairingRequest, VerificationKey};

use crate::support::*;

const CODE: &str = "K3M9-T2V7-Q1X8-Z4AB-CDEF";

/// Answers one request at a port of its own with what `answer` makes of the body.
fn serve_once(answer: impl FnOnce(&[u8]) -> (u16, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let (head, length) = loop {
            let count = socket.read(&mut buffer).unwrap();
            bytes.extend_from_slice(&buffer[..count]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            break (end + 4, length.unwrap_or(0));
        };
        while bytes.len() < head + length {
            let count = socket.read(&mut buffer).unwrap();
            bytes.extend_from_slice(&buffer[..count]);
        }
        let (status, body) = answer(&bytes[head..]);
        write!(socket, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).unwrap();
        socket.write_all(&body).unwrap();
    });
    address
}

/// These servers are reached at this machine, so they speak for it.
const HERE: &str = "http://localhost:8080";

fn answer_of(keys: &pki::agent::ServerKeys) -> PairingAnswer {
    PairingAnswer {
        agent: AGENT.into(),
        audience: "localhost:8080".into(),
        name: "見本市".into(),
        name_english: "Mihon City".into(),
        origins: vec!["http://LocalHost:8080/".into()],
        verification_key: VerificationKey::from_info(keys.signing.public_key_info()).unwrap(),
        sealing_keys: vec![keys.sealing[0].public().clone()],
        paired_at: now(),
    }
}

#[test]
fn an_agent_pairs_keeps_it_to_itself_and_forgets_it_when_told() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("state");
    let pairings = Pairings::in_directory(&directory);
    let server = serve_once(|body| {
        let code = PairingCode::typed(CODE);
        assert!(!body.windows(CODE.len()).any(|window| window == CODE.as_bytes()), "the code is not sent");
        let request = PairingRequest::read(body).unwrap();
        request.check(&code).unwrap();
        (200, answer_of(&server_keys()).to_bytes(&code, &request))
    });
    let pairing = pairings.pair(&Seams::system(), &server, "k3m9 t2v7 q1x8 z4ab cdef").unwrap();
    assert_eq!((pairing.audience.as_str(), pairing.origins.as_slice()), ("localhost:8080", &[HERE.to_owned()][..]));
    assert!(!format!("{pairing:?}").contains("key"));
    assert_eq!(pairings.of_origin(HERE).unwrap().unwrap().agent, AGENT);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory.join("pairings.json")), mode(&directory)), (0o600, 0o700));
    }
    assert!(pairings.remove("localhost:8080").unwrap());
    assert!(!pairings.remove("localhost:8080").unwrap());
    assert!(pairings.all().unwrap().is_empty());
}

#[test]
fn somebody_in_the_servers_place_is_noticed_and_nothing_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let pairings = Pairings::in_directory(place.path());
    // They do not know the code.
    let server = serve_once(|body| {
        let request = PairingRequest::read(body).unwrap();
        (200, answer_of(&server_keys()).to_bytes(&PairingCode::typed("guess"), &request))
    });
    let failed = pairings.pair(&Seams::system(), &server, CODE).unwrap_err();
    assert!(matches!(failed, PairingError::NotBelieved(_)), "{failed}");
    // They alter what the server says.
    let server = serve_once(|body| {
        let (code, request) = (PairingCode::typed(CODE), PairingRequest::read(body).unwrap());
        let mut answer = answer_of(&server_keys()).to_bytes(&code, &request);
        let at = answer.windows(4).position(|window| window == b"City").unwrap();
        answer[at] = b'c';
        (200, answer)
    });
    assert!(matches!(pairings.pair(&Seams::system(), &server, CODE), Err(PairingError::NotBelieved(_))));
    // They know the code, because they gave it, and speak for another city.
    for change in [
        (|answer: &mut PairingAnswer| answer.audience = AUDIENCE.into()) as fn(&mut PairingAnswer),
        |answer| answer.origins.push(CITY.into()),
        |answer| answer.audience = "yakuba-certificate-machine".into(),
    ] {
        let server = serve_once(move |body| {
            let (code, request) = (PairingCode::typed(CODE), PairingRequest::read(body).unwrap());
            let mut answer = answer_of(&server_keys());
            change(&mut answer);
            (200, answer.to_bytes(&code, &request))
        });
        assert!(matches!(pairings.pair(&Seams::system(), &server, CODE), Err(PairingError::OtherPlace)));
    }
    // A refusal, nobody there, an address that is none, an endless answer.
    let server = serve_once(|_| (410, Vec::new()));
    assert!(matches!(pairings.pair(&Seams::system(), &server, CODE), Err(PairingError::Refused)));
    assert!(matches!(pairings.pair(&Seams::system(), "http://127.0.0.1:1", CODE), Err(PairingError::Unreachable(_))));
    assert!(matches!(pairings.pair(&Seams::system(), "city.example", CODE), Err(PairingError::Address)));
    let server = serve_once(|_| (200, vec![0; 100_000]));
    assert!(matches!(pairings.pair(&Seams::system(), &server, CODE), Err(PairingError::NotBelieved(_))));
    assert!(pairings.all().unwrap().is_empty());
}

#[test]
fn the_agents_own_page_lists_pairs_and_unpairs_for_its_own_origin_alone() {
    let scene = Scene::new();
    let page = scene.send("GET", "/", &[("accept-language", "en"), ("sec-fetch-dest", "document")], "");
    assert!(page.body.contains("Mihon City") && page.body.contains(CITY), "{}", page.body);
    assert!(!page.body.contains("PRIVATE") && !page.body.contains("pairings.json"));
    assert_eq!(scene.send("GET", "/", &[("sec-fetch-dest", "iframe")], "").status, 403);
    for path in ["/pair", "/unpair"] {
        let answer = scene.send("POST", path, &[("origin", CITY)], &format!("agent={AGENT}&server=x&code=y"));
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(scene.send("POST", path, &[], &format!("agent={AGENT}")).status, 403, "{path}");
    }
    let headers = [("origin", OWN), ("accept-language", "en")];
    let wrong = scene.send("POST", "/pair", &headers, "server=city.example&code=x");
    assert!(wrong.body.contains("begins with https://"), "{}", wrong.body);
    let gone = scene.send("POST", "/unpair", &headers, &format!("agent={AGENT}"));
    assert!(gone.body.contains("Unpaired") && gone.body.contains("None yet"), "{}", gone.body);
    assert_eq!(scene.send("GET", "/v1/status", &[("origin", CITY)], "").status, 403);
}
