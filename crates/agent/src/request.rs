//! What a request says of itself, and how one that blocks is answered.

use axum::http::HeaderMap;
use ui::Language;

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a form was sent by a page of this very origin. Browsers say the origin of every form.
pub(crate) fn comes_from_our_page(headers: &HeaderMap) -> bool {
    let host = text(headers, "host").unwrap_or_default();
    let is_same = |origin: &str| origin.strip_prefix("http://") == Some(host);
    text(headers, "origin").is_some_and(is_same)
        && text(headers, "sec-fetch-site").is_none_or(|site| site == "same-origin")
}

/// Whether a page was opened as a page, not from inside another one.
pub(crate) fn is_opened_as_page(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-dest").is_none_or(|kind| kind == "document")
}

pub(crate) fn language(headers: &HeaderMap) -> Language {
    text(headers, "accept-language").map(Language::from_accept_language).unwrap_or_default()
}

/// Runs something that blocks; `None` when it panicked.
pub(crate) async fn blocking<T: Send + 'static>(action: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(action).await.inspect_err(|error| tracing::error!(%error, "a task failed")).ok()
}
