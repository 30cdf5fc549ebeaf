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

/// CPU seconds of this process, user and system. Linux counts them in hundredths (`USER_HZ`).
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; the times are the 12th and 13th fields after it.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
