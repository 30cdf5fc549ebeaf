//! The staff console (職員用画面): a counter PC, all day, by keyboard.

use crate::routes::Routes;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
}
