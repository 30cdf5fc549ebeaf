//! A PostgreSQL cluster of the bench's own, with the durability a city would run: gone when dropped.
//!
//! ```text
//!   initdb (as nobody when we are root: the server refuses root) ──► postgres on a socket in its directory ──► killed, removed
//! ```

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::report::Failure;

/// The user `nobody` on Debian.
const NOBODY: u32 = 65534;

/// A running server.
pub struct Cluster {
    directory: PathBuf,
    server: Child,
}

impl Cluster {
    /// Makes and starts a cluster in a new directory below `parent`, with the server's default durability.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub fn start(parent: &Path) -> Result<Self, Failure> {
        let binaries = newest_binaries().ok_or("PostgreSQL is not installed (apt-get install postgresql)")?;
        let directory = parent.join(format!("yakuba-bench-pg-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        let root = is_root(&directory)?;
        if root {
            std::os::unix::fs::chown(&directory, Some(NOBODY), Some(NOBODY))?;
        }
        let command = |name: &str| {
            let mut command = Command::new(binaries.join(name));
            command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
            if root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let data = directory.join("data");
        let made = command("initdb")
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .status()?;
        if !made.success() {
            return Err("initdb failed".into());
        }
        let server = command("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c"])
            .arg(format!("unix_socket_directories={}", directory.display()))
            .spawn()?;
        let cluster = Self { directory, server };
        for _ in 0..100 {
            let ready = command("pg_isready").args(["-q", "-h"]).arg(&cluster.directory).status()?;
            if ready.success() {
                return Ok(cluster);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("the server did not start within ten seconds".into())
    }

    /// Where its socket is.
    pub fn socket_directory(&self) -> String {
        self.directory.display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The data is thrown away, so the server need not be asked politely; its children follow it.
        let _ = self.server.kill();
        let _ = self.server.wait();
        std::thread::sleep(Duration::from_millis(200));
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Whether this process is root: its new files then belong to user 0.
fn is_root(made_by_us: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(made_by_us)?.uid() == 0)
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
