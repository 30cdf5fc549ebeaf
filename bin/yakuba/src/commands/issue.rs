//! `yakuba issue …`: the counter's papers, made by the machine's engine with the machine's checks.

use std::path::Path;
use std::process::ExitCode;

use base::{Id, Kind};
use serde::{Deserialize, Serialize};
use services::convenience_certificates::{
    Applicant, CertificateKind, Choices, Issuer, Members, OptionalItems, Refusal, actions,
};
use tools::ResidentId;

use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};
use crate::means::Means;
use crate::{IssueAloneArguments, IssueArguments};

/// An order of the counter, as it travels to the process that owns the city.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    /// Whose paper.
    pub resident: String,
    /// What is asked for.
    pub choices: Choices,
    /// Outside demo data: who asks.
    pub staff_credential: Option<String>,
    /// Outside demo data: why.
    pub purpose: Option<String>,
}

/// Carries the command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(arguments: &IssueArguments) -> Outcome {
    let members = if arguments.household {
        Members::Household
    } else if arguments.members.is_empty() {
        Members::Applicant
    } else {
        let parsed = arguments.members.iter().map(|text| ResidentId::parse(text)).collect::<Result<_, _>>();
        Members::Chosen(parsed.map_err(Failure::while_doing(Kind::Invalid, "--members"))?)
    };
    let items = OptionalItems {
        relationship: arguments.relationship,
        domicile: arguments.domicile,
        nationality: arguments.nationality,
        residence_card_number: arguments.residence_card_number,
        residence_status: arguments.residence_status,
    };
    let order = Order {
        resident: arguments.resident.clone(),
        choices: Choices { kind: CertificateKind::ResidenceCertificate, members, items, copies: 1 },
        staff_credential: read_credential(arguments.staff_credential.as_deref())?,
        purpose: arguments.purpose.clone(),
    };
    carry_out(order, &arguments.data, &arguments.out)
}

/// Carries out the command for a paper about the person alone.
///
/// # Errors
/// See [`Failure`].
pub fn run_alone(kind: CertificateKind, arguments: &IssueAloneArguments) -> Outcome {
    let order = Order {
        resident: arguments.resident.clone(),
        choices: Choices { kind, copies: arguments.copies, ..Choices::default() },
        staff_credential: read_credential(arguments.staff_credential.as_deref())?,
        purpose: arguments.purpose.clone(),
    };
    carry_out(order, &arguments.data, &arguments.out)
}

/// The staff credential in `file`, if one was given.
///
/// # Errors
/// The file cannot be read.
pub fn read_credential(file: Option<&Path>) -> Result<Option<String>, Failure> {
    file.map(std::fs::read_to_string)
        .transpose()
        .map_err(Failure::while_doing(Kind::Invalid, "the staff credential cannot be read"))
}

/// Has the order carried out and writes the paper.
///
/// # Errors
/// See [`Failure`].
pub fn carry_out(order: Order, data: &Path, out: &Path) -> Outcome {
    let begun = std::time::Instant::now();
    let done = control::run(data, Request::Issue(order), &mut |_| {});
    if let Err(failure) = &done
        && failure.kind() == Kind::Refused
    {
        // Every refusal that comes from the register takes the same time.
        std::thread::sleep(REFUSAL_TAKES.saturating_sub(begun.elapsed()));
    }
    let done = done?;
    std::fs::write(out, done.file.unwrap_or_default())
        .map_err(|error| Failure::new(Kind::Unavailable, format!("{}: {error}", out.display())))?;
    for line in done.lines {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// As at the machine: the time must not tell one cause from another.
const REFUSAL_TAKES: std::time::Duration = std::time::Duration::from_millis(2500);

fn refused(refusal: Refusal) -> Failure {
    Failure::new(refusal.kind(), refusal)
}

fn beneath(error: &actions::ActionError) -> Failure {
    Failure::new(error.kind(), error)
}

/// Issues in the process that owns the city.
///
/// # Errors
/// A refusal in the machine's words; outside demo data also a missing staff credential or purpose.
pub fn issue(city: &OpenCity, order: &Order) -> Result<Done, Failure> {
    let resident = ResidentId::parse(&order.resident).map_err(Failure::while_doing(Kind::Invalid, "--resident"))?;
    let account = authorise(city, order)?;
    let inside = city.inside();
    let (_, keys) = crate::key_keeper::settled(city)?;
    let issuer = Means::assemble(city, &keys)?.issuer;
    let (visit, purpose) = (inside.seams.random_id(), order.purpose.as_deref().unwrap_or_default());
    let applicant = Applicant::at_the_counter(resident, account, visit, purpose)
        .map_err(Failure::while_doing(Kind::Invalid, "--purpose"))?;
    let (bytes, request) = through(&issuer, &applicant, &order.choices)?;
    Ok(Done { lines: vec![format!("受付番号 {request}")], exit_code: 0, file: Some(bytes) })
}

/// The whole life of a counter request. The fee is taken at the counter's own register before the command is given.
fn through(issuer: &Issuer, applicant: &Applicant, choices: &Choices) -> Result<(Vec<u8>, Id), Failure> {
    let city = &issuer.city;
    let say = |error: actions::ActionError| beneath(&error);
    let request = actions::begin(city, issuer.fresh_minutes, applicant, choices).map_err(say)?.map_err(refused)?;
    actions::payment_started(city, request.id).map_err(say)?.map_err(refused)?;
    actions::payment_settled(city, request.id, true).map_err(say)?.map_err(refused)?;
    let prepared = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
    let token = prepared.map_err(say)?.map_err(refused)?;
    let bytes = actions::fetch(city, applicant, request.id, &token).map_err(say)?.map_err(refused)?;
    let bytes = issuer.hand_over(bytes, &request, applicant).map_err(say)?.map_err(refused)?;
    actions::print_acknowledged(city, request.id).map_err(say)?.map_err(refused)?;
    Ok((bytes, request.id))
}

/// On demo data nobody signs in; elsewhere a staff credential and a purpose are needed.
fn authorise(city: &OpenCity, order: &Order) -> Result<Option<Id>, Failure> {
    if city.inside().demo {
        return Ok(None);
    }
    if order.purpose.as_deref().is_none_or(|purpose| purpose.trim().is_empty()) {
        return Err(Failure::new(Kind::Invalid, "outside demo data say why the paper is issued: --purpose"));
    }
    let Some(credential) = &order.staff_credential else {
        return Err(Failure::new(
            Kind::Unauthenticated,
            "outside demo data a staff credential is needed: make one in the staff console and give --staff-credential",
        ));
    };
    super::staff::account_of(city, credential.trim()).map(Some)
}
