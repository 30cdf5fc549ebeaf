//! Files of `assets/`, inside the binary, under names that hold a hash of their content.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::Kind;

use crate::error::Failure;
use crate::routes::{Routes, Rule};

/// One file.
pub struct Asset {
    /// File name, e.g. `yakuba.css`.
    pub name: &'static str,
    /// Where it is served, e.g. `/assets/yakuba.0123456789abcdef.css`.
    pub path: &'static str,
    /// Content type.
    pub mime: &'static str,
    /// Content.
    pub bytes: &'static [u8],
}

/// All of them.
pub const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of the file `name`; an unknown name gives an address that does not exist (a test looks for those).
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/missing", |asset| asset.path)
}

/// The route that serves them.
pub fn routes() -> Routes {
    Routes::new().get("/assets/{file}", Rule::Public, serve)
}

async fn serve(Path(file): Path<String>) -> Result<Response, Failure> {
    let asset = ASSETS
        .iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&*file))
        .ok_or_else(|| Failure::of(Kind::NotFound))?;
    let headers = [(header::CONTENT_TYPE, asset.mime), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.bytes).into_response())
}
