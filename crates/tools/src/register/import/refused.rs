//! The list of refused rows for the person who mends them: file, line, field, reason. Never a value.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use store::{Store, Value};
use wire::resident_csv::Fault;

use super::ImportError;
use super::set::unreadable;

/// Writes the report file, when one is wanted.
pub(super) struct Refused(Option<(PathBuf, BufWriter<File>)>);

impl Refused {
    pub(super) fn open(path: Option<&Path>) -> Result<Self, ImportError> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = File::create(path).map_err(|error| unreadable(path, &error))?;
        let mut output = BufWriter::new(file);
        // A byte order mark, so that Excel shows Japanese.
        output
            .write_all("\u{FEFF}file,line,field,code,理由,reason\r\n".as_bytes())
            .map_err(|error| unreadable(path, &error))?;
        Ok(Self(Some((path.to_path_buf(), output))))
    }

    pub(super) fn add(&mut self, fault: &Fault) -> Result<(), ImportError> {
        let Some((path, output)) = &mut self.0 else { return Ok(()) };
        let cells = [
            fault.file.to_owned(),
            fault.line.to_string(),
            fault.field.clone(),
            fault.reason.code().to_owned(),
            fault.reason.japanese(),
            fault.reason.to_string(),
        ];
        let row: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        write!(output, "{}\r\n", row.join(",")).map_err(|error| unreadable(path, &error))
    }

    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        match &mut self.0 {
            Some((path, output)) => output.flush().map_err(|error| unreadable(path, &error)),
            None => Ok(()),
        }
    }
}

/// Quoted, and harmless to a spreadsheet: a header of an unknown column may begin like a formula.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

/// Refused rows of daily differences on their way into the table, a hundred a write. A load keeps its own with its
/// batches instead.
pub(super) struct Kept {
    run: String,
    pending: Vec<Fault>,
}

impl Kept {
    const STEP: usize = 100;

    /// For the import of this id.
    pub(super) const fn of(run: String) -> Self {
        Self { run, pending: Vec::new() }
    }

    pub(super) fn run(&self) -> &str {
        &self.run
    }

    pub(super) fn add(&mut self, store: &Store, fault: Fault) -> Result<(), ImportError> {
        self.pending.push(fault);
        if self.pending.len() >= Self::STEP { self.flush(store) } else { Ok(()) }
    }

    pub(super) fn flush(&mut self, store: &Store) -> Result<(), ImportError> {
        let rows: Vec<Vec<Value>> = self.pending.drain(..).map(|fault| values(&self.run, &fault)).collect();
        if rows.is_empty() {
            return Ok(());
        }
        store.write(move |tx| rows.iter().try_for_each(|row| tx.queue(INSERT, row)).map_err(ImportError::Store))
    }
}

pub(super) const INSERT: &str = "INSERT INTO import_refused (run, file, line, field, code, reason, japanese) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run, file, line, field) DO NOTHING";

/// The parameters of [`INSERT`].
pub(super) fn values(run: &str, fault: &Fault) -> Vec<Value> {
    vec![
        run.into(),
        fault.file.into(),
        i64::try_from(fault.line).unwrap_or(i64::MAX).into(),
        fault.field.as_str().into(),
        fault.reason.code().into(),
        fault.reason.to_string().into(),
        fault.reason.japanese().into(),
    ]
}
