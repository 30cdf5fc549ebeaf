//! One typed configuration. It runs with none: every value has a default that serves the demo city.
//!
//! Order, later wins: defaults, `yakuba.toml` in the data directory, environment variables `YAKUBA_<SECTION>_<KEY>`.
//! Unknown keys are refused, so that a misspelt one is not silently ignored.

mod loading;

use std::path::PathBuf;

pub use loading::ConfigError;
use serde::{Deserialize, Serialize};

/// Everything an operator may set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the city remembers.
    pub store: StoreSection,
    /// How the city listens.
    pub web: WebSection,
    /// Fonts and the public address printed on papers.
    pub paper: PaperSection,
    /// When issuing closes.
    pub issuing: IssuingSection,
    /// The certificate machine.
    pub kiosk: KioskSection,
    /// Card agents on PCs.
    pub agents: AgentsSection,
    /// Where it is asked whether a card's certificates were revoked.
    pub revocation: RevocationSection,
    /// Digital copies of certificates.
    pub twin: TwinSection,
    /// The time-stamping authority.
    pub timestamp: TimestampSection,
    /// The citizen portal.
    pub portal: PortalSection,
    /// How residents are told that something came.
    pub channels: ChannelsSection,
    /// The national portal.
    pub national_portal: NationalPortalSection,
    /// The library's system.
    pub library: LibrarySection,
    /// The city hospital.
    pub hospital: HospitalSection,
}

/// Section `[store]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSection {
    /// Connection string of the inside zone's PostgreSQL database; empty: SQLite in the data directory.
    pub inside: String,
    /// The same for the outside zone. Another role that cannot open the inside's database.
    pub outside: String,
    /// The same for the inside zone's store of per-person keys.
    pub keys: String,
    /// The same for the outside zone's own.
    pub outside_keys: String,
    /// The same for the numbers of services' cards. Another role that cannot open the register.
    pub cards: String,
}

/// Section `[web]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSection {
    /// Address to listen on. The default is loopback only.
    pub listen: String,
    /// Host names requests may carry, beside the listening address.
    pub hosts: Vec<String>,
    /// The origin at which staff sign in with passkeys, e.g. `https://staff.example.lg.jp`. Empty: `http://localhost:PORT`.
    pub staff_origin: String,
}

impl Default for WebSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1".to_owned(), hosts: Vec::new(), staff_origin: String::new() }
    }
}

/// Section `[paper]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaperSection {
    /// The IPAmj Mincho font file, as Debian's `fonts-ipamj-mincho` installs it.
    pub font: PathBuf,
    /// Where anyone checks a paper; empty: the listening address (demo only).
    pub public_address: String,
}

impl Default for PaperSection {
    fn default() -> Self {
        Self { font: PathBuf::from("/usr/share/fonts/truetype/ipamj/ipamjm.ttf"), public_address: String::new() }
    }
}

/// Section `[issuing]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IssuingSection {
    /// Minutes after the register source's last heartbeat at which issuing closes.
    pub register_fresh_minutes: u32,
    /// Minutes a finished document waits, sealed, for its printing to be acknowledged.
    pub document_kept_minutes: u32,
}

impl Default for IssuingSection {
    fn default() -> Self {
        Self { register_fresh_minutes: 30, document_kept_minutes: 15 }
    }
}

/// Section `[kiosk]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KioskSection {
    /// `drawer`: the demo's drawer of virtual cards. `pcsc`: the smart-card reader of this machine.
    pub reader: String,
    /// Seconds without a touch after which a session ends and everything is erased.
    pub idle_seconds: u32,
    /// Sessions at one time in one process. Past that, machines refuse new ones at their first screen and nobody who
    /// has begun is disturbed (invariant I16).
    pub most_sessions: u32,
    /// `tray`: the demo's simulated printer. `ipp://HOST[:631]/PATH`: the print queue of this machine.
    pub printer: String,
    /// Whether papers are printed on both sides of a sheet.
    pub two_sided: bool,
    /// Minutes a paper waits for staff when the printer has no paper or is jammed; then the fee goes back.
    pub print_patience_minutes: u32,
}

impl Default for KioskSection {
    fn default() -> Self {
        Self {
            reader: "drawer".to_owned(),
            idle_seconds: 60,
            most_sessions: 64,
            printer: "tray".to_owned(),
            two_sided: true,
            print_patience_minutes: 5,
        }
    }
}

/// Section `[agents]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentsSection {
    /// Where agents listen on their PCs.
    pub port: u16,
}

impl Default for AgentsSection {
    fn default() -> Self {
        Self { port: 47_614 }
    }
}

/// Section `[revocation]`. A demo asks its simulated J-LIS whatever stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevocationSection {
    /// Where OCSP questions go, e.g. a proxy of the closed network. Empty: where each certificate says; signing
    /// certificates name no responder, so without this or [`Self::list`] their status stays unknown.
    pub ocsp: String,
    /// Where the revocation list of an issuer is; `{key_id}` in it becomes the issuer's key identifier in hex. Asked when
    /// OCSP gives no answer. Empty: no list.
    pub list: String,
}

/// Section `[twin]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwinSection {
    /// Whether machines offer a digital copy of the paper.
    pub offered: TwinOffered,
}

/// When digital copies of certificates are offered. The paper is the certificate: no law gives a copy its force yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwinOffered {
    /// In a demo city only.
    #[default]
    InDemo,
    /// Always: for a city that has a legal basis for it, and keys in `signing/`.
    Always,
    /// Not even in a demo.
    Never,
}

impl TwinOffered {
    /// Whether this city offers them.
    pub const fn is_on(self, is_demo: bool) -> bool {
        match self {
            Self::InDemo => is_demo,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Section `[timestamp]`: the authority that vouches for the time of signatures (RFC 3161).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimestampSection {
    /// Where it is asked. Empty: no stamps; a demo city starts a simulated authority.
    pub url: String,
    /// The policy asked for, dotted; empty leaves it to the authority.
    pub policy: String,
    /// Seconds a person waits for a stamp at most; then the paper comes without one.
    pub wait_seconds: u32,
    /// Seconds an authority that failed is left alone.
    pub rest_seconds: u32,
    /// Where the revocation lists of the authorities behind signatures and stamps are; `{key_id}` becomes the authority's
    /// key identifier. Empty: electronic copies stay as they are.
    pub lists: String,
}

impl Default for TimestampSection {
    fn default() -> Self {
        let empty = String::new;
        Self { url: empty(), policy: empty(), wait_seconds: 2, rest_seconds: 60, lists: empty() }
    }
}

/// Section `[portal]`: how residents come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortalSection {
    /// The origin of its pages, e.g. `https://portal.example.lg.jp`. Empty: `http://localhost:PORT`.
    pub origin: String,
    /// The issuer of the national sign-in app, exactly as its agency writes it. Empty: the app is not offered; a demo city
    /// starts a simulated one.
    pub app_issuer: String,
    /// Our client name there.
    pub app_client_id: String,
    /// Our private key there: a PKCS#8 file (DER) of a P-256 key.
    pub app_key: PathBuf,
    /// The name of that key, as registered.
    pub app_key_id: String,
}

/// Section `[national_portal]`: applications that come by it, notices to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NationalPortalSection {
    /// The origin of its interface, without a slash at the end. Empty: off; a demo city starts a simulated one.
    pub origin: String,
    /// Our name there.
    pub client_id: String,
    /// A file with our secret there, in one line.
    pub secret_file: PathBuf,
}

/// Section `[library]`: the library's system (図書館システム), and the door for self-checkout machines and gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibrarySection {
    /// How the library's system is spoken to.
    pub system: LibraryKind,
    /// Where: `HOST:PORT` for SIP2, an origin (`https://…`) for Koha.
    pub address: String,
    /// Our login or client name there.
    pub login: String,
    /// A file with our password or client secret there, in one line.
    pub secret_file: PathBuf,
    /// The library's institution name (AO) in SIP2.
    pub institution: String,
    /// Characters of SIP2, both ends: `utf-8`, `shift_jis`, `cp850`, `ascii`.
    pub charset: String,
    /// Where self-checkout machines and gates reach us by SIP2, `HOST:PORT`; empty: no such door. A demo opens one.
    pub listen: String,
    /// A file with one machine a line: login, blank, password.
    pub machines_file: PathBuf,
    /// Connections of machines at one time.
    pub most_machines: u32,
    /// Of them, from one address; 0: half of them. Machines behind one router count as one address.
    pub most_machines_an_address: u32,
    /// Seconds of silence after which a machine is let go.
    pub idle_seconds: u32,
    /// The folder into which the list of patron numbers is laid once a day; empty: none.
    pub give_folder: PathBuf,
    /// The folder in which the library leaves its lists; empty: none.
    pub take_folder: PathBuf,
    /// The hour in Japan (0–23) from which the day's list is made.
    pub give_hour: u32,
    /// How the day's list is written: `utf-8` (with BOM) or `shift_jis`.
    pub files_charset: String,
    /// マイキープラットフォーム.
    pub mykey: MyKeySection,
}

/// Section `[library.mykey]`: マイキープラットフォーム, which links a person's マイキーID with the library's patron number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MyKeySection {
    /// Its origin (`https://…`). Empty: off; a demo city starts a simulated one.
    pub address: String,
    /// The library's name there.
    pub client_id: String,
    /// A file with the library's secret there, in one line.
    pub secret_file: PathBuf,
}

impl Default for LibrarySection {
    fn default() -> Self {
        Self {
            system: LibraryKind::Off,
            address: String::new(),
            login: String::new(),
            secret_file: PathBuf::new(),
            institution: String::new(),
            charset: "utf-8".to_owned(),
            listen: String::new(),
            machines_file: PathBuf::new(),
            most_machines: 128,
            most_machines_an_address: 0,
            idle_seconds: 300,
            give_folder: PathBuf::new(),
            take_folder: PathBuf::new(),
            give_hour: 4,
            files_charset: "utf-8".to_owned(),
            mykey: MyKeySection::default(),
        }
    }
}

/// How the library's system is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibraryKind {
    /// Not at all. A demo city simulates one.
    #[default]
    Off,
    /// SIP2 over TCP; wrap it in a tunnel or keep it on a closed line.
    Sip2,
    /// The REST interface of Koha, or one of its shape.
    Koha,
}

/// Section `[hospital]`: the city hospital's systems, for its card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HospitalSection {
    /// `host:port` of the hospital's HL7 listener (MLLP). Empty: the hospital speaks FHIR alone, or, without `fhir_address` too,
    /// is none; a demo city then simulates one.
    pub send_address: String,
    /// `host:port` where its messages are taken. Inside, in a network only the hospital reaches. Empty: none are taken.
    pub listen_address: String,
    /// The hospital's FHIR R4 server, `https://…/fhir`. With it, chart numbers and bookings are asked there; receptions and notices
    /// go to `send_address` where there is one, else they are written there. Empty: asked by HL7.
    pub fhir_address: String,
    /// Whose numbers chart numbers are at that server, a URI.
    pub fhir_chart_system: String,
    /// A file with the token for that server, in one line.
    pub fhir_token_file: PathBuf,
    /// A file with the key, of 32 characters at least, by which the hospital's own system calls queue numbers
    /// (`POST /api/hospital/calls`). Empty: no system calls.
    pub calls_key_file: PathBuf,
    /// What the simulated hospital of a demo city speaks.
    pub simulated: HospitalSpeech,
}

/// What a simulated hospital speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HospitalSpeech {
    /// HL7 v2.5 over MLLP.
    #[default]
    Hl7,
    /// FHIR R4 alone.
    Fhir,
}

/// Section `[channels]`: web push and e-mail. The password of the mail server is a file, `signing/smtp.password`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelsSection {
    /// Whom a push service may call about us, `mailto:…` or `https:…`.
    pub contact: String,
    /// Push services that are trusted, by host or by domain with a leading dot. Empty: any public name.
    pub push_hosts: Vec<String>,
    /// The origin of a simulated push service, for tests only.
    pub simulated_push: String,
    /// The mail server. Empty: no e-mail; a demo city writes messages into `outside/mail/`.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// Protection of the connection.
    pub smtp_security: SmtpSecurity,
    /// Who signs in there. Empty: nobody.
    pub smtp_user: String,
    /// The address that mail comes from.
    pub from: String,
    /// The address that bounces come back to; `+…` is put before its `@`, and its mail server must take that.
    pub bounces: String,
    /// The folder into which the mail server puts what came back, one file a message. Empty: `outside/bounces/` in the data
    /// directory.
    pub bounce_folder: PathBuf,
}

/// Protection of the connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS asked for after the greeting, and needed.
    #[default]
    StartTls,
    /// None: a server on this very machine.
    None,
}

impl Default for ChannelsSection {
    fn default() -> Self {
        Self {
            contact: "mailto:notices@city.example".to_owned(),
            push_hosts: Vec::new(),
            simulated_push: String::new(),
            smtp_host: String::new(),
            smtp_port: 587,
            smtp_security: SmtpSecurity::default(),
            smtp_user: String::new(),
            from: "notices@city.example".to_owned(),
            bounces: "bounces@city.example".to_owned(),
            bounce_folder: PathBuf::new(),
        }
    }
}
