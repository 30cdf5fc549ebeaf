//! Parcels as files, where only files may pass between the zones (a one-way gateway, a USB stick).
//!
//! ```text
//! DIR/to-outside/0000000041-0000000057-0000000012.parcel     first, last number, "I have"
//! DIR/to-inside/…
//! ```
//! [`put`] writes what waits; some means outside Yakuba carries the folder; [`collect`] takes the files and removes
//! them. A file taken twice, lost, late or out of order does no harm.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Endpoint, RelayError, Taken, Zone};

fn folder(directory: &Path, to: Zone) -> PathBuf {
    directory.join(format!("to-{}", to.name()))
}

/// Writes what waits for the other zone, and how far we have come. Writing the same again writes nothing. Returns how
/// many messages are in the file.
///
/// # Errors
/// [`RelayError`].
pub fn put(endpoint: &Endpoint, directory: &Path) -> Result<usize, RelayError> {
    let parcel = endpoint.draft()?;
    let numbers = |message: Option<&super::Message>| message.map_or(0, |message| message.sequence);
    let name = format!(
        "{:010}-{:010}-{:010}{}",
        numbers(parcel.messages.first()),
        numbers(parcel.messages.last()),
        parcel.acknowledges,
        if parcel.forked { "f" } else { "" },
    );
    let folder = folder(directory, endpoint.zone().other());
    fs::create_dir_all(&folder)?;
    let (ready, writing) = (folder.join(format!("{name}.parcel")), folder.join(format!("{name}.writing")));
    if ready.exists() {
        return Ok(parcel.messages.len());
    }
    let mut file = fs::File::create(&writing)?;
    file.write_all(&endpoint.seal(&parcel))?;
    file.sync_all()?;
    // A reader sees the whole file or none.
    fs::rename(&writing, &ready)?;
    Ok(parcel.messages.len())
}

/// Takes every parcel that lies ready for this zone, in the order of their numbers, and removes it. A refused one is
/// set aside as `.refused`, after it was reported, and does not stop the others.
///
/// # Errors
/// [`RelayError::Folder`], [`RelayError::Store`]: the file stays and is taken next time.
pub fn collect(endpoint: &Endpoint, directory: &Path) -> Result<Taken, RelayError> {
    let folder = folder(directory, endpoint.zone());
    fs::create_dir_all(&folder)?;
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "parcel"));
    files.sort();
    let mut all = Taken::default();
    for path in files {
        match endpoint.take(&fs::read(&path)?) {
            Ok(taken) => {
                all.fresh += taken.fresh;
                all.known += taken.known;
                all.early += taken.early;
                all.stuck_at = all.stuck_at.or(taken.stuck_at);
                all.acknowledged |= taken.acknowledged;
                fs::remove_file(&path)?;
            }
            Err(RelayError::Parcel(_)) => fs::rename(&path, path.with_extension("refused"))?,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
