//! The table a benchmark leaves: ours, peer, ratio, goal, met.

use std::io::Write;

/// Why a benchmark could not be measured.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One measured line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was done.
    pub work: String,
    /// Our figure with its unit.
    pub ours: String,
    /// The peer's figure with its unit and who the peer is; `-` when there is none.
    pub peer: String,
    /// Ours to peer, when there is a peer.
    pub ratio: Option<f64>,
    /// The goal in words.
    pub goal: String,
    /// Whether it was met; none for context only.
    pub met: Option<bool>,
}

/// A Markdown table of the lines.
pub fn table(lines: &[Line]) -> String {
    let mut text = String::from("| work | ours | peer | ratio | goal | met |\n|---|---|---|---|---|---|\n");
    for line in lines {
        let ratio = line.ratio.map_or_else(|| "-".to_owned(), |r| format!("{r:.2}"));
        let met = match line.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        };
        text.push_str(&format!(
            "| {} | {} | {} | {ratio} | {} | {met} |\n",
            line.work, line.ours, line.peer, line.goal
        ));
    }
    text
}

/// Appends a dated section to `docs/benchmarks.md` beside the workspace.
///
/// # Errors
/// When the file cannot be written.
pub fn append(name: &str, goal: &str, table: &str) -> std::io::Result<()> {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::create_dir_all(&docs)?;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(docs.join("benchmarks.md"))?;
    let now = base::Seams::system().now();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    write!(file, "\n## {goal} {name}, {now} ({cores} cores, load {load} at the end)\n\n{table}")
}

/// CPU seconds this process has used.
pub fn cpu_seconds() -> f64 {
    cpu_of("self").unwrap_or(0.0)
}

/// CPU seconds of a process, its ended children included: fields 14 to 17 of `/proc/<pid>/stat`, in hundredths.
pub fn cpu_of(pid: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold blanks; the third field follows it.
    let after = stat.rsplit_once(')')?.1;
    let ticks: u64 = after.split_whitespace().skip(11).take(4).filter_map(|t| t.parse::<u64>().ok()).sum();
    Some(ticks as f64 / 100.0)
}
