//! Letters laid into a folder (ファイル連携): for departments whose systems write files.
//!
//! ```text
//!  drop/<sender>/<name>.json      the letter (a `Draft`); written last: its appearance begins the work
//!  drop/<sender>/<name>.csv       recipients, or <name>.jsonl
//!   ─► <name>.done.json: how many were taken; <name>.faults.csv: line, reason        ─► wait for two persons
//! ```
//! The name is the idempotency key: a folder that is read twice sends once, an interrupted one goes on where it was.

use std::io;
use std::path::Path;

use store::StoreError;

use super::intake::{self, Recipient};
use super::{DispatchError, Draft};
use crate::Inside;

/// Takes what is ready in `folder`; returns how many letters. A letter that cannot be taken leaves a `.refused.json` with
/// the reason.
///
/// # Errors
/// The folder cannot be read.
pub fn take(inside: &Inside, folder: &Path) -> io::Result<usize> {
    let mut taken = 0;
    for sender in std::fs::read_dir(folder)? {
        let sender = sender?;
        let Ok(key) = sender.file_name().into_string() else { continue };
        if !sender.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(sender.path())? {
            let path = file?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.contains('.')) else { continue };
            let beside = |end: &str| path.with_file_name(format!("{stem}{end}"));
            if beside(".done.json").exists() || beside(".refused.json").exists() {
                continue;
            }
            match one(inside, &key, stem, &path) {
                Ok((id, faults)) => {
                    let lines: String = faults.iter().map(|(line, why)| format!("{line},\"{why}\"\n")).collect();
                    if !faults.is_empty() {
                        std::fs::write(beside(".faults.csv"), format!("line,reason\n{lines}"))?;
                    }
                    let said = serde_json::json!({ "dispatch": id.to_string(), "faults": faults.len() });
                    std::fs::write(beside(".done.json"), said.to_string())?;
                    taken += 1;
                }
                Err(DispatchError::Store(_) | DispatchError::Vault(_)) => {
                    tracing::warn!("a letter in the folder waits: the database did not answer");
                }
                Err(error) => {
                    let said = serde_json::json!({ "reason": error.to_string() });
                    std::fs::write(beside(".refused.json"), said.to_string())?;
                }
            }
        }
    }
    Ok(taken)
}

fn one(
    inside: &Inside,
    sender: &str,
    name: &str,
    path: &Path,
) -> Result<(base::Id, Vec<intake::Fault>), DispatchError> {
    let refuse = |why: &str| DispatchError::Letter(why.to_owned());
    let text = std::fs::read_to_string(path).map_err(|_| refuse("the letter cannot be read"))?;
    let draft: Draft = serde_json::from_str(&text).map_err(|error| DispatchError::Letter(error.to_string()))?;
    let lines = recipients(path, name)?;
    let (sender, name, seams) = (sender.to_owned(), name.to_owned(), inside.seams.clone());
    let dispatch =
        inside.store.write::<_, DispatchError, _>(move |tx| intake::open(tx, &seams, &sender, &name, &draft))?;
    let id = dispatch.id;
    if dispatch.state == super::State::Open {
        intake::append(inside, id, 1, &lines)?;
        inside.store.write::<_, DispatchError, _>(move |tx| intake::complete(tx, id))?;
    }
    let faults = inside.store.read::<_, StoreError, _>(|tx| intake::faults(tx, id, 10_000))?;
    Ok((id, faults))
}

fn recipients(path: &Path, name: &str) -> Result<Vec<Result<Recipient, String>>, DispatchError> {
    let read = |end: &str| std::fs::read_to_string(path.with_file_name(format!("{name}{end}")));
    if let Ok(text) = read(".jsonl") {
        return Ok(intake::read_json_lines(&text));
    }
    match read(".csv") {
        Ok(text) => intake::read_csv(&text).map_err(DispatchError::Letter),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(_) => Err(DispatchError::Letter("the list of recipients is not UTF-8".to_owned())),
    }
}
