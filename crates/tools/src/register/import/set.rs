//! The files of one directory.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context as Hash, SHA256};
use wire::resident_csv::{Encoding, FromCells, Mapping, Reader, Source, files};

use super::ImportError;

/// One file: where, and how long.
#[derive(Clone, Debug)]
pub(super) struct SetFile {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

/// What a directory holds.
pub(super) struct FileSet {
    pub(super) residents: Option<SetFile>,
    pub(super) households: Option<SetFile>,
    pub(super) protections: Option<SetFile>,
    pub(super) changes: Option<SetFile>,
    pub(super) source: Option<Source>,
    pub(super) mapping: Mapping,
    pub(super) total_bytes: u64,
}

/// An open file of the set.
pub(super) type SetReader<T> = Reader<BufReader<File>, T>;

impl FileSet {
    pub(super) fn open(dir: &Path) -> Result<Self, ImportError> {
        let text = |name: &str| -> Result<Option<String>, ImportError> {
            let path = dir.join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(&path, &error)),
            }
        };
        let source = text(files::SOURCE)?.map(|text| Source::parse(&text)).transpose()?;
        let mapping = text(files::MAPPING)?.map(|text| Mapping::parse(&text)).transpose()?.unwrap_or_default();
        let file = |name: &'static str| -> Result<Option<SetFile>, ImportError> {
            let path = dir.join(name);
            match std::fs::metadata(&path) {
                Ok(data) if data.is_file() => Ok(Some(SetFile { name, path, bytes: data.len() })),
                Ok(_) => Ok(None),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(&path, &error)),
            }
        };
        let mut set = Self {
            residents: file(files::RESIDENTS)?,
            households: file(files::HOUSEHOLDS)?,
            protections: file(files::PROTECTIONS)?,
            changes: file(files::CHANGES)?,
            source,
            mapping,
            total_bytes: 0,
        };
        if set.residents.is_none() && set.changes.is_none() && set.source.is_none() {
            return Err(ImportError::Nothing(dir.to_path_buf()));
        }
        let full: [&Option<SetFile>; 3] = [&set.residents, &set.households, &set.protections];
        let full = if set.residents.is_some() { full.as_slice() } else { &[] };
        // Households are read twice: once for their ids, once to be staged.
        let twice = if set.residents.is_some() { set.households.as_ref().map_or(0, |file| file.bytes) } else { 0 };
        set.total_bytes =
            full.iter().copied().chain([&set.changes]).flatten().map(|file| file.bytes).sum::<u64>() + twice;
        Ok(set)
    }

    /// A file of the set, its header read.
    pub(super) fn reader<T: FromCells>(&self, file: &SetFile) -> Result<SetReader<T>, ImportError> {
        let input = File::open(&file.path).map_err(|error| unreadable(&file.path, &error))?;
        let encoding = self.source.as_ref().map_or(Encoding::Auto, |source| source.encoding);
        let input = BufReader::with_capacity(1 << 18, input);
        Ok(Reader::open(input, file.name, encoding, &self.mapping.of(file.name))?)
    }

    /// SHA-256 over the files of a full load and their mapping, in hexadecimal: the same files are the same run.
    pub(super) fn fingerprint(&self) -> Result<String, ImportError> {
        let mut hash = Hash::new(&SHA256);
        let mut buffer = vec![0; 1 << 18];
        for file in [&self.residents, &self.households, &self.protections].into_iter().flatten() {
            hash.update(file.name.as_bytes());
            hash.update(&file.bytes.to_be_bytes());
            let mut input = File::open(&file.path).map_err(|error| unreadable(&file.path, &error))?;
            loop {
                let read = input.read(&mut buffer).map_err(|error| unreadable(&file.path, &error))?;
                if read == 0 {
                    break;
                }
                hash.update(buffer.get(..read).unwrap_or(&[]));
            }
        }
        hash.update(self.mapping.to_toml()?.as_bytes());
        if let Some(source) = &self.source {
            hash.update(source.name.as_bytes());
            hash.update(&source.position.to_be_bytes());
        }
        Ok(data_encoding::HEXLOWER.encode(hash.finish().as_ref()))
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::Unreadable { path: path.to_path_buf(), reason: error.kind().to_string() }
}
