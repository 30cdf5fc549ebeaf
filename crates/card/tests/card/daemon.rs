//! A `pcscd` of our own, in its own mount namespace with its own ports, and virtual cards lent to it.
//!
//! ```text
//!   unshare -Urm: /run/pcscd = DIR/run ── pcscd -f -c DIR/reader.conf.d ── vpcd listens on P and P+1 ◀─ VpcdLink
//!   clients outside: PCSCLITE_CSOCK_NAME=DIR/run/pcscd.comm
//! ```
//! Where namespaces are forbidden it falls back to the machine's own /run/pcscd, one test at a time.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use card::virtual_card::VirtualCard;
use card::vpcd::{TakeOut, VpcdLink};

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const INSTALL: &str = "install what the card tests need: \
                       apt-get install pcscd vsmartcard-vpcd opensc opensc-pkcs11 openssl util-linux";
/// Tells a client process where the first slot listens.
pub const VPCD: &str = "YAKUBA_TEST_VPCD";
const MOUNT_AND_RUN: &str = r#"mount -t tmpfs tmpfs /run && mkdir -p /run/pcscd && mount --bind "$1/run" /run/pcscd && exec "$2" -f -c "$1/reader.conf.d""#;

/// Where a program is. A missing one fails the test and says what to install.
pub fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<_> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = places.into_iter().map(|place| place.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing; {INSTALL}"))
}

pub struct Daemon {
    child: Child,
    directory: tempfile::TempDir,
    port: u16,
    socket: PathBuf,
    cards: Vec<(TakeOut, JoinHandle<VirtualCard>)>,
    _alone: Option<File>,
}

fn two_free_ports() -> u16 {
    (0..100)
        .find_map(|_| {
            let first = TcpListener::bind(("0.0.0.0", 0)).ok()?;
            let port = first.local_addr().ok()?.port();
            TcpListener::bind(("0.0.0.0", port.checked_add(1)?)).ok()?;
            Some(port)
        })
        .expect("two free ports side by side")
}

fn may_unshare() -> bool {
    let tried = Command::new(program("unshare")).args(["-Urm", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

impl Daemon {
    pub fn start() -> Self {
        Self::start_as(may_unshare())
    }

    pub fn start_as(isolated: bool) -> Self {
        assert!(Path::new(DRIVER).is_file(), "{DRIVER} is missing; {INSTALL}");
        let directory = tempfile::tempdir().unwrap();
        let port = two_free_ports();
        let [run, conf] = ["run", "reader.conf.d"].map(|name| directory.path().join(name));
        fs::create_dir(&run).unwrap();
        fs::create_dir(&conf).unwrap();
        let reader = format!(
            "FRIENDLYNAME \"Yakuba test\"\nDEVICENAME /dev/null:{port:#06X}\nLIBPATH {DRIVER}\nCHANNELID {port:#06X}\n"
        )
        .replace("0X", "0x");
        fs::write(conf.join("vpcd"), reader).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let pcscd = program("pcscd");
        let (mut command, socket, alone) = if isolated {
            let mut command = Command::new(program("unshare"));
            command.args(["-Urm", "sh", "-c", MOUNT_AND_RUN, "sh"]).arg(directory.path()).arg(pcscd);
            (command, run.join("pcscd.comm"), None)
        } else {
            let lock = File::create(std::env::temp_dir().join("yakuba-pcscd.lock")).unwrap();
            lock.lock().unwrap();
            fs::create_dir_all("/run/pcscd").expect("run as root, or where `unshare -Urm` is allowed");
            let mut command = Command::new(pcscd);
            command.args(["-f", "-c"]).arg(&conf);
            (command, PathBuf::from("/run/pcscd/pcscd.comm"), Some(lock))
        };
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut daemon = Self { child, directory, port, socket, cards: Vec::new(), _alone: alone };
        daemon.wait_until("pcscd is ready", |daemon| daemon.socket.exists());
        daemon
    }

    /// Waits up to 20 s.
    pub fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        for _ in 0..400 {
            if is_so(self) {
                return;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("pcscd ended ({status}); is another one running? Its words: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("waited in vain until {what}; pcscd said: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Puts `card` into the next slot (there are two) and waits until the reader shows it.
    pub fn put(&mut self, mut card: VirtualCard) {
        let slot = self.cards.len();
        let address = format!("127.0.0.1:{}", usize::from(self.port) + slot);
        let mut link = None;
        self.wait_until("vpcd listens", |_| {
            link = VpcdLink::connect(&address).ok();
            link.is_some()
        });
        let link = link.unwrap();
        let handle = link.handle().unwrap();
        let serving = std::thread::spawn(move || {
            link.serve(&mut card).unwrap();
            card
        });
        self.cards.push((handle, serving));
        self.wait_until("the reader shows the card", |daemon| {
            let listed = String::from_utf8(daemon.run("opensc-tool", &["-l"]).stdout).unwrap();
            listed.lines().any(|line| line.starts_with(&format!("{slot} ")) && line.contains("Yes"))
        });
    }

    /// Takes the last card out and gives it back.
    pub fn take_out(&mut self) -> VirtualCard {
        let (handle, serving) = self.cards.pop().unwrap();
        handle.take_out();
        serving.join().unwrap()
    }

    /// A client of this daemon.
    pub fn client(&self, program_name: &str) -> Command {
        self.as_client(program(program_name))
    }

    /// The same for a program that is not on the path.
    pub fn as_client(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("PCSCLITE_CSOCK_NAME", &self.socket).env("LC_ALL", "C.UTF-8").current_dir(self.directory.path());
        command
    }

    /// Runs a client to its end.
    pub fn run(&self, program_name: &str, arguments: &[&str]) -> Output {
        self.client(program_name).args(arguments).output().unwrap()
    }

    /// Runs a client that must succeed, and returns what it printed.
    pub fn succeed(&self, program_name: &str, arguments: &[&str]) -> String {
        let output = self.run(program_name, arguments);
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.success(), "{program_name} {arguments:?}: {}\n{out}\n{err}", output.status);
        out
    }

    /// Runs one of the `#[ignore]`d tests of this binary as a client of this daemon: libpcsclite looks for its daemon
    /// in the environment of the process.
    pub fn run_inside(&self, test: &str) {
        let own = std::env::current_exe().unwrap();
        let output = Command::new(own)
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env("PCSCLITE_CSOCK_NAME", &self.socket)
            .env(VPCD, format!("127.0.0.1:{}", self.port))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        for (handle, _) in &self.cards {
            handle.take_out();
        }
        // Asked politely it removes its files; a daemon that will not go is killed.
        let _ = Command::new(program("kill")).args(["-TERM", &self.child.id().to_string()]).status();
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
