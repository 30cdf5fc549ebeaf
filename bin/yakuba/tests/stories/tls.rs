//! Pairing over https, as it is outside a demo: the PC's own trust store decides.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::agent::stage_known_as;
use crate::served::YAKUBA;

fn openssl(place: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).current_dir(place).stderr(Stdio::piped()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// An authority, and a certificate of it for localhost.
fn server_config(place: &Path) -> ServerConfig {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let root = ["req", "-x509", "-subj", "/CN=Test", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(place, &[&root[..], &key].concat());
    let ask = ["req", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "ask.pem"];
    openssl(place, &[&ask[..], &key].concat());
    std::fs::write(place.join("san"), "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n").unwrap();
    let sign = ["x509", "-req", "-in", "ask.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    openssl(place, &[&sign[..], &["-extfile", "san", "-outform", "DER", "-out", "leaf.der"]].concat());
    openssl(place, &["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]);
    let read = |name: &str| std::fs::read(place.join(name)).unwrap();
    let key = PrivateKeyDer::try_from(read("key.der")).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(read("leaf.der"))], key)
        .unwrap()
}

/// Answers one request a connection with what `target` answers.
fn pass_on(stream: TcpStream, config: Arc<ServerConfig>, target: &str) -> std::io::Result<()> {
    let mut client = StreamOwned::new(ServerConnection::new(config).map_err(std::io::Error::other)?, stream);
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    let whole = loop {
        let count = client.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..count]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let length: usize =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if request.len() >= end + 4 + length {
            break end;
        }
    };
    let mut server = TcpStream::connect(target)?;
    server.write_all(&request[..whole])?;
    server.write_all(b"\r\nConnection: close")?;
    server.write_all(&request[whole..])?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}

#[test]
fn over_https_the_pcs_own_trust_decides_before_anything_is_said() {
    let place = tempfile::tempdir().unwrap();
    let config = Arc::new(server_config(place.path()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let stage = stage_known_as(Some(&host));
    let (target, passed) = (stage.city.address.clone(), Arc::new(Mutex::new(0)));
    let count = passed.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if pass_on(stream, config.clone(), &target).is_ok() {
                *count.lock().unwrap() += 1;
            }
        }
    });
    let code = stage.code();
    let pair = |authorities: &str| {
        Command::new(YAKUBA)
            .args(["agent", "pair", "--server", &format!("https://{host}"), "--code", &code, "--data"])
            .arg(stage.place.path().join("agent"))
            .env("SSL_CERT_FILE", place.path().join(authorities))
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap()
    };
    // Another authority than the server's: nothing is sent, so the code still serves.
    let other = place.path().join("other");
    std::fs::create_dir(&other).unwrap();
    server_config(&other);
    let refused = pair("other/ca.pem");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), *passed.lock().unwrap()), (Some(75), 0), "{said}");
    let paired = pair("ca.pem");
    assert!(paired.status.success(), "{}", String::from_utf8_lossy(&paired.stderr));
    assert_eq!(*passed.lock().unwrap(), 1);
}
