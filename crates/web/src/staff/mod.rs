//! The staff console (職員用画面): a counter PC, all day, by keyboard. What stopped, what waits for me, and residents
//! one at a time with the work (事務) told first.
//!
//! | module | pages |
//! |---|---|
//! | [`sign_in`] | sign-in, the first administrator, joining by invitation, one's own passkeys |
//! | [`home`], [`counts`] | my queue, what stopped, today's certificates by kind and place |
//! | [`cards`] | cards that departments define: written, brought into force by two, files, labels |
//! | [`cash`] | each machine's money of a day: closed, corrected by two; money left open |
//! | [`statistics`] | what came out when and where, time given back, 利用率 and the promises |
//! | [`city_application`] | the city's own application: key ceremony, keys, cards and what was done to each |
//! | [`counter`] | a credential for the command line at the counter |
//! | [`desk`] | the work for which residents are looked at |
//! | [`register`] | search, a resident's page, their household |
//! | [`credentials`] | a resident's cards and tags: stopping one, letting one go on |
//! | [`handing_out`] | tags, transit cards and printed codes for a resident |
//! | [`linking`] | linking a resident's card at the counter's reader |
//! | [`looked`] | who looked at a resident, as an officer sees it |
//! | [`renewal`] | a renewed card in the place of an old one: compared, confirmed by an officer |
//! | [`registrations`] | people who live elsewhere and have their family register here: checked by an officer |
//! | [`papers`], [`paper`] | issued papers: finding one, whose it is, withdrawing it |
//! | [`portal`] | an account of the citizen portal: stopping it for somebody who lost their phone |
//! | [`incidents`] | what is wrong; clearing it, letting a service run again |
//! | [`service`] | stopping a service at once; what it takes to let it run again |
//! | [`hospital`] | the hospital's card: waiting links, the queue, merges, messages that were not taken |
//! | [`hours`] | when certificates are given and what they cost |
//! | [`issuing`] | a certificate at the counter, for the person whose entry is opened |
//! | [`keys`] | the seal and the keys in use, and what comes next |
//! | [`letters`] | letters to many: written, released by two, stopped, taken back, on paper |
//! | [`notices`] | notices to those whom they concern: written, counted, released by two, watched |
//! | [`terminals`] | machines: enrolling one, stopping a lost one |
//! | [`imports`], [`copy_imports`] | resident files and files of the copied registers: what came, which rows were refused |
//! | [`staff_ids`] | the staff record and IDs: issued, labelled, stopped; sign-in by card; doors |
//! | [`accounts`] | staff and roles, invitations |
//! | [`apps`] | private apps: admitted, stopped, ended |
//! | [`approvals`] | what waits for a second person |
//! | [`audit_page`] | heads of the audit chain |

mod accounts;
pub mod applications;
mod approvals;
mod apps;
mod audit_page;
mod cards;
mod cash;
mod city_application;
mod copy_imports;
mod counter;
mod counts;
mod credentials;
mod desk;
mod events;
mod handing_out;
mod home;
mod hospital;
mod hours;
mod imports;
mod incidents;
mod issuing;
mod keys;
mod letters;
pub mod library;
mod linking;
mod looked;
mod notices;
mod objections;
mod paper;
mod papers;
mod portal;
mod register;
mod registrations;
mod renewal;
mod representatives;
mod service;
pub(crate) mod shell;
mod sign_in;
pub(crate) mod staff_ids;
mod statistics;
mod terminals;
pub(crate) mod words;

pub(crate) use sign_in::wanted as sign_in_wanted;

pub use keys::{InUse, KeyMaker, MadeKey};
pub use staff_ids::{Sample, end_sessions};

use crate::routes::Routes;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(cards::routes())
        .merge(cash::routes())
        .merge(city_application::routes())
        .merge(counter::routes())
        .merge(statistics::routes())
        .merge(counts::routes())
        .merge(desk::routes())
        .merge(register::routes())
        .merge(credentials::routes())
        .merge(handing_out::routes())
        .merge(hospital::routes())
        .merge(hours::routes())
        .merge(issuing::routes())
        .merge(keys::routes())
        .merge(letters::routes())
        .merge(library::routes())
        .merge(linking::routes())
        .merge(notices::routes())
        .merge(renewal::routes())
        .merge(registrations::routes())
        .merge(looked::routes())
        .merge(objections::routes())
        .merge(representatives::routes())
        .merge(papers::routes())
        .merge(paper::routes())
        .merge(portal::routes())
        .merge(incidents::routes())
        .merge(service::routes())
        .merge(terminals::routes())
        .merge(copy_imports::routes())
        .merge(imports::routes())
        .merge(accounts::routes())
        .merge(approvals::routes())
        .merge(applications::routes())
        .merge(apps::routes())
        .merge(events::routes())
        .merge(staff_ids::routes())
        .merge(audit_page::routes())
}
