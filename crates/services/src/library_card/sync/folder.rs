//! A folder that others write into, too. It is opened once, and what is done in it is done by that opening: whatever lies under a
//! name by now, no link is followed, and nothing goes where a folder's place was taken by another.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, Mode, OFlags, RenameFlags, linkat, mkdirat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::MOST_BYTES;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A pipe that nobody writes into holds nothing up.
const ITSELF: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// An open folder.
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// The folder that the settings name; they may name it by a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, DIRECTORY, Mode::empty())?))
    }

    /// The folder of this name in it, made where it is missing. A link of that name is none.
    pub(super) fn own(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.there(name)
    }

    /// The folder of this name in it.
    pub(super) fn there(&self, name: &str) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// Names of what lies in it.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let all = Dir::read_from(&self.0)?.map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()));
        let all: io::Result<Vec<OsString>> = all.collect();
        Ok(all?.into_iter().filter(|name| name != "." && name != "..").collect())
    }

    /// What stands in a file, as far as it may be read: one byte more than may be taken says that it is too large. Whether it
    /// is a file is asked of what was opened.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] also for a link and for anything else that is no file.
    pub(super) fn contents(&self, name: &OsStr) -> io::Result<Vec<u8>> {
        let opened = match openat(&self.0, name, OFlags::RDONLY | ITSELF, Mode::empty()) {
            Ok(opened) => opened,
            // A link; a socket.
            Err(Errno::LOOP | Errno::MLINK | Errno::NXIO) => return Err(io::ErrorKind::NotFound.into()),
            Err(error) => return Err(error.into()),
        };
        let file = File::from(opened);
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut bytes = Vec::new();
        file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes a file whole, and onto the disk. A link that lies there under either name is taken away or replaced.
    pub(super) fn lay(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        let mut beside = name.to_owned();
        beside.push(".new");
        self.remove(&beside)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | ITSELF;
        let mut file = File::from(openat(&self.0, &beside, flags, Mode::from_raw_mode(0o666))?);
        file.write_all(bytes)?;
        file.sync_all()?;
        self.rename(&beside, self, name)
    }

    /// Gives what lies under `name` another name, here or in another folder.
    pub(super) fn rename(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.0, name, &to.0, new)?)
    }

    /// The same, where nothing lies under the new name: what does stays.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`].
    pub(super) fn rename_new(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        match renameat_with(&self.0, name, &to.0, new, RenameFlags::NOREPLACE) {
            // A file system of another machine may not know how; a second name it gives only where there is none.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                linkat(&self.0, name, &to.0, new, AtFlags::empty())?;
                self.remove(name)
            }
            done => Ok(done?),
        }
    }

    /// Takes a name away, if it is there.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Onto the disk. Not every file system of another machine can; the names are there all the same.
    pub(super) fn sync(&self) {
        let _ = rustix::fs::fsync(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_a_pipe_and_a_folder_are_no_files() {
        let scene = tempfile::tempdir().unwrap();
        let at = |name: &str| scene.path().join(name);
        std::fs::write(at("own.txt"), "ours").unwrap();
        symlink(at("own.txt"), at("link.csv")).unwrap();
        std::fs::create_dir(at("folder.csv")).unwrap();
        mkfifo(&at("pipe.csv"));
        let folder = Folder::open(scene.path()).unwrap();
        for name in ["link.csv", "folder.csv", "pipe.csv", "nothing.csv"] {
            let refused = folder.contents(OsStr::new(name)).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::NotFound, "{name}");
        }
        assert_eq!(folder.contents(OsStr::new("own.txt")).unwrap(), b"ours");
    }

    #[test]
    fn what_is_given_a_new_name_replaces_nothing() {
        let scene = tempfile::tempdir().unwrap();
        let at = |name: &str| scene.path().join(name);
        std::fs::write(at("a.csv"), "older").unwrap();
        std::fs::write(at("b.csv"), "newer").unwrap();
        let folder = Folder::open(scene.path()).unwrap();
        let (a, b, c) = (OsStr::new("a.csv"), OsStr::new("b.csv"), OsStr::new("c.csv"));
        assert_eq!(folder.rename_new(a, &folder, b).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        folder.rename_new(a, &folder, c).unwrap();
        assert_eq!(
            (std::fs::read(at("b.csv")).unwrap(), std::fs::read(at("c.csv")).unwrap()),
            (b"newer".into(), b"older".into())
        );
    }

    fn mkfifo(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn a_link_swapped_in_between_looking_and_doing_leads_nowhere() {
        let scene = tempfile::tempdir().unwrap();
        let at = |name: &str| scene.path().join(name);
        for name in ["take", "outside"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("take/a.csv"), "theirs").unwrap();
        std::fs::write(at("outside/a.csv"), "ours").unwrap();
        let folder = Folder::open(&at("take")).unwrap();
        let taken = folder.own("taken").unwrap();
        // Listed, then swapped: what is read is not what the link leads to.
        assert!(folder.names().unwrap().contains(&OsString::from("a.csv")));
        std::fs::rename(at("take/a.csv"), at("take/b.csv")).unwrap();
        symlink(at("outside/a.csv"), at("take/a.csv")).unwrap();
        assert_eq!(folder.contents(OsStr::new("a.csv")).unwrap_err().kind(), io::ErrorKind::NotFound);
        // The folder of taken files, and the shared folder itself, give way to links: files go where they were to go.
        std::fs::rename(at("take/taken"), at("take/taken-before")).unwrap();
        symlink(at("outside"), at("take/taken")).unwrap();
        std::fs::rename(at("take"), at("take-before")).unwrap();
        symlink(at("outside"), at("take")).unwrap();
        folder.rename(OsStr::new("b.csv"), &taken, OsStr::new("1-b.csv")).unwrap();
        taken.lay(OsStr::new("1-b.csv.reason.txt"), b"why").unwrap();
        assert_eq!(std::fs::read(at("take-before/taken-before/1-b.csv")).unwrap(), b"theirs");
        assert!(folder.own("taken").is_err(), "a link is no folder of ours");
        assert_eq!(std::fs::read_dir(at("outside")).unwrap().count(), 1);
        assert_eq!(std::fs::read(at("outside/a.csv")).unwrap(), b"ours");
    }
}
