//! Which messages each zone takes: the one table where the relay and those who send by it meet.
//!
//! ```text
//!   tools that send ──► relay::send        messages::to_outside / to_inside ──► relay::Router ──► Endpoint
//!   services add their own kinds with Router::on where the program is put together
//! ```

use crate::audit::Zone;
use crate::family_register::registration::remote;
use crate::mailbox::{arrivals as letters, consents};
use crate::relay::{Router, audit_heads, paper_status};
use crate::{city_events, data_apps, dispatch, effect_report, portal, staff_id_list, twins, withdrawal_list};

/// What the portals' zone takes from the register's zone.
pub fn to_outside() -> Router {
    Router::default()
        .on(paper_status::KIND, |tx, _, message| paper_status::receive(tx, message))
        .on(twins::offers::KIND, twins::offers::receive)
        .on(remote::STANDING, |tx, _, message| remote::receive_standing(tx, message))
        .on(data_apps::registry::DECIDED, data_apps::registry::receive_decided)
        .on(effect_report::KIND, |tx, _, message| effect_report::receive(tx, message))
        .on(withdrawal_list::KIND, |tx, _, message| withdrawal_list::receive(tx, message))
        .on(staff_id_list::KIND, |tx, _, message| staff_id_list::receive(tx, message))
        .on(portal::post::KIND, |tx, _, message| portal::post::receive(tx, message))
        .on(letters::LETTER, letters::receive_letter)
        .on(letters::ATTACHMENT, |tx, _, message| letters::receive_attachment(tx, message))
        .on(letters::OWN_ATTACHMENT, |tx, _, message| letters::receive_own_attachment(tx, message))
        .on(letters::PLACE, letters::receive_place)
        .on(letters::PERSONAL, |tx, _, message| letters::receive_personal(tx, message))
        .on(letters::RECALL, letters::receive_recall)
        .on(city_events::BATCH, |tx, _, message| city_events::receive(tx, message))
        .on(portal::tickets::OVER, portal::tickets::receive_over)
        .on(audit_heads::KIND, |tx, seams, message| audit_heads::receive(tx, seams, Zone::Inside, message))
}

/// What the register's zone takes from the portals' zone.
pub fn to_inside() -> Router {
    Router::default()
        .on(data_apps::registry::APPLIED, |tx, _, message| data_apps::review::receive_applied(tx, message))
        .on(data_apps::registry::CHANGED, |tx, _, message| data_apps::review::receive_changed(tx, message))
        .on(remote::APPLICATION, |tx, _, message| remote::receive_application(tx, message))
        .on(portal::post::KIND, |tx, _, message| portal::post::receive(tx, message))
        .on(consents::KIND, |tx, _, message| consents::receive(tx, message))
        .on(dispatch::evidence::KIND, |tx, _, message| dispatch::evidence::receive(tx, message))
        .on(letters::UNOPENED, dispatch::paper::receive_unopened)
        .on(audit_heads::KIND, |tx, seams, message| audit_heads::receive(tx, seams, Zone::Outside, message))
}
