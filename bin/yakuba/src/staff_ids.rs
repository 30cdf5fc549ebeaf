//! Staff IDs in a running city: the job that tells the outside which live, ends those of people who left and erases old openings
//! of doors, and the samples of a demo.

use std::sync::Arc;

use base::Kind;
use pki::jpki_profile::{CertificateKind, judge};
use pki::test_authority::TestAuthority;
use services::convenience_certificates::Composer;
use services::staff_id::actions::Personnel;
use services::staff_id::{kept, records};
use tools::access::Actor;
use tools::credentials::kinds::certificate_bytes;
use tools::service_cards::CardError;
use tools::staff::{self, Role};
use tools::{Inside, ResidentId};
use web::staff::Sample;

use crate::cards;
use crate::fail::Failure;
use crate::keys::SimulatedAuthorities;

/// How often the job looks. What staff do is told at once; this is for what time does, and for what failed.
pub const EVERY_SECONDS: u64 = 10;

/// What a demo's personnel office would send: the first three have cards of the drawer.
const SAMPLES: &str = "職員番号,氏名,所属,職名,任命権者,採用日,退職日\n\
                       2001,見本　春子,市民課,主任,見本市長,2018-04-01,\n\
                       2002,葛󠄀城　夏男,税務課,主事,見本市長,2021-04-01,\n\
                       2003,髙橋　秋江,福祉課,係長,見本市長,2012-04-01,\n\
                       2004,試験　冬樹,総務課,課長補佐,見本市長,2009-04-01,\n\
                       2005,臨時　四季,図書館,会計年度任用職員,見本市教育委員会,2026-04-01,2027-03-31\n";

/// Ends and erases what is over, and tells the outside.
///
/// # Errors
/// In words, for the log.
pub fn look(city: &Inside, composer: &Arc<Composer>) -> Result<(), String> {
    let desk = Personnel { city: city.clone(), by: Actor::System { job: "staff-ids" } };
    for account in desk.end_those_who_left().map_err(|error| error.to_string())? {
        web::staff::end_sessions(city, account).map_err(|_| "sessions of somebody who left".to_owned())?;
    }
    desk.erase_openings().map_err(|error| error.to_string())?;
    desk.publish(&composer.keys().codes).map(|_| ()).map_err(|error| error.to_string())
}

/// Who of the samples has an account in the console, with their roles and the words of what to try. A real city gives the
/// first account to whoever holds the console's token; a demo has these besides, so that nobody needs a passkey to look around.
const CONSOLE: [(&str, &[Role], &str); 3] = [
    ("2001", &[Role::PersonnelOfficer], "staff-id-samples-personnel"),
    ("2002", &[Role::CertificateOfficer], "staff-id-samples-cards"),
    ("2003", &[Role::CertificateOfficer, Role::PersonnelOfficer], "staff-id-samples-second"),
];

/// Gives the samples their accounts.
fn accounts(city: &Inside, desk: &Personnel) -> Result<(), CardError> {
    for (number, roles, _) in CONSOLE {
        let found = desk.read(|tx, vault| kept::member(tx, vault, number))?;
        let Some(kept) = found.filter(|kept| kept.account.is_none()) else { continue };
        let (seams, by, member) = (city.seams.clone(), desk.by.clone(), kept.member);
        let account = city.store.write::<_, store::StoreError, _>(move |tx| {
            staff::add(tx, &seams, &by, member.name.reveal(), &member.department, roles)
        })?;
        desk.link(number, Some(account.id))?;
    }
    Ok(())
}

/// Whose cards of the drawer open a demo's console: the first cards are the samples', in their order.
///
/// # Errors
/// The databases.
pub fn console(city: &Inside) -> Result<Vec<Sample>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::new(Kind::Internal, format!("the sample staff: {error}"));
    let mut all = Vec::new();
    for (card, (number, _, key)) in CONSOLE.into_iter().enumerate() {
        let found =
            city.cards.read(|tx| kept::member(tx, &city.vault, number)).map_err(|error: CardError| wrong(&error))?;
        let Some(account) = found.and_then(|kept| kept.account) else { continue };
        let account = city.store.read::<_, store::StoreError, _>(|tx| staff::account(tx, account));
        if let Some(account) = account.map_err(|error| wrong(&error))?.filter(|account| account.is_active) {
            all.push(Sample { card, roles: account.roles, key });
        }
    }
    Ok(all)
}

/// Makes a few members of staff with IDs, three of them with cards of the drawer.
///
/// # Errors
/// The databases.
pub fn samples(city: &Inside, authorities: &SimulatedAuthorities, residents: &[ResidentId]) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::new(Kind::Internal, format!("the sample staff IDs: {error}"));
    let desk = Personnel { city: city.clone(), by: Actor::System { job: "demo" } };
    let (members, faults) = records::read(SAMPLES.as_bytes());
    if let Some(fault) = faults.first() {
        return Err(wrong(fault));
    }
    desk.import(&members).map_err(|error| wrong(&error))?;
    let anchors = TestAuthority::anchors(&[&authorities.user_authentication]).map_err(|error| wrong(&error))?;
    for (member, resident) in members.iter().zip(residents).take(3) {
        let id = match desk.issue(&member.number).map_err(|error| wrong(&error))? {
            Ok(id) => id,
            // A demo that was stopped while it was made goes on from here.
            Err(_) => continue,
        };
        let contents = cards::find_or_make(city, authorities, resident, None)?;
        let certificate = &contents.user_authentication.certificate;
        let judged = judge(certificate, CertificateKind::UserAuthentication, &anchors, city.seams.now());
        let judged = judged.map_err(|error| wrong(&error))?;
        desk.enrol_card(id, &certificate_bytes(judged.id()))
            .map_err(|error| wrong(&error))?
            .map_err(|no| wrong(&no))?;
    }
    accounts(city, &desk).map_err(|error| wrong(&error))?;
    // One label is out already, so that desk and public page have something to be tried with.
    let first = desk.read(|tx, _| kept::of_member(tx, &members[0].number)).map_err(|error| wrong(&error))?;
    if let Some(one) = first.first().filter(|one| one.printed_at.is_none() && one.has_card) {
        desk.printed(&[one.id]).map_err(|error| wrong(&error))?.map_err(|no| wrong(&no))?;
    }
    Ok(())
}
