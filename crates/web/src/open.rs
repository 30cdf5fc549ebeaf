//! Open pages: verify a paper, keys. (Being built.)

use crate::routes::Routes;

/// Their routes.
pub fn routes() -> Routes {
    Routes::new()
}
