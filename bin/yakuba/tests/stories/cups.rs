//! A print server of its own for one story: CUPS as Debian packages it, private settings, a high port, a queue that
//! writes PDF files. It needs no system service; it needs root, as CUPS's PDF backend does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base::Id;

/// Where Debian's cups-pdf puts papers of users the system does not know.
const PAPERS: &str = "/var/spool/cups-pdf/ANONYMOUS";

/// The running server; killed when dropped.
pub struct Cups {
    place: tempfile::TempDir,
    process: Child,
    queue: String,
    port: u16,
}

impl Cups {
    /// Starts it; `None`, saying why, where it is not installed or this is not root.
    pub fn start() -> Option<Self> {
        let program = ["/usr/sbin/cupsd", "/usr/lib/cups/backend/cups-pdf"].iter().all(|path| Path::new(path).exists());
        let id = Command::new("id").arg("-u").output().unwrap();
        if !program || id.stdout != b"0\n" {
            eprintln!("skipped: CUPS with cups-pdf is not here, or this is not root (scripts/setup test installs it)");
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        // Filters run as another user and must get through to the spool.
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        write_settings(place.path(), port);
        let root = place.path().join("root");
        let process = Command::new("/usr/sbin/cupsd")
            .arg("-f")
            .arg("-c")
            .arg(root.join("cupsd.conf"))
            .arg("-s")
            .arg(root.join("cups-files.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let queue = format!("yakuba-{port}");
        let cups = Self { place, process, queue, port };
        cups.make_queue();
        Some(cups)
    }

    fn make_queue(&self) {
        let server = format!("127.0.0.1:{}", self.port);
        for _ in 0..100 {
            let made = Command::new("lpadmin")
                .args(["-h", &server, "-p", &self.queue, "-v", "cups-pdf:/", "-E"])
                .args(["-P", "/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd"])
                .stderr(Stdio::null())
                .status();
            if made.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("cupsd takes no queue: {}", std::fs::read_to_string(self.place.path().join("error")).unwrap());
    }

    /// The queue's address.
    pub fn uri(&self) -> String {
        format!("ipp://127.0.0.1:{}/printers/{}", self.port, self.queue)
    }

    /// The file a paper of `request` became: cups-pdf names it by the name of its job.
    pub fn paper_of(&self, request: Id) -> PathBuf {
        let wanted = request.to_string();
        let files = std::fs::read_dir(PAPERS).unwrap().flatten().map(|file| file.path());
        let found: Vec<PathBuf> = files
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(&wanted)))
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    /// Document files that the server still holds.
    pub fn documents_kept(&self) -> usize {
        let files = std::fs::read_dir(self.place.path().join("spool")).unwrap().flatten();
        files.filter(|file| file.file_name().to_string_lossy().starts_with('d')).count()
    }
}

impl Drop for Cups {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(format!("/var/log/cups/cups-pdf-{}_log", self.queue));
    }
}

fn write_settings(place: &Path, port: u16) {
    for directory in ["root", "spool", "cache", "state", "temp"] {
        std::fs::create_dir(place.join(directory)).unwrap();
    }
    std::fs::set_permissions(place.join("temp"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    // What a machine's own queue needs: nothing from elsewhere, and no copy of a paper once it is out.
    let server = format!(
        "Listen 127.0.0.1:{port}\nLogLevel warn\nDefaultAuthType None\nWebInterface No\nBrowsing No\n\
         PreserveJobFiles No\nPreserveJobHistory Yes\nErrorPolicy retry-current-job\n\
         <Location />\nOrder allow,deny\nAllow all\n</Location>\n\
         <Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n"
    );
    std::fs::write(place.join("root/cupsd.conf"), server).unwrap();
    let at = |name: &str| place.join(name).display().to_string();
    let files = format!(
        "ServerRoot {}\nRequestRoot {}\nCacheDir {}\nStateDir {}\nTempDir {}\nErrorLog {}\nAccessLog {}\nPageLog {}\n\
         SystemGroup lpadmin\nUser lp\nGroup lp\n",
        at("root"),
        at("spool"),
        at("cache"),
        at("state"),
        at("temp"),
        at("error"),
        at("access"),
        at("page")
    );
    std::fs::write(place.join("root/cups-files.conf"), files).unwrap();
}
