//! Open pages: verify a paper, keys. (Being built.)

use crate::routes::Routes;

/// What papers are checked with. Public values only: nothing here could make a paper.
pub struct Papers {
    /// The keys of the codes, as a JWK set.
    pub code_keys: String,
    /// Whose document signatures are accepted.
    pub anchors: pki::TrustAnchors,
}

/// Their routes.
pub fn routes() -> Routes {
    Routes::new()
}
