//! The list of refused rows for the person who mends them: file, line, field, reason. Never a value.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use store::Value;
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

pub(super) const INSERT: &str = "INSERT INTO import_refused (run, file, line, field, code, reason) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run, file, line, field) DO NOTHING";

/// The parameters of [`INSERT`].
pub(super) fn values(run: &str, fault: &Fault) -> Vec<Value> {
    vec![
        run.into(),
        fault.file.into(),
        i64::try_from(fault.line).unwrap_or(i64::MAX).into(),
        fault.field.as_str().into(),
        fault.reason.code().into(),
        fault.reason.to_string().into(),
    ]
}
