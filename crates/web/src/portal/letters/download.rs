//! Everything in one file: each letter as JSON, attachments beside it. A file is bounded, and so are the files made at once; the
//! next begins where one ended.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use base::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;
use tokio::sync::Semaphore;
use tools::Outside;
use tools::mailbox::{Item, LetterId, Personal, View, attachments, items};
use tools::portal::AccountId;
use zip::write::SimpleFileOptions;

use super::one::file;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::InPortal;

/// Letters of one file at most.
const MOST: usize = 500;
/// Bytes of one file, about: it is made in memory, since what is personal is not laid down unsealed.
const MOST_BYTES: u64 = 16 << 20;
/// Files made at once.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Where a file begins.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct From {
    /// After this letter, on the way to older ones.
    before: String,
    /// `archive`: what was put away.
    view: String,
}

/// `GET /portal/letters/all.zip`. Unread letters are named, not opened: opening one is on record. `index.json` says whether
/// that was all, and where the next file begins.
pub async fn everything(
    State(app): State<Arc<App>>,
    me: InPortal,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let Ok(_permit) = AT_ONCE.try_acquire() else {
        return Err(Failure::saying(Kind::TooMany, "portal-letter-download-busy").after_seconds(5));
    };
    let (outside, account) = (app.outside()?.clone(), me.subject());
    let bytes = blocking(move || Packing::begin(&outside, account).packed(&from)).await?;
    Ok(file("application/zip", "letters.zip", bytes))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::defect("zip", error)
}

struct Packing<'a> {
    outside: &'a Outside,
    account: AccountId,
    zip: zip::ZipWriter<Cursor<Vec<u8>>>,
    index: Vec<Value>,
    size: u64,
}

impl<'a> Packing<'a> {
    fn begin(outside: &'a Outside, account: AccountId) -> Self {
        Self { outside, account, zip: zip::ZipWriter::new(Cursor::new(Vec::new())), index: Vec::new(), size: 0 }
    }

    fn packed(mut self, from: &From) -> Result<Vec<u8>, Failure> {
        let views: &[View] = if from.view == "archive" { &[View::Archive] } else { &[View::Box, View::Archive] };
        let (mut before, mut next) = (LetterId::parse(&from.before), None);
        for view in views {
            next = self.view(*view, before.take())?;
            if next.is_some() {
                break;
            }
        }
        let index = json!({ "whole": next.is_none() && from.before.is_empty(), "next": next, "letters": self.index });
        self.write("index.json", index.to_string().as_bytes())?;
        Ok(self.zip.finish().map_err(|error| failed(&error))?.into_inner())
    }

    /// Packs a view as far as there is room; returns the address at which the next file begins.
    fn view(&mut self, view: View, mut before: Option<LetterId>) -> Result<Option<String>, Failure> {
        let account = self.account;
        loop {
            let lines = self.outside.store.read::<_, StoreError, _>(|tx| items::newest(tx, account, view, before))?;
            let is_last = (lines.len() as i64) < items::PAGE;
            for line in lines {
                if self.index.len() >= MOST || self.size >= MOST_BYTES {
                    let word = if view == View::Archive { "archive" } else { "box" };
                    let after = before.map(|id| id.to_string()).unwrap_or_default();
                    return Ok(Some(format!("/portal/letters/all.zip?view={word}&before={after}")));
                }
                self.index.push(json!({
                    "letter": line.letter.to_string(), "title": line.title, "from": line.sender_name,
                    "came": line.placed_at.to_string(), "opened": line.opened_at.map(|at| at.to_string()),
                }));
                before = Some(line.letter);
                let item = self.outside.store.read::<_, StoreError, _>(|tx| items::find(tx, account, line.letter))?;
                if let Some(item) = item.filter(|item| item.opened_at.is_some()) {
                    self.letter(&item)?;
                }
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    fn letter(&mut self, item: &Item) -> Result<(), Failure> {
        let (outside, account, letter) = (self.outside, self.account, &item.letter);
        let part =
            item.personal.as_deref().map(|sealed| Personal::open(&outside.vault, account, sealed)).transpose()?;
        let content = json!({ "letter": letter.body, "title": letter.title, "own": part }).to_string();
        self.write(&format!("{}/letter.json", letter.id), content.as_bytes())?;
        for one in outside.store.read::<_, StoreError, _>(|tx| attachments::list(tx, letter, account))? {
            if let Some((kind, bytes)) = attachments::get(outside, letter, account, one.number)? {
                let name = format!("{}/attachment-{}.{}", letter.id, one.number, kind.extension());
                self.write(&name, &bytes)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        self.size += bytes.len() as u64;
        self.zip.start_file(name, options).map_err(|error| failed(&error))?;
        self.zip.write_all(bytes).map_err(|error| failed(&error))
    }
}
