//! Rows of the staff record and of IDs, in the database of cards. Every function takes a transaction on it.

mod ids;
mod ledger;
mod members;
mod settings;
mod things;

use base::Id;

pub use ids::{StaffId, add, get, of_member, of_sticker, printed, set, standing};
pub use ledger::{Line, ledger, note};
pub use members::{Kept, leaves, link, member, members, of_account, of_id, put};
pub use settings::{put_setting, setting};
pub use things::{Things, bound, is_tag_anothers, of_card, own_key, put_card, put_own_key, put_tag, things};

/// Under which name an ID's own key is kept: what it holds goes with it.
fn id_key(id: Id) -> String {
    format!("staff-id:{id}")
}
