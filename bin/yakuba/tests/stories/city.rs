//! The demo city the stories play in: made once for the whole test program.

use std::sync::{Arc, OnceLock};

use base::Seams;
use paper::fonts::Typeface;
use paper::seal::Seal;
use pki::token::{KeyRing, TokenKey};
use pki::{DocumentSigner, KeyError, SignatureAlgorithm};
use services::convenience_certificates::{Applicant, Choices, Composer, Issuer, Request, State, actions, requests};
use store::StoreError;
use tools::{Inside, ResidentId};
use yakuba::city::OpenCity;
use yakuba::keys::CityKeys;
use yakuba::means::{Means, simulated_heartbeat};

use crate::born;

/// The city and what it issues with.
pub struct Fixture {
    /// The open city.
    pub city: OpenCity,
    /// Its means.
    pub issuer: Issuer,
    keys: CityKeys,
    /// What it was assembled with; the simulated world lives as long as this.
    pub means: Means,
}

/// The city, made at the first call.
pub fn fixture() -> &'static Fixture {
    static CITY: OnceLock<Fixture> = OnceLock::new();
    CITY.get_or_init(|| Fixture::named("city"))
}

impl Fixture {
    /// A city of its own, for a story that stops the service for everybody.
    pub fn named(name: &str) -> Self {
        // A static is never dropped, and each test may run in a process of its own: what a gone process left is swept by
        // whoever gets its number next.
        let name = format!("stories-{name}-{}", std::process::id());
        let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        born::into(&directory);
        let city = yakuba::birth::demo(&directory, 1, 1, &mut |_| {}).unwrap();
        let inside = city.inside();
        simulated_heartbeat(inside).unwrap();
        let keys = CityKeys::open(&directory, &inside.seams, &inside.profile, true).unwrap();
        let means = Means::assemble(&city, &keys).unwrap();
        Self { issuer: means.issuer.clone(), city, keys, means }
    }

    /// The inside zone.
    pub fn inside(&self) -> &Inside {
        self.city.inside()
    }

    /// What applications from a PC are taken with.
    pub fn applications(&self) -> web::open::Applications {
        let key = self.keys.agents.sealing[0].public().clone();
        web::open::Applications { key, anchors: self.issuer.anchors.clone() }
    }

    /// The inside zone by another clock or other randomness.
    pub fn with_seams(&self, seams: Seams) -> Inside {
        Inside { seams, ..self.inside().clone() }
    }

    /// The sample resident of this kind.
    pub fn sample(&self, kind: &str) -> ResidentId {
        let samples = std::fs::read_to_string(self.city.directory().join("files").join("samples.toml")).unwrap();
        let samples: toml::Table = samples.parse().unwrap();
        let sample = samples["sample"].as_array().unwrap().iter().find(|s| s["kind"].as_str() == Some(kind));
        ResidentId::parse(sample.unwrap()["resident_id"].as_str().unwrap()).unwrap()
    }

    /// The sample resident of this kind, as the counter serves them.
    pub fn applicant(&self, kind: &str) -> Applicant {
        let visit = self.inside().seams.random_id();
        Applicant::at_the_counter(self.sample(kind), None, visit, "").unwrap()
    }

    /// A request whose fee is in.
    pub fn paid(&self, applicant: &Applicant, choices: &Choices) -> Request {
        let city = self.inside();
        let request = actions::begin(city, self.issuer.fresh_minutes, applicant, choices).unwrap().unwrap();
        actions::payment_started(city, request.id).unwrap().unwrap();
        actions::payment_settled(city, request.id, true).unwrap().unwrap()
    }

    /// Where a request stands now.
    pub fn state(&self, request: &Request) -> State {
        let id = request.id;
        let found = self.inside().store.read::<_, StoreError, _>(|tx| requests::find(tx, id)).unwrap();
        found.unwrap().state
    }

    /// How many sealed documents of the request are kept.
    pub fn documents(&self, request: &Request) -> i64 {
        let id = request.id;
        let sql = "SELECT COUNT(*) FROM certificate_documents WHERE request_id = $1";
        let row = self.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into()])).unwrap();
        row.unwrap().int(0).unwrap()
    }

    /// A composer that does `meanwhile` after the first transaction of *prepare* and before the second: at the moment
    /// of the signature.
    pub fn composer_while(&self, meanwhile: impl Fn() + Send + Sync + 'static) -> Composer {
        let typeface = Typeface::open(&self.city.config().paper.font).unwrap();
        let seal = Seal::sample(&typeface, "見本市長之印").unwrap();
        let code = TokenKey::from_pkcs8(&self.keys.code.to_pkcs8().unwrap()).unwrap();
        let signer = Meanwhile { signer: self.keys.document.clone(), meanwhile: Box::new(meanwhile) };
        Composer::new(typeface, seal, Arc::new(signer), KeyRing::new(code))
    }
}

struct Meanwhile {
    signer: Arc<pki::MemorySigner>,
    meanwhile: Box<dyn Fn() + Send + Sync>,
}

impl DocumentSigner for Meanwhile {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        self.signer.certificate_chain()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.signer.algorithm()
    }

    fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        (self.meanwhile)();
        self.signer.sign_sha256(message)
    }
}
