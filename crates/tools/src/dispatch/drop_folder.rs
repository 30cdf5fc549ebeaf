//! Letters laid into a folder (ファイル連携): for departments whose systems write files.
//!
//! ```text
//!  drop/<sender>/<name>.json      the letter (a `Draft`); written last: its appearance begins the work
//!  drop/<sender>/<name>.csv       recipients, or <name>.jsonl
//!  drop/<sender>/<name>.attachments/*.pdf, *.json          for everybody; in a folder R-000001/ for that resident alone
//!   ─► <name>.done.json: how many were taken; <name>.faults.csv: line, reason        ─► wait for two persons
//! ```
//! The name is the idempotency key: a folder that is read twice sends once, an interrupted one goes on where it was.

use std::io;
use std::path::Path;

use store::StoreError;

use super::intake::{self, Recipient};
use super::{DispatchError, Draft, attachments};
use crate::Inside;
use crate::access::Actor;
use crate::mailbox::attachments::{AttachmentFault, MOST_BYTES};

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
    let key = name.clone();
    let dispatch =
        inside.store.write::<_, DispatchError, _>(move |tx| intake::open(tx, &seams, &sender, &key, &draft))?;
    let id = dispatch.id;
    if dispatch.state == super::State::Open {
        intake::append(inside, id, 1, &lines)?;
        let (seams, by) = (inside.seams.clone(), Actor::Sender { key: dispatch.sender });
        attached(inside, &by, id, path, &name)?;
        inside.store.write::<_, DispatchError, _>(move |tx| intake::hand_in(tx, &seams, &by, id))?;
    }
    let faults = inside.store.read::<_, StoreError, _>(|tx| intake::faults(tx, id, 10_000))?;
    Ok((id, faults))
}

/// Takes what lies in `<name>.attachments/`: files for everybody in order of their names, and in a folder named like a
/// resident's key what is for that resident alone.
fn attached(inside: &Inside, by: &Actor, id: base::Id, path: &Path, name: &str) -> Result<(), DispatchError> {
    let folder = path.with_file_name(format!("{name}.attachments"));
    if !folder.is_dir() {
        return Ok(());
    }
    for (file, is_folder) in sorted(&folder)? {
        let called = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !is_folder {
            take_file(inside, by, id, (None, &file, &called))?;
            continue;
        }
        for (own, _) in sorted(&file)?.into_iter().filter(|(_, is_folder)| !is_folder) {
            let name = own.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            take_file(inside, by, id, (Some(&called), &own, &name))?;
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<(std::path::PathBuf, bool)>, DispatchError> {
    let unreadable = |_| DispatchError::Letter("a folder of attachments cannot be read".to_owned());
    let mut all = Vec::new();
    for one in std::fs::read_dir(folder).map_err(unreadable)? {
        let one = one.map_err(unreadable)?;
        all.push((one.path(), one.file_type().map_err(unreadable)?.is_dir()));
    }
    all.sort();
    Ok(all)
}

fn take_file(
    inside: &Inside,
    by: &Actor,
    id: base::Id,
    (resident, file, name): (Option<&str>, &Path, &str),
) -> Result<(), DispatchError> {
    let refuse = |why: String| DispatchError::Letter(format!("the attachment {name}: {why}"));
    let size = std::fs::metadata(file).map_err(|_| refuse("it cannot be read".to_owned()))?.len();
    if size > MOST_BYTES as u64 {
        return Err(refuse(AttachmentFault::TooLarge.to_string()));
    }
    let bytes = std::fs::read(file).map_err(|_| refuse("it cannot be read".to_owned()))?;
    match attachments::add(inside, by, id, resident, (name, &bytes)) {
        Ok(_) => Ok(()),
        Err(DispatchError::Letter(why)) => Err(refuse(why)),
        Err(error) => Err(error),
    }
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
