//! A demo city that really runs: the program itself, as a process.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The program under test.
pub const YAKUBA: &str = env!("CARGO_BIN_EXE_yakuba");

/// `yakuba demo`, running; killed when dropped.
pub struct Served {
    /// The data directory.
    pub data: PathBuf,
    /// `127.0.0.1:PORT`.
    pub address: String,
    process: Child,
    log: Option<std::thread::JoinHandle<String>>,
    _place: tempfile::TempDir,
}

impl Served {
    /// Makes a demo city and waits until it serves.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with settings from the environment.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), settings)
    }

    /// The same in `PLACE/data`, where a demo city may have been made before.
    pub fn start_on(place: tempfile::TempDir, settings: &[(&str, &str)]) -> Self {
        let data = place.path().join("data");
        crate::born::into(&data);
        let mut process = Command::new(YAKUBA)
            .args(["demo", "--port", "0", "--data"])
            .arg(&data)
            .env("YAKUBA_LOG", "debug")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("ready "));
        let address = ready.as_deref().and_then(|line| line.strip_prefix("ready http://")).map(ToOwned::to_owned);
        let address = address.expect("the demo did not start");
        // Whatever it still says is read away, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { data, address, process, log: Some(log), _place: place }
    }

    /// `yakuba issue residence-certificate` for `resident`.
    pub fn issue(&self, resident: &str, out: &Path) -> Output {
        Command::new(YAKUBA)
            .args(["issue", "residence-certificate", "--household", "--relationship", "--resident", resident, "--data"])
            .arg(&self.data)
            .arg("--out")
            .arg(out)
            .env("YAKUBA_LOG", "debug")
            .output()
            .unwrap()
    }

    /// `yakuba issue KIND` for `resident`, of a paper about them alone.
    pub fn issue_kind(&self, kind: &str, resident: &str, out: &Path) -> Output {
        let command = ["issue", kind, "--resident", resident, "--data"];
        Command::new(YAKUBA).args(command).arg(&self.data).arg("--out").arg(out).output().unwrap()
    }

    /// The sample resident of this kind.
    pub fn sample(&self, kind: &str) -> String {
        let samples: toml::Table = self.file("samples.toml").parse().unwrap();
        let sample = samples["sample"].as_array().unwrap().iter().find(|s| s["kind"].as_str() == Some(kind));
        sample.unwrap()["resident_id"].as_str().unwrap().to_owned()
    }

    /// A file of the import set the city was made from.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.data.join("files").join(name)).unwrap()
    }

    /// Kills it as a power cut would, and starts it again on the same data.
    pub fn killed_and_started_again(mut self, settings: &[(&str, &str)]) -> Self {
        self.stop();
        let place = std::mem::replace(&mut self._place, tempfile::tempdir().unwrap());
        drop(self);
        Self::start_on(place, settings)
    }

    /// Stops it and answers with everything it wrote to its log.
    pub fn stop(&mut self) -> String {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
