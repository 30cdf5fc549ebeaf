//! `yakuba agent`: the program beside a card reader on a PC. It needs no city, only a server it is paired with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use agent::readers::{PcscReaders, Readers, virtual_reader};
use agent::{Agent, PairingError, Pairings};
use base::{Kind, Seams};

use crate::control::{self, Request};
use crate::fail::{Failure, Outcome};
use crate::{AgentArguments, AgentCommand};

impl From<PairingError> for Failure {
    fn from(error: PairingError) -> Self {
        let kind = match &error {
            PairingError::Address => Kind::Invalid,
            PairingError::Unreachable(_) | PairingError::File(_) | PairingError::Key(_) => Kind::Unavailable,
            PairingError::Refused | PairingError::NotBelieved(_) | PairingError::OtherPlace => Kind::Refused,
            PairingError::Damaged => Kind::Internal,
        };
        Self::new(kind, error)
    }
}

/// Carries an `agent` command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(arguments: &AgentArguments) -> Outcome {
    let pairings = Pairings::in_directory(&directory(arguments.data.as_deref())?);
    match &arguments.command {
        None => serve(arguments, pairings),
        Some(AgentCommand::Pair { server, code }) => pair(&pairings, server, code),
        Some(AgentCommand::Unpair { server }) => unpair(&pairings, server),
        Some(AgentCommand::List) => list(&pairings),
        Some(AgentCommand::ApplicationKeys { server }) => application_keys(&pairings, server),
    }
}

/// `--data`, the directory systemd gives, or the user's own place for such things.
fn directory(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    given
        .map(ToOwned::to_owned)
        .or_else(|| from("STATE_DIRECTORY"))
        .or_else(|| from("XDG_STATE_HOME").map(|place| place.join("yakuba-agent")))
        .or_else(|| from("HOME").map(|place| place.join(".local/state/yakuba-agent")))
        .or_else(|| from("LOCALAPPDATA").map(|place| place.join("yakuba-agent")))
        .ok_or_else(|| Failure::new(Kind::Invalid, "say with --data where the agent keeps its pairings"))
}

fn pair(pairings: &Pairings, server: &str, code: &str) -> Outcome {
    let pairing = pairings.pair(&Seams::system(), server, code)?;
    println!("paired with {} ({}); pages of {} may ask", pairing.name, pairing.audience, pairing.origins.join(", "));
    Ok(ExitCode::SUCCESS)
}

/// Takes this terminal's keys for the city's application, and says which there are.
fn application_keys(pairings: &Pairings, server: &str) -> Outcome {
    let seams = Seams::system();
    let taken = pairings.take_application_keys(&seams, server)?;
    for (set, version, ends_at) in taken {
        println!("set {set:02x} version {version}, until {}", ends_at.date_in_japan());
    }
    Ok(ExitCode::SUCCESS)
}

fn unpair(pairings: &Pairings, server: &str) -> Outcome {
    let all = pairings.all()?;
    let meant = all.iter().find(|pairing| {
        pairing.audience == server || pairing.agent == server || pairing.origins.iter().any(|origin| origin == server)
    });
    let name = meant
        .map(|pairing| pairing.agent.clone())
        .ok_or_else(|| Failure::new(Kind::NotFound, "there is no such pairing; `yakuba agent list` shows them"))?;
    pairings.remove(&name)?;
    println!("unpaired; stop this agent in the city's staff console, too");
    Ok(ExitCode::SUCCESS)
}

fn list(pairings: &Pairings) -> Outcome {
    for pairing in pairings.all()? {
        println!("{}  {}  {}  {}", pairing.audience, pairing.name, pairing.origins.join(" "), pairing.agent);
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(arguments: &AgentArguments, pairings: Pairings) -> Outcome {
    let seams = Seams::system();
    let readers = readers(arguments, &seams)?;
    if pairings.all()?.is_empty() {
        eprintln!("this agent is not paired yet: open its page, or run `yakuba agent pair`");
    }
    let (listener, port) = agent::door::listen(arguments.port).map_err(|error| {
        let sentence = format!("port {} cannot be used: {error}; is the agent running already?", arguments.port);
        Failure::new(Kind::Unavailable, sentence)
    })?;
    let agent = Arc::new(Agent::new(seams, port, pairings, readers));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::while_doing(Kind::Unavailable, "the runtime cannot start"))?;
    println!("ready {}", agent.origin());
    runtime
        .block_on(agent::serve(listener, agent, crate::serve::stop_signal()))
        .map_err(Failure::while_doing(Kind::Unavailable, "the agent stopped"))?;
    Ok(ExitCode::SUCCESS)
}

/// PC/SC, or in a demo the virtual card of a resident.
fn readers(arguments: &AgentArguments, seams: &Seams) -> Result<Box<dyn Readers>, Failure> {
    let (Some(resident), Some(city)) = (&arguments.demo_resident, &arguments.demo_city) else {
        return Ok(Box::new(PcscReaders));
    };
    let done = control::run(
        city,
        Request::VirtualCard { resident: resident.to_owned(), state: arguments.demo_state },
        &mut |_| {},
    )?;
    let reader = virtual_reader(&done.file.unwrap_or_default(), seams)
        .ok_or_else(|| Failure::new(Kind::Internal, "the virtual card cannot be made"))?;
    for line in &done.lines {
        println!("{line}");
    }
    Ok(Box::new(reader))
}
