//! A tap, as the person waits for it: through a real `pcscd` with the driver of vsmartcard-vpcd, and in the process.
//!
//! ```text
//!   this program ── starts ──▶ pcscd ◀── itself again, as a client (libpcsclite finds its daemon by the environment)
//!                        vpcd ◀── a virtual card
//!   with PIN:     connect · select · counter · PIN · certificate · signature · farewell
//!   without PIN:  connect · select · certificate · the other application · proof · farewell
//! ```
//! A virtual card signs in a millisecond; a real one takes several hundred. What is measured here is everything else.

use std::time::{Duration, Instant};

use card::city_application::{CardNumber, CitySession, GroupKeys, Image, KeySet, TerminalName};
use card::readers::pcsc::PcscService;
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use card::{Card, JpkiSession, LastTry, Reader, UserAuthenticationPin};

use crate::Options;
use crate::clients::{Seen, Slices};
use crate::daemon::Daemon;
use crate::report::{Failure, Line};

/// Set in the environment of the client process: how many seconds to tap.
const INSIDE: &str = "YAKUBA_BENCH_TAP_SECONDS";
const PIN: &str = "1234";

/// Measures both taps.
///
/// # Errors
/// When pcscd cannot be used or the card refuses.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    if let Ok(seconds) = std::env::var(INSIDE) {
        return inside(seconds.parse()?);
    }
    let card = virtual_card()?;
    let in_process = {
        let reader = VirtualReader::with(card.clone());
        measure(|| Ok(reader.clone().connect()?), options.seconds)?
    };
    let mut daemon = Daemon::start();
    daemon.put(card);
    let own = std::env::current_exe()?;
    let output = daemon.as_client(own).args(["tap", "--dry"]).env(INSIDE, options.seconds.to_string()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let through = |word: &str| said.lines().find_map(|line| line.strip_prefix(word)).unwrap_or("-").trim().to_owned();
    let line = |work: &str, ours: String, seen: &Seen| Line {
        work: work.to_owned(),
        ours,
        peer: format!("{} in the process, without pcscd", waits(seen)),
        ratio: None,
        goal: "context".to_owned(),
        met: None,
    };
    Ok(vec![
        line("a tap with PIN through pcscd (virtual card)", through(WITH_PIN), &in_process[0]),
        line("a tap without PIN through pcscd (virtual card)", through(WITHOUT_PIN), &in_process[1]),
        application()?,
    ])
}

/// Milliseconds of a command and of the chip's cipher for one code, and kilobits a second of the link: recalled figures.
const COMMAND: usize = 20;
const CIPHER: usize = 10;
const LINK: usize = 106;

/// Counts what goes over the link.
struct Counted(Box<dyn Card>, Vec<usize>);

impl Card for Counted {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, card::ReaderError> {
        let answer = self.0.transmit(command)?;
        self.1.push(command.len() + answer.len());
        Ok(answer)
    }

    fn power_off(&mut self) -> Result<(), card::ReaderError> {
        self.0.power_off()
    }
}

/// The card's time of a tap by the city's own application: counted, not measured, for no real chip was at hand.
fn application() -> Result<Line, Failure> {
    let keys = GroupKeys::from_shares(&[[1; 16].into(), [2; 16].into()])?;
    let mut card = virtual_card()?;
    card.load_city_application(Image::loaded(&keys, CardNumber([7; 16]))?);
    let key = keys.for_terminal(KeySet::Inventory, 1, TerminalName(*b"GATE0001"))?;
    let mut counted = Counted(VirtualReader::with(card).connect()?, Vec::new());
    CitySession::open(&mut counted, &key, &base::SeededRandom::from_seed(1))?.number()?;
    let (bytes, commands) = (counted.1.iter().sum::<usize>(), counted.1.len());
    let milliseconds = bytes * 8 / LINK + commands * COMMAND + (commands - 1) * CIPHER;
    Ok(Line {
        work: format!("card time of a tap by the city's application: {commands} commands, {bytes} bytes"),
        ours: format!("{milliseconds} ms (counted at {LINK} kbit/s, {COMMAND} ms a command, {CIPHER} ms a code)"),
        peer: "-".to_owned(),
        ratio: None,
        goal: "< 300 ms".to_owned(),
        met: Some(milliseconds < 300),
    })
}

const WITH_PIN: &str = "with-pin ";
const WITHOUT_PIN: &str = "without-pin ";

/// The client process: measures, prints two lines, and reports nothing itself.
fn inside(seconds: f64) -> Result<Vec<Line>, Failure> {
    let service = PcscService::open()?;
    let seen = measure(|| Ok(service.reader_with_the_only_card()?.connect()?), seconds)?;
    println!("{WITH_PIN}{}\n{WITHOUT_PIN}{}", waits(&seen[0]), waits(&seen[1]));
    Ok(Vec::new())
}

fn waits(seen: &Seen) -> String {
    format!("p50 {:.1} ms, p95 {:.1} ms", seen.p50 / 1000.0, seen.p95 / 1000.0)
}

/// Taps with and without PIN in turns.
fn measure(connect: impl Fn() -> Result<Box<dyn Card>, Failure>, seconds: f64) -> Result<[Seen; 2], Failure> {
    let begun = Instant::now();
    let mut all: [Vec<Duration>; 2] = Default::default();
    while begun.elapsed().as_secs_f64() < seconds {
        let tapped = Instant::now();
        with_pin(connect()?)?;
        all[0].push(tapped.elapsed());
        let tapped = Instant::now();
        without_pin(connect()?)?;
        all[1].push(tapped.elapsed());
    }
    Ok(all.map(|waits| Slices::of(&waits, begun.elapsed(), 0.0).seen()))
}

fn with_pin(card: Box<dyn Card>) -> Result<(), Failure> {
    let mut session = JpkiSession::open(card)?;
    session.verify_user_authentication_pin(&UserAuthenticationPin::parse(PIN)?, LastTry::Refuse)?;
    session.user_authentication_certificate()?;
    session.sign_user_authentication(&[7; 32])?;
    Ok(session.close()?)
}

fn without_pin(card: Box<dyn Card>) -> Result<(), Failure> {
    let mut session = JpkiSession::open(card)?;
    session.user_authentication_certificate()?;
    let mut printed = session.into_input_support()?;
    printed.prove_genuine(&[7; 32])?;
    Ok(printed.close()?)
}

fn virtual_card() -> Result<VirtualCard, Failure> {
    let key = pki::SigningKey::generate_rsa()?;
    // Of the outer form and size of a certificate: nobody judges it here.
    let certificate = [vec![0x30, 0x82, 0x05, 0xDC], vec![0x11; 1500]].concat();
    let user = KeyAndCertificate {
        private_key_pkcs8: key.to_pkcs8()?.into(),
        ca_certificate: certificate.clone(),
        certificate,
    };
    let day = |year, month, day| base::Date::new(year, month, day).ok_or("a date");
    let attributes = BasicAttributes {
        name: "試験　花子".into(),
        address: "見本市".into(),
        birth_date: day(1971, 9, 1)?,
        sex: b'2',
    };
    let number = FictitiousNumber::from_eleven([1; 11]);
    let mut contents = VirtualCardContents::new(user, None, PIN, "YAKUBA1", attributes, number, day(2031, 9, 1)?);
    CardIssuer::generate()?.personalise(&mut contents)?;
    Ok(VirtualCard::new(contents, Behaviour::default(), std::sync::Arc::new(base::SeededRandom::from_seed(1)))?)
}
