//! Everything in one file: each letter as plain text and JSON, attachments beside it.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use store::StoreError;
use tools::Outside;
use tools::mailbox::{Personal, View, attachments, items};
use tools::portal::AccountId;
use zip::write::SimpleFileOptions;

use super::one::file;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::InPortal;

/// Letters of one file at most.
const MOST: usize = 2_000;
/// Bytes of one file, about.
const MOST_BYTES: u64 = 100 << 20;

/// `GET /portal/letters/all.zip`. Unread letters are named, not opened: opening one is on record.
pub async fn everything(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.subject());
    let bytes = blocking(move || packed(&outside, account)).await?;
    Ok(file("application/zip", "letters.zip", bytes))
}

fn packed(outside: &Outside, account: AccountId) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::defect("zip", error);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let (mut index, mut size, mut is_whole) = (Vec::new(), 0_u64, true);
    'all: for view in [View::Box, View::Archive] {
        let mut before = None;
        loop {
            let lines = outside.store.read::<_, StoreError, _>(|tx| items::newest(tx, account, view, before))?;
            let is_last = (lines.len() as i64) < items::PAGE;
            before = lines.last().map(|line| line.letter);
            for line in lines {
                if index.len() >= MOST || size >= MOST_BYTES {
                    is_whole = false;
                    break 'all;
                }
                let id = line.letter;
                index.push(json!({
                    "letter": id.to_string(), "title": line.title, "from": line.sender_name,
                    "came": line.placed_at.to_string(), "opened": line.opened_at.map(|at| at.to_string()),
                }));
                let item = outside.store.read::<_, StoreError, _>(|tx| items::find(tx, account, id))?;
                let Some(item) = item.filter(|item| item.opened_at.is_some()) else { continue };
                let part = item
                    .personal
                    .as_deref()
                    .map(|sealed| Personal::open(&outside.vault, account, sealed))
                    .transpose()?;
                let content =
                    json!({ "letter": item.letter.body, "title": item.letter.title, "own": part }).to_string();
                let beside = outside.store.read::<_, StoreError, _>(|tx| {
                    let mut all = Vec::new();
                    for one in attachments::list(tx, id)? {
                        if let Some((kind, bytes)) = attachments::get(tx, id, one.number)? {
                            all.push((format!("{id}/attachment-{}.{}", one.number, kind.extension()), bytes));
                        }
                    }
                    Ok(all)
                })?;
                for (name, bytes) in std::iter::once((format!("{id}/letter.json"), content.into_bytes())).chain(beside)
                {
                    size += bytes.len() as u64;
                    zip.start_file(name, options).map_err(|error| failed(&error))?;
                    zip.write_all(&bytes).map_err(|error| failed(&error))?;
                }
            }
            if is_last {
                break;
            }
        }
    }
    let index = json!({ "whole": is_whole, "letters": index }).to_string();
    zip.start_file("index.json", options).map_err(|error| failed(&error))?;
    zip.write_all(index.as_bytes()).map_err(|error| failed(&error))?;
    Ok(zip.finish().map_err(|error| failed(&error))?.into_inner())
}
