//! Yakuba (役場): one program, every role. See `ARCHITECTURE.md`.
//!
//! Each command parses its arguments here and does its work in `commands`. Exit codes come from [`base::Kind`]: 0 done,
//! 1 the answer is no, 65 bad input, 70 a defect of ours, 75 try again later, 77 not allowed.
//!
//! Longer than most files: every command stands here with the words of its help, and nothing else does.

pub mod application_keys;
mod beside;
pub mod birth;
pub mod cards;
pub mod channels;
pub mod city;
pub mod city_cards;
pub mod commands;
pub mod control;
pub mod fail;
pub mod hospital;
pub mod key_book;
mod key_files;
pub mod key_keeper;
pub mod keys;
mod library;
pub mod means;
pub mod national;
pub mod notices;
pub mod portal;
pub mod revocation;
pub mod sample_events;
pub mod sample_usage;
pub mod schemes;
pub mod serve;
pub mod staff_ids;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use services::convenience_certificates::CertificateKind;

/// Services of a Japanese town hall on the Individual Number Card, never on the My Number itself.
#[derive(Parser)]
#[command(name = "yakuba", version, after_help = "Example:\n  yakuba demo --port 8080\n  yakuba doctor")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the demo city if it is absent and serve both zones.
    #[command(after_help = "Example:\n  yakuba demo --port 8080 --data demo-data")]
    Demo(DemoArguments),
    /// Serve a city that was imported before.
    #[command(after_help = "Example:\n  yakuba serve --data /var/lib/yakuba --port 8443")]
    Serve(ServeArguments),
    /// Synthetic cities, imports and profiles of resident files.
    #[command(subcommand)]
    City(CityCommand),
    /// Virtual cards (demo data only).
    #[command(subcommand)]
    Card(CardCommand),
    /// Issue a certificate at the counter, with the machine's engine and checks.
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Verify a paper, the audit log or the evidence of letters.
    #[command(subcommand)]
    Verify(VerifyCommand),
    /// Staff accounts.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The seal and the keys papers are made with.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Let the city's pages use the card reader of this PC; PINs never leave it.
    #[command(
        after_help = "Example:\n  yakuba agent pair --server https://city.example.lg.jp --code XXXX-XXXX-XXXX-XXXX-XXXX\n  yakuba agent"
    )]
    Agent(AgentArguments),
    /// Decide at a door of the city's own, without any line: a staff ID's card with its PIN, or an issued tag.
    #[command(
        after_help = "Example:\n  yakuba door --file door-0198.json --list door-list.json --log door.log --tag 04A233915C2B80"
    )]
    Door(DoorArguments),
    /// Find what is wrong with an installation.
    #[command(after_help = "Example:\n  yakuba doctor --data /var/lib/yakuba\n  yakuba doctor --facts")]
    Doctor(DoctorArguments),
    /// Write the generated documentation.
    #[command(hide = true)]
    Docs {
        /// The project's root.
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
}

/// Arguments of `demo`.
#[derive(Args)]
pub struct DemoArguments {
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the demo city lives.
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
    /// Residents of a city made anew.
    #[arg(long, default_value_t = 10_000)]
    residents: u32,
    /// Seed of a city made anew: the same seed makes the same city.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the simulated hospital speaks.
    #[arg(long, value_parser = ["hl7", "fhir"])]
    hospital: Option<String>,
    /// For tests that kill the program: stand still inside the transaction that reaches this point.
    #[arg(long, hide = true)]
    halt_at: Option<String>,
}

/// Arguments of `serve`.
#[derive(Args)]
pub struct ServeArguments {
    /// The city's data directory.
    #[arg(long)]
    data: PathBuf,
    /// Port to listen on.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Only read the configuration and say whether it is usable.
    #[arg(long)]
    check: bool,
}

/// `city …`
#[derive(Subcommand)]
pub enum CityCommand {
    /// Make a synthetic import set. The same seed makes the same city.
    #[command(after_help = "Example:\n  yakuba city generate --residents 1000 --seed 7 --out city-files")]
    Generate {
        /// How many residents.
        #[arg(long)]
        residents: u32,
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Directory for the files.
        #[arg(long)]
        out: PathBuf,
    },
    /// Import a set of resident files. Exit 1 if rows were refused.
    #[command(after_help = "Example:\n  yakuba city import city-files --data city-data --dry-run")]
    Import {
        /// Directory with residents.csv and its companions.
        directory: PathBuf,
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
        /// Check everything, change nothing; refused rows are listed in DIRECTORY all the same.
        #[arg(long)]
        dry_run: bool,
        /// Switch the good rows in although some were refused.
        #[arg(long)]
        keep_good: bool,
    },
    /// Look at an unknown resident file and propose a column mapping.
    #[command(after_help = "Example:\n  yakuba city profile export.csv")]
    Profile {
        /// The file.
        file: PathBuf,
    },
    /// From which day machines give the tax certificate of a fiscal year (年度の切替日); without it, 1 June.
    #[command(
        after_help = "Example:\n  yakuba city tax-year --data city-data --fiscal-year 2027 --from 2027-06-10 --source 告示第12号"
    )]
    TaxYear {
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
        /// The year in which it begins: 2027 is 令和9年度.
        #[arg(long)]
        fiscal_year: i16,
        /// The first day, YYYY-MM-DD.
        #[arg(long)]
        from: String,
        /// By which notice or decision.
        #[arg(long)]
        source: String,
    },
}

/// `card …`
#[derive(Subcommand)]
pub enum CardCommand {
    /// Lend a resident's virtual card to a reader daemon until stopped; prints its PIN.
    #[command(
        after_help = "Example:\n  yakuba card virtual --resident 0000000001 --data demo-data --vpcd 127.0.0.1:35963"
    )]
    Virtual {
        /// Whose card.
        #[arg(long)]
        resident: String,
        /// The demo city's data directory.
        #[arg(long)]
        data: PathBuf,
        /// Where vpcd listens.
        #[arg(long)]
        vpcd: String,
        /// What state the card is in: to try what happens then. Nothing of it is kept.
        #[arg(long = "as", value_enum, default_value_t)]
        state: cards::variant::CardState,
    },
}

/// `issue …`
#[derive(Subcommand)]
pub enum IssueCommand {
    /// Copy of the residence record (住民票の写し).
    #[command(
        after_help = "Example:\n  yakuba issue residence-certificate --resident 0000000001 --data demo-data --out paper.pdf --household --relationship"
    )]
    ResidenceCertificate(IssueArguments),
    /// Family register (戸籍): the whole, one person, the appendix (附票), or a closed one (除籍).
    #[command(
        visible_alias = "koseki",
        after_help = "Example:\n  yakuba issue koseki --resident 0000000001 --form appendix --data demo-data --out paper.pdf"
    )]
    FamilyRegister(commands::issue_family::FamilyArguments),
    /// Certificate of the registered seal (印鑑登録証明書).
    #[command(
        visible_alias = "seal",
        after_help = "Example:\n  yakuba issue seal --resident 0000000001 --data demo-data --out paper.pdf"
    )]
    SealRegistrationCertificate(IssueAloneArguments),
    /// Certificate of taxes and income of the current fiscal year (課税(所得)証明書).
    #[command(
        visible_alias = "tax",
        after_help = "Example:\n  yakuba issue tax --resident 0000000001 --data demo-data --out paper.pdf"
    )]
    TaxCertificate(IssueAloneArguments),
}

/// Arguments of `issue` for papers about the person alone.
#[derive(Args, Clone)]
pub struct IssueAloneArguments {
    /// Whose paper.
    #[arg(long)]
    resident: String,
    /// The city's data directory.
    #[arg(long)]
    data: PathBuf,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
    /// How many copies the fee is for; the file holds one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    copies: u8,
    /// Outside demo data: file with the credential that a clerk made in the staff console (窓口コマンドの職員資格).
    #[arg(long)]
    staff_credential: Option<PathBuf>,
    /// Outside demo data: why the paper is issued.
    #[arg(long)]
    purpose: Option<String>,
}

/// Arguments of `issue residence-certificate`.
#[derive(Args, Clone)]
pub struct IssueArguments {
    /// Whose paper.
    #[arg(long)]
    resident: String,
    /// The city's data directory.
    #[arg(long)]
    data: PathBuf,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
    /// The whole household (世帯全員).
    #[arg(long, conflicts_with = "members")]
    household: bool,
    /// These members, separated by commas.
    #[arg(long, value_delimiter = ',')]
    members: Vec<String>,
    /// With head of household and relationship (世帯主・続柄).
    #[arg(long)]
    relationship: bool,
    /// With permanent domicile and its head (本籍・筆頭者).
    #[arg(long)]
    domicile: bool,
    /// With nationality or region (国籍・地域).
    #[arg(long)]
    nationality: bool,
    /// With the residence card number (在留カード等番号).
    #[arg(long)]
    residence_card_number: bool,
    /// With residence status and period (在留資格等).
    #[arg(long)]
    residence_status: bool,
    /// Outside demo data: file with the credential that a clerk made in the staff console (窓口コマンドの職員資格).
    #[arg(long)]
    staff_credential: Option<PathBuf>,
    /// Outside demo data: why the paper is issued.
    #[arg(long)]
    purpose: Option<String>,
}

/// `verify …`
#[derive(Subcommand)]
pub enum VerifyCommand {
    /// Check a signed PDF. Exit 0 valid, 1 not, with the reason.
    #[command(after_help = "Example:\n  yakuba verify paper paper.pdf --data demo-data")]
    Paper {
        /// The PDF.
        file: PathBuf,
        /// Data directory of the city that signed it; without it or --trust: demo-data, where `make demo` put the demo.
        #[arg(long)]
        data: Option<PathBuf>,
        /// A PEM file with the authority that certified the mayor's signature.
        #[arg(long)]
        trust: Option<PathBuf>,
    },
    /// Check that the audit log was not altered. Exit 0 whole, 1 not, with the place.
    #[command(after_help = "Example:\n  yakuba verify audit --data demo-data --against heads.jsonl")]
    Audit {
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
        /// Signed heads kept elsewhere.
        #[arg(long)]
        against: Option<PathBuf>,
    },
    /// Check the evidence of letters: its chain, its roots and their time stamps. Exit 0 whole, 1 not, with the place.
    #[command(after_help = "Example:\n  yakuba verify evidence --data demo-data")]
    Evidence {
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
    },
}

/// `staff …`
#[derive(Subcommand)]
pub enum StaffCommand {
    /// A one-time token with which the first administrator registers a passkey.
    #[command(after_help = "Example:\n  yakuba staff first-administrator --data city-data")]
    FirstAdministrator {
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
    },
}

/// `keys …`
#[derive(Subcommand)]
pub enum KeysCommand {
    /// What is in use, since when, what comes next, and what came before.
    #[command(after_help = "Example:\n  yakuba keys list --data city-data")]
    List {
        /// The city's data directory.
        #[arg(long)]
        data: PathBuf,
    },
    /// Prepare another one; it comes into use on its day, without a restart.
    #[command(
        after_help = "Example:\n  yakuba keys rotate code --from 2027-04-01 --data city-data\n  yakuba keys rotate seal --picture seal.png --data city-data\n  yakuba keys rotate provider --data city-data\n  yakuba keys rotate document --key mayor.p8 --certificate mayor.der --authority authority.der --data city-data"
    )]
    Rotate(RotateArguments),
}

/// Arguments of `keys rotate`.
#[derive(Args)]
pub struct RotateArguments {
    /// What.
    #[arg(value_enum)]
    part: commands::keys::PartName,
    /// The city's data directory.
    #[arg(long)]
    data: PathBuf,
    /// The first day (YYYY-MM-DD); today, if it is not given.
    #[arg(long)]
    from: Option<String>,
    /// Of `seal`: the picture (PNG).
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Of `document`: the office's new key (PKCS #8, DER).
    #[arg(long)]
    key: Option<PathBuf>,
    /// Of `document`: its certificate (DER).
    #[arg(long)]
    certificate: Option<PathBuf>,
    /// Of `document`: the authority's certificate (DER).
    #[arg(long)]
    authority: Option<PathBuf>,
}

/// Arguments of `agent`.
#[derive(Args)]
pub struct AgentArguments {
    /// What to do; without it, serve.
    #[command(subcommand)]
    command: Option<AgentCommand>,
    /// Where the pairings are kept; default: this user's state directory.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 lets the system choose. The city's pages look for the default.
    #[arg(long, default_value_t = agent::DEFAULT_PORT)]
    port: u16,
    /// In a demo: the virtual card of this resident instead of a reader.
    #[arg(long, requires = "demo_city", hide = true)]
    demo_resident: Option<String>,
    /// In a demo: the running city's data directory.
    #[arg(long, requires = "demo_resident", hide = true)]
    demo_city: Option<PathBuf>,
    /// In a demo: what state that card is in.
    #[arg(long = "demo-card-as", requires = "demo_resident", hide = true, value_enum, default_value_t)]
    demo_state: cards::variant::CardState,
}

/// `agent …`
#[derive(Subcommand)]
pub enum AgentCommand {
    /// Pair with a city's server by a one-time code of its staff console.
    #[command(
        after_help = "Example:\n  yakuba agent pair --server https://city.example.lg.jp --code XXXX-XXXX-XXXX-XXXX-XXXX"
    )]
    Pair {
        /// The server's address.
        #[arg(long)]
        server: String,
        /// The one-time code.
        #[arg(long)]
        code: String,
    },
    /// Forget a pairing.
    #[command(after_help = "Example:\n  yakuba agent unpair --server city.example.lg.jp")]
    Unpair {
        /// Audience, origin or agent id, as listed.
        #[arg(long)]
        server: String,
    },
    /// Take this terminal's keys for the city's application on cards; they come sealed to this agent and stay so.
    #[command(after_help = "Example:\n  yakuba agent application-keys --server city.example.lg.jp")]
    ApplicationKeys {
        /// Audience, origin or agent id, as listed.
        #[arg(long)]
        server: String,
    },
    /// List the servers this agent is paired with.
    #[command(after_help = "Example:\n  yakuba agent list")]
    List,
}

/// Arguments of `door`.
#[derive(Args)]
pub struct DoorArguments {
    /// The door's own file, given out once.
    #[arg(long)]
    file: PathBuf,
    /// The newest list for this door.
    #[arg(long)]
    list: PathBuf,
    /// Where openings are written down.
    #[arg(long)]
    log: PathBuf,
}

/// Arguments of `doctor`.
#[derive(Args)]
pub struct DoctorArguments {
    /// The city's data directory, if there is one already.
    #[arg(long)]
    data: Option<PathBuf>,
    /// List the facts from outside that are only recalled.
    #[arg(long)]
    facts: bool,
}

/// Parses the command line and carries the command out.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("YAKUBA_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let done = match arguments.command {
        Command::Demo(arguments) => serve::demo(&arguments),
        Command::Serve(arguments) => serve::serve(&arguments),
        Command::City(command) => commands::city::run(&command),
        Command::Card(command) => commands::card::run(&command),
        Command::Issue(command) => issue(&command),
        Command::Verify(command) => commands::verify::run(&command),
        Command::Staff(command) => commands::staff::run(&command),
        Command::Keys(command) => commands::keys::run(&command),
        Command::Agent(arguments) => commands::agent::run(&arguments),
        Command::Door(arguments) => commands::door::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Docs { out } => commands::docs::run(&out),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn issue(command: &IssueCommand) -> fail::Outcome {
    match command {
        IssueCommand::ResidenceCertificate(arguments) => commands::issue::run(arguments),
        IssueCommand::FamilyRegister(arguments) => commands::issue_family::run(arguments),
        IssueCommand::SealRegistrationCertificate(arguments) => {
            commands::issue::run_alone(CertificateKind::SealRegistrationCertificate, arguments)
        }
        IssueCommand::TaxCertificate(arguments) => {
            commands::issue::run_alone(CertificateKind::TaxCertificate, arguments)
        }
    }
}
