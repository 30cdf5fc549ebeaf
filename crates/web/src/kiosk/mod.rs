//! The ward-office machine. (Being built.)

use crate::routes::Routes;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
}
