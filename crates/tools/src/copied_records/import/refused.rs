//! The list of refused lines for the person who mends them: line, field, reason. Never a value.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use wire::record_lines::Fault;

use super::{ImportError, unreadable};
use crate::copied_records::journal::{MOST_REFUSED, RefusedLine};

/// Writes the report file, when one is wanted. It is made with the first refused line.
pub(super) struct Refused {
    path: Option<PathBuf>,
    output: Option<BufWriter<File>>,
    /// For the console's list, as many as it keeps.
    kept: Vec<RefusedLine>,
}

impl Refused {
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, ImportError> {
        if let Some(path) = path.as_ref().filter(|path| path.exists()) {
            // What an earlier import refused is mended, or refused again.
            std::fs::remove_file(path).map_err(|error| unreadable(path, &error))?;
        }
        Ok(Self { path, output: None, kept: Vec::new() })
    }

    pub(super) fn add(&mut self, fault: &Fault) -> Result<(), ImportError> {
        if self.kept.len() < MOST_REFUSED {
            self.kept.push(RefusedLine {
                line: fault.line,
                field: fault.field.clone(),
                code: fault.reason.code(),
                reason: fault.reason.to_string(),
                japanese: fault.reason.japanese(),
            });
        }
        let Some(path) = &self.path else { return Ok(()) };
        let failed = |error: std::io::Error| unreadable(path, &error);
        let output = match &mut self.output {
            Some(output) => output,
            none => {
                let mut output = BufWriter::new(File::create(path).map_err(failed)?);
                // A byte order mark, so that Excel shows Japanese.
                output.write_all("\u{FEFF}line,field,code,理由,reason\r\n".as_bytes()).map_err(failed)?;
                none.insert(output)
            }
        };
        let (reason, japanese) = (fault.reason.to_string(), fault.reason.japanese());
        // A field's path and our own sentences hold no quotes.
        write!(output, "{},\"{}\",{},\"{japanese}\",\"{reason}\"\r\n", fault.line, fault.field, fault.reason.code())
            .map_err(failed)
    }

    /// What was refused.
    pub(super) fn kept(&self) -> &[RefusedLine] {
        &self.kept
    }

    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        match (&self.path, &mut self.output) {
            (Some(path), Some(output)) => output.flush().map_err(|error| unreadable(path, &error)),
            _ => Ok(()),
        }
    }
}
