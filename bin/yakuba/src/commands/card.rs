//! `yakuba card virtual`: lends a resident's virtual card to a reader daemon (demo data only).

use std::path::Path;
use std::process::ExitCode;

use base::{Kind, Seams};
use card::virtual_card::{Behaviour, VirtualCard, VirtualCardContents};
use card::vpcd::VpcdLink;
use tools::ResidentId;

use crate::CardCommand;
use crate::cards::variant::{self, CardState};
use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};
use crate::keys::SimulatedAuthorities;

/// Carries a `card` command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(command: &CardCommand) -> Outcome {
    let CardCommand::Virtual { resident, data, vpcd, state } = command;
    lend(resident, data, vpcd, *state)
}

fn lend(resident: &str, data: &Path, vpcd: &str, state: CardState) -> Outcome {
    let done = control::run(data, Request::VirtualCard { resident: resident.to_owned(), state }, &mut |_| {})?;
    let bytes = done.file.unwrap_or_default();
    let contents = VirtualCardContents::from_bytes(&bytes)
        .map_err(Failure::while_doing(Kind::Internal, "the virtual card is broken"))?;
    let mut card = VirtualCard::new(contents, Behaviour::default(), Seams::system().random.clone())
        .map_err(Failure::while_doing(Kind::Internal, "the virtual card cannot be made"))?;
    let link = VpcdLink::connect(vpcd).map_err(Failure::while_doing(Kind::Unavailable, "the reader daemon"))?;
    for line in &done.lines {
        println!("{line}");
    }
    eprintln!("the card is in the reader at {vpcd}; stop with Ctrl+C");
    link.serve(&mut card).map_err(Failure::while_doing(Kind::Unavailable, "the reader daemon"))?;
    Ok(ExitCode::SUCCESS)
}

/// The card's contents and its PIN, in the process that owns the city.
///
/// # Errors
/// Not a demo city; no such resident.
pub fn contents(city: &OpenCity, resident: &str, state: CardState) -> Result<Done, Failure> {
    let resident = ResidentId::parse(resident).map_err(Failure::while_doing(Kind::Invalid, "the resident"))?;
    let authorities = SimulatedAuthorities::open(city.directory(), &city.inside().seams)?;
    let contents = variant::card(city.inside(), &authorities, &resident, state)?;
    let pin = String::from_utf8_lossy(&contents.user_authentication_pin.value).into_owned();
    Ok(Done { lines: vec![format!("PIN {pin}")], exit_code: 0, file: Some(contents.to_bytes().to_vec()) })
}
