//! The virtual card of somebody who lives elsewhere: known to no register of residents here, linked to nobody, until its
//! holder registers for their family register (本籍地利用登録).

use base::{Date, Kind};
use card::virtual_card::{BasicAttributes, FictitiousNumber, VirtualCardContents};
use tools::{Inside, ResidentId};

use super::{
    BORN_EARLY_SECONDS, CERTIFICATE_SECONDS, SIGNING_PASSWORD, failed, issue_signing_of, issue_user_authentication,
    keep, pin, serial, stored,
};
use crate::birth::ElsewhereLine;
use crate::fail::Failure;
use crate::keys::SimulatedAuthorities;

/// Under which key the card at `place` of the drawer is kept.
///
/// # Errors
/// Never for a place that a drawer has.
pub fn key(place: u32) -> Result<ResidentId, Failure> {
    ResidentId::parse(&format!("X-ELSEWHERE-{place}")).map_err(failed("a card's key"))
}

/// Makes the card for the drawer if there is none.
///
/// # Errors
/// Not a demo city; a key that cannot be made.
pub fn find_or_make(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    line: &ElsewhereLine,
    place: u32,
) -> Result<VirtualCardContents, Failure> {
    let key = key(place)?;
    if let Some(contents) = stored(city, &key)? {
        return Ok(contents);
    }
    let contents = made(city, authorities, line)?;
    keep(city, &key, &contents, Some((place, &line.japanese)))?;
    Ok(contents)
}

/// A new card: new keys, new certificates. What a renewed card is, too.
///
/// # Errors
/// A key that cannot be made.
pub fn made(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    line: &ElsewhereLine,
) -> Result<VirtualCardContents, Failure> {
    let now = city.seams.now();
    let (from, until) = (now.plus_seconds(-BORN_EARLY_SECONDS), now.plus_seconds(CERTIFICATE_SECONDS));
    let birth_date =
        Date::parse(&line.birth_date).map_err(Failure::while_doing(Kind::Internal, "a sample's birth date"))?;
    let holder = BasicAttributes { name: line.name.clone(), address: line.address.clone(), birth_date, sex: b'2' };
    let user = issue_user_authentication(city, authorities, serial(city), from, until)?;
    let signing = issue_signing_of(city, authorities, &holder, serial(city), from, until)?;
    let number = FictitiousNumber::from_eleven(city.seams.random.bytes::<11>().map(|byte| byte % 10));
    let until = until.date_in_japan();
    let mut contents =
        VirtualCardContents::new(user, Some(signing), &pin(city), SIGNING_PASSWORD, holder, number, until);
    authorities.cards.personalise(&mut contents).map_err(failed("a virtual card cannot be made genuine"))?;
    Ok(contents)
}
