//! The national portal as a channel: where it is configured, or the simulation of a demo.

use std::sync::Arc;

use base::Kind;
use openid::http::OverTcp;
use testkit::world::national_portal::{Application, NationalPortal as Simulation};
use tools::national_portal::over_http::OverHttp;
use tools::national_portal::work;
use web::App;
use web::staff::applications::Connection;

use crate::cards;
use crate::city::OpenCity;
use crate::fail::Failure;

/// Seconds between two runs.
pub const SECONDS: u64 = 60;
/// Our name and secret at the simulation.
const DEMO: (&str, &str) = ("mihon", "taiken");

/// The channel of this process.
pub struct Channel {
    portal: OverHttp,
    /// The simulation of a demo; stops when dropped.
    _simulation: Option<Simulation>,
}

impl Channel {
    /// Opens it, and says in `app` how it is connected. [`None`] where nothing is configured.
    ///
    /// # Errors
    /// The secret cannot be read; the simulation cannot start.
    pub fn open(app: &mut App, city: &OpenCity) -> Result<Option<Self>, Failure> {
        let section = &city.config().national_portal;
        let http = Arc::new(OverTcp::default());
        if !section.origin.is_empty() {
            let secret = std::fs::read_to_string(&section.secret_file)
                .map_err(Failure::while_doing(Kind::Unavailable, "national_portal.secret_file cannot be read"))?;
            app.national = Connection::Configured;
            let secret = secret.trim().to_owned().into();
            let portal = OverHttp::new(http, section.origin.clone(), section.client_id.clone(), secret);
            return Ok(Some(Self { portal, _simulation: None }));
        }
        if !city.inside().demo {
            return Ok(None);
        }
        let simulation = Simulation::start(DEMO.0, DEMO.1, invented(city)?)
            .map_err(Failure::while_doing(Kind::Unavailable, "the simulated national portal cannot start"))?;
        app.national = Connection::Simulated;
        let portal = OverHttp::new(http, simulation.origin(), DEMO.0.to_owned(), DEMO.1.to_owned().into());
        Ok(Some(Self { portal, _simulation: Some(simulation) }))
    }

    /// One run.
    ///
    /// # Errors
    /// What failed first, in words; the next run goes on.
    pub fn run(&self, city: &OpenCity) -> Result<(), String> {
        work::run(city.inside(), &self.portal).map(drop).map_err(|error| error.to_string())
    }
}

/// Applications of two people of the drawer, and one of somebody nobody knows.
fn invented(city: &OpenCity) -> Result<Vec<Application>, Failure> {
    let application =
        |number: usize, who: [String; 4], procedure: (&str, &str), answers: &[(&str, &str)]| Application {
            receipt_number: format!("MIHON-{number:04}"),
            procedure: (procedure.0.to_owned(), procedure.1.to_owned()),
            applied_at: format!("2026-11-2{number}T10:00:00+09:00"),
            applicant: who,
            answers: answers.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect(),
        };
    let mut all = Vec::new();
    for labelled in cards::drawer(city.inside())?.iter().take(2) {
        let Some(contents) = cards::stored(city.inside(), &labelled.resident)? else { continue };
        let told = &contents.attributes;
        let who =
            [told.name.clone(), told.birth_date.to_string(), told.address.clone(), char::from(told.sex).to_string()];
        let procedure = [("moving", "転居届の事前申請"), ("childcare", "保育施設の利用申込")][all.len() % 2];
        all.push(application(
            all.len() + 1,
            who,
            procedure,
            &[("希望する日", "2026年12月10日"), ("連絡のつく時間", "平日の午後")],
        ));
    }
    let stranger = ["架空 太郎", "1990-01-01", "架空県架空市1番", "1"].map(str::to_owned);
    all.push(application(3, stranger, ("moving", "転入の来庁予約"), &[("希望する日", "2026年12月11日")]));
    Ok(all)
}
