//! `yakuba keys list|rotate`: the seal and the keys papers are made with.

use std::path::Path;
use std::process::ExitCode;

use base::{Date, Kind, Timestamp};
use paper::seal::Seal;
use pki::document_certificate;
use pki::keys::SigningKey;
use pki::token::TokenKey;
use serde::{Deserialize, Serialize};
use tools::access::Actor;
use tools::data_apps::keys as provider_keys;
use tools::paper_keys::{self, Part, Standing};

use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};
use crate::key_book::{KeyBook, name_of};
use crate::key_keeper;
use crate::keys::{CityKeys, next_demo_document};
use crate::{KeysCommand, RotateArguments};

/// What is rotated, as a word of the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum PartName {
    /// The key of the QR codes.
    Code,
    /// The document certificate and its key.
    Document,
    /// The picture of the mayor's seal.
    Seal,
    /// The key of the ID tokens that private apps get.
    Provider,
}

/// How [`PartName::Provider`] is called: it is no part of a paper, and lives outside.
const PROVIDER: &str = "provider";

/// An order to prepare another key, as it travels to the process that owns the city. Files travel whole, so that the
/// owner reads none by a name somebody gave.
#[derive(Serialize, Deserialize)]
pub struct RotateOrder {
    part: String,
    from: Option<String>,
    files: Vec<Vec<u8>>,
}

/// Carries the command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(command: &KeysCommand) -> Outcome {
    let done = match command {
        KeysCommand::List { data } => control::run(data, Request::Keys, &mut |_| {})?,
        KeysCommand::Rotate(arguments) => {
            control::run(&arguments.data, Request::RotateKeys(order(arguments)?), &mut |_| {})?
        }
    };
    for line in done.lines {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn order(arguments: &RotateArguments) -> Result<RotateOrder, Failure> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| Failure::new(Kind::Invalid, format!("{}: {error}", path.display())))
    };
    if matches!(arguments.part, PartName::Provider) {
        return Ok(RotateOrder { part: PROVIDER.to_owned(), from: arguments.from.clone(), files: Vec::new() });
    }
    let (part, wanted) = match arguments.part {
        PartName::Code => (Part::Code, vec![]),
        PartName::Document => (Part::Document, vec![&arguments.key, &arguments.certificate, &arguments.authority]),
        PartName::Seal => (Part::Seal, vec![&arguments.picture]),
        PartName::Provider => return Err(Failure::new(Kind::Internal, "the provider's key is asked for by itself")),
    };
    let files = wanted.into_iter().flatten().map(|path| read(path)).collect::<Result<_, _>>()?;
    Ok(RotateOrder { part: part.word().to_owned(), from: arguments.from.clone(), files })
}

/// What is in use, a line each.
///
/// # Errors
/// A key file cannot be read.
pub fn list(city: &OpenCity) -> Result<Done, Failure> {
    let place = CityKeys::place(city.directory());
    let mut lines = Vec::new();
    for one in KeyBook::read(&place)?.in_use(&place)? {
        let day = |at: base::Timestamp| at.date_in_japan().to_string();
        let mut line = format!("{:9} {}", one.part.word(), one.id.as_deref().unwrap_or("drawn by the program"));
        line += &one.since.map_or_else(|| "  since the beginning".to_owned(), |at| format!("  since {}", day(at)));
        if let Some(at) = one.expires {
            line += &format!("  valid until {}", day(at));
        }
        if let Some((id, from)) = &one.next {
            let from = from.map_or_else(|| "a time not decided yet".to_owned(), |at| at.to_string());
            line += &format!("  next {id} from {from}");
        }
        lines.push(line);
        for (id, until) in &one.earlier {
            lines.push(format!("{:9} {id}  until {}; what was made with it goes on verifying", "", day(*until)));
        }
    }
    lines.extend(list_provider(city)?);
    Ok(Done::lines(lines))
}

/// The keys of the provider for private apps, a line each.
fn list_provider(city: &OpenCity) -> Result<Vec<String>, Failure> {
    let (outside, now) = (city.outside(), city.outside().seams.now());
    let all = outside
        .store
        .read::<_, store::StoreError, _>(|tx| provider_keys::published(tx, now))
        .map_err(Failure::while_doing(Kind::Unavailable, "the provider's keys cannot be read"))?;
    let signs = provider_keys::signing(&all, now).map(|one| one.kid.clone());
    let line = |one: &provider_keys::Listed| {
        let stands = match one.gone_at {
            _ if Some(&one.kid) == signs.as_ref() => format!("signs  since {}", one.use_from),
            _ if one.use_from > now => format!("next, published now  signs from {}", one.use_from),
            Some(until) => format!("signed before  published until {until}"),
            None => format!("signed before  since {}", one.use_from),
        };
        format!("{PROVIDER:9} {}  {stands}", one.kid)
    };
    Ok(all.iter().map(line).collect())
}

/// Prepares another key of the provider.
fn rotate_provider(city: &OpenCity, from: Timestamp) -> Result<Done, Failure> {
    let by = Actor::CounterCommand { account: None };
    let (kid, at) = provider_keys::prepare(city.outside(), &by, from)
        .map_err(Failure::while_doing(Kind::Unavailable, "the key cannot be kept"))?;
    Ok(Done::lines(vec![format!(
        "prepared {kid}; apps see it from now on, and it signs from {at}, without a restart. Tokens signed before go on \
         verifying for 30 days."
    )]))
}

/// Prepares another one.
///
/// # Errors
/// A file is missing or is not what it should be; a day in the past.
pub fn rotate(city: &OpenCity, order: &RotateOrder) -> Result<Done, Failure> {
    let inside = city.inside();
    let today = inside.seams.today();
    let from = match &order.from {
        Some(text) => Date::parse(text).map_err(Failure::while_doing(Kind::Invalid, "--from"))?,
        None => today,
    };
    if from < today {
        return Err(Failure::new(Kind::Invalid, "--from: a day that is over"));
    }
    let at = if from == today { inside.seams.now() } else { Timestamp::in_japan(from, 0, 0, 0) };
    if order.part == PROVIDER {
        return rotate_provider(city, at);
    }
    let part = Part::ALL.into_iter().find(|part| part.word() == order.part);
    let part = part.ok_or_else(|| Failure::new(Kind::Invalid, "there is no such key"))?;
    let contents = contents(city, part, &order.files, from)?;
    let (name, sealed) = (name_of(part, &contents)?, key_keeper::seal(inside, &contents)?);
    let (seams, by) = (inside.seams.clone(), Actor::CounterCommand { account: None });
    inside
        .store
        .write::<_, store::StoreError, _>(move |tx| {
            // Whoever keeps the server decides alone, and in the place of what was on its way.
            if let Some(other) = paper_keys::ahead(tx, part)? {
                paper_keys::stand(tx, &seams, &by, &other, Standing::Discarded)?;
            }
            paper_keys::insert(tx, &seams, &by, (part, &name), &sealed, Some(at)).map(drop)
        })
        .map_err(Failure::while_doing(Kind::Unavailable, "the change cannot be written"))?;
    // Published from here on; a process that serves takes it up by itself.
    key_keeper::settle(city)?;
    Ok(Done::lines(vec![format!(
        "prepared; it comes into use on {from}, without a restart. What was made with the present one goes on verifying."
    )]))
}

/// What goes into the prepared files, checked: a key that does not fit its certificate would stop every paper.
///
/// # Errors
/// A file is missing or is not what it should be.
pub fn contents(city: &OpenCity, part: Part, files: &[Vec<u8>], from: Date) -> Result<Vec<Vec<u8>>, Failure> {
    let invalid = |what: &'static str| Failure::new(Kind::Invalid, what);
    match (part, files) {
        (Part::Code, []) => {
            let key = TokenKey::generate().map_err(Failure::while_doing(Kind::Unavailable, "a key cannot be made"))?;
            let der = key.to_pkcs8().map_err(Failure::while_doing(Kind::Unavailable, "a key cannot be written"))?;
            Ok(vec![der])
        }
        (Part::Seal, [picture]) => {
            Seal::from_png(picture, &format!("{}之印", city.inside().profile.mayor_title))
                .map_err(Failure::while_doing(Kind::Invalid, "--picture"))?;
            Ok(vec![picture.clone()])
        }
        (Part::Seal, _) => Err(invalid("the seal needs a picture: --picture FILE")),
        (Part::Document, [key, certificate, authority]) => {
            let signing = SigningKey::from_pkcs8(key).map_err(Failure::while_doing(Kind::Invalid, "--key"))?;
            let from = base::Timestamp::in_japan(from, 0, 0, 0);
            document_certificate::check(certificate, signing.public_key_info(), authority, from)
                .map_err(Failure::while_doing(Kind::Invalid, "--certificate"))?;
            Ok(files.to_vec())
        }
        (Part::Document, []) if city.inside().demo => {
            next_demo_document(&city.inside().seams, &city.inside().profile).map(|files| files.to_vec())
        }
        (Part::Document, _) => Err(invalid("the document certificate needs --key, --certificate and --authority")),
        (Part::Code, _) => Err(invalid("the code key is made by the program")),
    }
}
