//! How a city comes to be: an import set into a new data directory, and for the demo everything around it.

use std::path::{Path, PathBuf};

use base::{Date, Kind, Yen};
use services::convenience_certificates::hours::rows::set_hours;
use services::convenience_certificates::hours::{DayClass, Family, HoursRow, Place};
use services::convenience_certificates::{CertificateKind, set_fee};
use store::StoreError;
use testkit::city as synthetic;
use tools::{CityProfile, ResidentId};

use crate::cards;
use crate::city::{Born, Databases, OpenCity, OpenError, write_city};
use crate::commands::city::{ImportOrder, import};
use crate::fail::Failure;
use crate::keys::{SimulatedAuthorities, private_directory};

/// First fees. Machine 200 yen, counter 300 yen. Source: pages of several municipalities (specs certificates §1.3).
const FIRST_FEES: (Yen, Yen) = (Yen(200), Yen(300));
/// First fees of the family register's papers: 450 yen at either place, the appendix as other papers (specs certificates
/// §1.3); a closed register 750 yen (recalled).
const FIRST_FAMILY_FEES: (Yen, Yen) = (Yen(450), Yen(450));
const FIRST_CLOSED_FEES: (Yen, Yen) = (Yen(750), Yen(750));

const fn first_fees(kind: CertificateKind) -> (Yen, Yen) {
    match kind {
        CertificateKind::FamilyRegisterCertificate | CertificateKind::FamilyRegisterPersonCertificate => {
            FIRST_FAMILY_FEES
        }
        CertificateKind::ClosedFamilyRegisterCertificate => FIRST_CLOSED_FEES,
        _ => FIRST_FEES,
    }
}

/// The day the first fees hold from.
const FEES_FROM: (i16, i8, i8) = (2020, 4, 1);

/// The demo city in `directory`, made if it is absent.
///
/// # Errors
/// The directory is in use or holds a real city; files cannot be written.
pub fn demo(directory: &Path, residents: u32, seed: u64, progress: &mut dyn FnMut(&str)) -> Result<OpenCity, Failure> {
    match OpenCity::open(directory) {
        Ok(city) if city.inside().demo => {
            complete(&city, directory, progress)?;
            return Ok(city);
        }
        Ok(_) => {
            return Err(Failure::new(
                Kind::Refused,
                format!("{} holds a real city; the demo does not touch it", directory.display()),
            ));
        }
        Err(OpenError::Absent(_)) => {}
        Err(error) => return Err(error.into()),
    }
    progress(&format!("making the demo city with {residents} residents in {}", directory.display()));
    private_directory(directory)?;
    let files = directory.join("files");
    synthetic::generate(residents, seed, &files)
        .map_err(Failure::while_doing(Kind::Unavailable, "the synthetic city cannot be written"))?;
    let city = found(directory, Born::Demo, &CityProfile::demo("http://127.0.0.1"))?;
    complete(&city, directory, progress)?;
    Ok(city)
}

/// Opens the databases of a new directory and writes who the city is.
///
/// # Errors
/// The databases cannot be opened.
pub fn found(directory: &Path, born: Born, profile: &CityProfile) -> Result<OpenCity, Failure> {
    let databases = Databases::open(directory).map_err(Failure::from)?;
    write_city(&databases.inside, &databases.seams, born, profile).map_err(Failure::from)?;
    let (year, month, day) = FEES_FROM;
    if let Some(from) = Date::new(year, month, day) {
        databases
            .inside
            .write::<_, StoreError, _>(move |tx| {
                for kind in CertificateKind::all() {
                    let (machine, counter) = first_fees(kind);
                    set_fee(tx, kind, from, machine, counter, "初期設定")?;
                }
                if born == Born::Demo { always_open(tx, from) } else { Ok(()) }
            })
            .map_err(Failure::while_doing(Kind::Unavailable, "the fees cannot be written"))?;
    }
    Ok(OpenCity::assemble(directory, databases, born, profile.clone()))
}

/// Machines serve at any hour: whoever tries the demo at night is not sent away.
///
/// # Errors
/// The database.
pub fn always_open(tx: &mut store::Tx<'_>, from: Date) -> Result<(), StoreError> {
    for place in Place::ALL {
        for family in Family::ALL {
            for day in DayClass::WITH_HOURS {
                let row = HoursRow { place, family, day, valid_from: from, hours: Some((0, 24 * 60)) };
                set_hours(tx, &row, "demo")?;
            }
        }
    }
    Ok(())
}

/// Does what is still missing of a demo city: a demo that was stopped while it was made goes on from there.
fn complete(city: &OpenCity, directory: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), Failure> {
    let files = directory.join("files");
    let marker = directory.join("complete");
    crate::application_keys::simulate(city.inside())?;
    if marker.is_file() {
        return Ok(());
    }
    import(city, &ImportOrder { directory: files.clone(), dry_run: false, keep_good: false }, progress)?;
    progress("making the sample cards");
    let samples = read_samples(&files)?;
    let authorities = SimulatedAuthorities::open(directory, &city.inside().seams)?;
    for (place, sample) in samples.sample.iter().enumerate() {
        let Ok(resident) = ResidentId::parse(&sample.resident_id) else { continue };
        let drawer = u32::try_from(place).ok().map(|place| (place, sample.japanese.as_str()));
        match cards::find_or_make(city.inside(), &authorities, &resident, drawer) {
            Ok(_) => {}
            // The dead have no card; the gallery shows them in the console only.
            Err(failure) if failure.kind() == Kind::Refused => {}
            Err(failure) => return Err(failure),
        }
    }
    for (place, line) in (samples.sample.len()..).zip(&samples.elsewhere) {
        let Ok(place) = u32::try_from(place) else { continue };
        cards::elsewhere::find_or_make(city.inside(), &authorities, line, place)?;
    }
    let staff: Vec<ResidentId> =
        samples.sample.iter().filter_map(|sample| ResidentId::parse(&sample.resident_id).ok()).collect();
    crate::staff_ids::samples(city.inside(), &authorities, &staff)?;
    crate::sample_usage::write(city.inside())
        .map_err(Failure::while_doing(Kind::Unavailable, "the sample counts cannot be written"))?;
    crate::city_cards::seed_demo(city.inside())?;
    crate::sample_events::bring(city)?;
    std::fs::write(&marker, b"").map_err(Failure::while_doing(Kind::Unavailable, "the demo cannot be marked complete"))
}

/// A sample as `samples.toml` holds it.
#[derive(serde::Deserialize)]
pub struct SampleLine {
    /// Key.
    pub resident_id: String,
    /// A stable word.
    pub kind: String,
    /// In Japanese.
    pub japanese: String,
}

/// Somebody who lives elsewhere and has their family register here, as `samples.toml` holds them.
#[derive(Clone, serde::Deserialize)]
pub struct ElsewhereLine {
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birth_date: String,
    /// In Japanese, for the drawer.
    pub japanese: String,
}

#[derive(serde::Deserialize)]
struct Samples {
    #[serde(default, alias = "samples")]
    sample: Vec<SampleLine>,
    #[serde(default)]
    elsewhere: Vec<ElsewhereLine>,
}

fn read_samples(files: &Path) -> Result<Samples, Failure> {
    let path: PathBuf = files.join("samples.toml");
    let text = std::fs::read_to_string(&path)
        .map_err(Failure::while_doing(Kind::Unavailable, "the samples of the demo city cannot be read"))?;
    let samples: Samples =
        toml::from_str(&text).map_err(Failure::while_doing(Kind::Internal, "the samples of the demo city"))?;
    Ok(samples)
}
