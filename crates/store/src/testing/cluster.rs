//! A PostgreSQL server of a test's or bench's own: made, started, killed, started again, gone when dropped.
//!
//! ```text
//!   initdb (as nobody when we are root: the server refuses root) ──► postgres on a socket in its own directory
//! ```

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The user `nobody` on Debian.
const NOBODY: u32 = 65534;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No PostgreSQL on this machine.
    #[error("PostgreSQL is not installed below /usr/lib/postgresql (apt-get install postgresql)")]
    NotInstalled,
    /// A program or file did not do what it should.
    #[error("{0}: {1}")]
    Failed(&'static str, std::io::Error),
    /// It gave up, or did not answer in time.
    #[error("{0} failed; see the file log in the cluster's directory")]
    Refused(&'static str),
}

/// A server with the durability of its defaults: an answered commit is on disk.
pub struct Cluster {
    directory: PathBuf,
    binaries: PathBuf,
    as_nobody: bool,
    server: Option<Child>,
}

impl Cluster {
    /// Makes and starts a server in a new directory below `parent`; every parent must be searchable by `nobody`.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub fn start(parent: &Path) -> Result<Self, ClusterError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("yakuba-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = parent.join(name);
        let failed = |what| move |error| ClusterError::Failed(what, error);
        std::fs::create_dir_all(&directory).map_err(failed("make the directory"))?;
        // Our new files belong to user 0 when we are root.
        let as_nobody = std::fs::metadata(&directory).map_err(failed("look at the directory"))?.uid() == 0;
        if as_nobody {
            chown(&directory, Some(NOBODY), Some(NOBODY)).map_err(failed("hand over the directory"))?;
        }
        let binaries = newest_binaries().ok_or(ClusterError::NotInstalled)?;
        let mut cluster = Self { directory, binaries, as_nobody, server: None };
        let made = cluster
            .command("initdb")
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"])
            .arg(cluster.directory.join("data"))
            .status()
            .map_err(failed("initdb"))?;
        if !made.success() {
            return Err(ClusterError::Refused("initdb"));
        }
        cluster.restart()?;
        Ok(cluster)
    }

    /// Starts the server (again) and waits until it answers.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub fn restart(&mut self) -> Result<(), ClusterError> {
        let failed = |what| move |error| ClusterError::Failed(what, error);
        // After kill -9 the old processes may need a moment to notice; until then the new one refuses its shared memory.
        for _ in 0..50 {
            let log = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.directory.join("log"))
                .map_err(failed("open the log"))?;
            let mut server = self
                .command("postgres")
                .arg("-D")
                .arg(self.directory.join("data"))
                .args(["-c", "listen_addresses=", "-c", "max_connections=200", "-c"])
                .arg(format!("unix_socket_directories={}", self.directory.display()))
                .stderr(log)
                .spawn()
                .map_err(failed("start postgres"))?;
            for _ in 0..300 {
                if server.try_wait().map_err(failed("look at postgres"))?.is_some() {
                    break;
                }
                let ready = self.command("pg_isready").args(["-q", "-h"]).arg(&self.directory).status();
                if ready.map_err(failed("pg_isready"))?.success() {
                    self.server = Some(server);
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = server.kill();
            let _ = server.wait();
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(ClusterError::Refused("postgres"))
    }

    /// `kill -9` to the server; its helpers end when they notice.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// The server's processes at this moment: itself and its children.
    pub fn processes(&self) -> Vec<u32> {
        let Some(server) = self.server.as_ref().map(Child::id) else { return Vec::new() };
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
        std::iter::once(server).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Where its socket is.
    pub fn socket_directory(&self) -> String {
        self.directory.display().to_string()
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The data is thrown away, so the server need not be asked politely.
        self.kill();
        std::thread::sleep(Duration::from_millis(200));
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// `bin` of the newest version that Debian installed.
fn newest_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb").is_file().then_some((version, path.join("bin")))
        })
        .max_by_key(|(version, _)| *version)
        .map(|(_, path)| path)
}
