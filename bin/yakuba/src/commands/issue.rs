//! `yakuba issue residence-certificate`: the counter's paper, made by the machine's engine with the machine's checks.

use std::path::Path;
use std::process::ExitCode;

use base::{Id, Kind};
use serde::{Deserialize, Serialize};
use services::convenience_certificates::{Applicant, Choices, Issuer, Members, OptionalItems, Refusal, actions};
use tools::ResidentId;

use crate::IssueArguments;
use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};
use crate::keys::CityKeys;
use crate::means::Means;

/// An order of the counter, as it travels to the process that owns the city.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    resident: String,
    household: bool,
    members: Vec<String>,
    items: OptionalItems,
    staff_credential: Option<String>,
    purpose: Option<String>,
    /// What is asked for, where the fields above do not say it.
    #[serde(default)]
    choices: Option<Choices>,
}

impl Order {
    /// For a paper of any kind.
    pub fn of(resident: &str, choices: Choices, staff_credential: Option<String>, purpose: Option<String>) -> Self {
        Self {
            resident: resident.to_owned(),
            household: false,
            members: Vec::new(),
            items: OptionalItems::default(),
            staff_credential,
            purpose,
            choices: Some(choices),
        }
    }
}

/// Carries the command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(arguments: &IssueArguments) -> Outcome {
    let staff_credential = arguments
        .staff_credential
        .as_ref()
        .map(std::fs::read_to_string)
        .transpose()
        .map_err(Failure::while_doing(Kind::Invalid, "the staff credential cannot be read"))?;
    let order = Order {
        resident: arguments.resident.clone(),
        household: arguments.household,
        members: arguments.members.clone(),
        items: OptionalItems {
            relationship: arguments.relationship,
            domicile: arguments.domicile,
            nationality: arguments.nationality,
            residence_card_number: arguments.residence_card_number,
            residence_status: arguments.residence_status,
        },
        staff_credential,
        purpose: arguments.purpose.clone(),
        choices: None,
    };
    carry_out(&arguments.data, &arguments.out, order)
}

/// Has the order carried out and writes the paper.
///
/// # Errors
/// See [`Failure`].
pub fn carry_out(data: &Path, out: &Path, order: Order) -> Outcome {
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
    let keys = CityKeys::open(city.directory(), &inside.seams, &inside.profile, inside.demo)?;
    let issuer = Means::assemble(city, &keys)?.issuer;
    let (visit, purpose) = (inside.seams.random_id(), order.purpose.as_deref().unwrap_or_default());
    let applicant = Applicant::at_the_counter(resident, account, visit, purpose)
        .map_err(Failure::while_doing(Kind::Invalid, "--purpose"))?;
    let choices = choices(order)?;
    let (bytes, request) = through(&issuer, &applicant, &choices)?;
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
    issuer
        .composer
        .belongs_to(&bytes, &request, applicant)
        .map_err(Failure::while_doing(Kind::Internal, "the finished paper"))?;
    actions::print_acknowledged(city, request.id).map_err(say)?.map_err(refused)?;
    Ok((bytes, request.id))
}

fn choices(order: &Order) -> Result<Choices, Failure> {
    if let Some(choices) = &order.choices {
        return Ok(choices.clone());
    }
    let members = if order.household {
        Members::Household
    } else if order.members.is_empty() {
        Members::Applicant
    } else {
        let parsed = order.members.iter().map(|text| ResidentId::parse(text)).collect::<Result<_, _>>();
        Members::Chosen(parsed.map_err(Failure::while_doing(Kind::Invalid, "--members"))?)
    };
    Ok(Choices { members, items: order.items, ..Choices::default() })
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
