//! A PostgreSQL cluster for one run of the tests.
//!
//! ```text
//!   xtask ──stdin──► keeper (sh) ──► postgres      listening on a socket in a directory of its own, on no port
//!         closes it, however it ends: the keeper stops the server and removes the directory
//! ```
//!
//! So nothing is left behind when a run is killed. The server refuses to run as root; under root it runs as `postgres`
//! or `nobody`.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::Failure;

/// How carefully the cluster writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is synced: tests make hundreds of databases and lose them anyway.
    None,
    /// As in earnest: the long fault runs kill it.
    Real,
}

/// A running cluster; stopped and removed when dropped.
pub struct Cluster {
    directory: PathBuf,
    keeper: Child,
}

/// Stays until its input ends, whatever happens to the one who started it; then stops the server at once.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" $3 >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$2"
"#;

impl Cluster {
    /// Makes and starts one, and waits until it answers.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the server's last words are in the message.
    pub fn start(durability: Durability) -> Result<Self, Failure> {
        let programs = programs()?;
        // A socket's path must stay below 108 bytes.
        let directory = std::env::temp_dir().join(format!("yakuba-pg-{}", std::process::id()));
        if directory.as_os_str().len() > 80 {
            return Err(Failure(format!("{} is too long for a socket; set TMPDIR", directory.display())));
        }
        let failed = |error: std::io::Error| Failure(format!("PostgreSQL's directory cannot be made: {error}"));
        // One of an earlier process of the same number, killed together with its keeper.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir(&directory).map_err(failed)?;
        let owner = unprivileged(&directory)?;
        if let Some((user, group)) = owner {
            chown(&directory, Some(user), Some(group)).map_err(failed)?;
        }
        initialise(&programs, &directory, owner)?;
        let keeper = keep(&programs, &directory, owner, durability)?;
        let cluster = Self { directory, keeper };
        cluster.wait(&programs)?;
        Ok(cluster)
    }

    /// Where its socket is: the value of `YAKUBA_TEST_POSTGRES`.
    pub fn socket_directory(&self) -> &Path {
        &self.directory
    }

    fn wait(&self, programs: &Path) -> Result<(), Failure> {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let ready = Command::new(programs.join("pg_isready"))
                .args(["-q", "-h"])
                .arg(&self.directory)
                .status()
                .is_ok_and(|status| status.success());
            if ready {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(5).collect();
        Err(Failure(format!("PostgreSQL did not answer within a minute; its last words: {tail:?}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The newest installed version's programs, or those on the path.
fn programs() -> Result<PathBuf, Failure> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .max();
    let on_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(|place| place.join("initdb").is_file());
    newest
        .map(|(_, path)| path)
        .or_else(on_path)
        .ok_or_else(|| Failure("PostgreSQL is not installed; run scripts/setup test".to_owned()))
}

/// For root, the user and group to run as; for anyone else, themselves (`None`).
fn unprivileged(own: &Path) -> Result<Option<(u32, u32)>, Failure> {
    let us = std::fs::metadata(own).map_err(|error| Failure(error.to_string()))?;
    if us.uid() != 0 {
        return Ok(None);
    }
    let number = |flag: &str, user: &str| {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    let found = ["postgres", "nobody"].into_iter().find_map(|user| Some((number("-u", user)?, number("-g", user)?)));
    found.map(Some).ok_or_else(|| Failure("there is no user `postgres` or `nobody` to run PostgreSQL as".to_owned()))
}

fn as_user(program: impl AsRef<std::ffi::OsStr>, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    // The caller's directory may be closed to the other user.
    command.current_dir("/");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn initialise(programs: &Path, directory: &Path, owner: Option<(u32, u32)>) -> Result<(), Failure> {
    let output = as_user(programs.join("initdb"), owner)
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        .output()
        .map_err(|error| Failure(format!("initdb could not start: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

fn keep(
    programs: &Path,
    directory: &Path,
    owner: Option<(u32, u32)>,
    durability: Durability,
) -> Result<Child, Failure> {
    let mut settings =
        format!("-c listen_addresses= -c unix_socket_directories={} -c max_connections=300", directory.display());
    if durability == Durability::None {
        settings.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
    }
    as_user("sh", owner)
        .args(["-c", KEEPER, "keeper"])
        .arg(programs)
        .arg(directory)
        .arg(settings)
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| Failure(format!("PostgreSQL could not be started: {error}")))
}
