//! Who may be matched, by what, and what stays unknown.

use std::path::Path;
use std::sync::Mutex;

use base::Timestamp;
use rules::{
    Admission, Comparison, Condition, DatedValue, Fact, Outcome, Parameter, Rule, Source, Standing, Test, Unit,
};
use store::testing::{TestDatabase, for_each_engine};
use tools::access::Actor;
use tools::register::import::Options;
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use wire::resident_csv::files;

use super::*;

/// What people told, in a test.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<BTreeMap<ResidentId, Opened>>);

impl Told {
    pub(crate) fn says(&self, resident: &str, consents: Consents, interests: &[u8]) {
        let opened = Opened { consents, interests: interests.iter().copied().collect(), receives: true };
        self.0.lock().unwrap().insert(id(resident), opened);
    }
}

impl Wishes for Told {
    fn of(&self, _: &mut Tx<'_>, residents: &[ResidentId]) -> Result<BTreeMap<ResidentId, Opened>, StoreError> {
        let told = self.0.lock().unwrap();
        Ok(residents.iter().filter_map(|one| Some((one.clone(), told.get(one)?.clone()))).collect())
    }

    fn page(&self, _: &mut Tx<'_>, after: Option<&ResidentId>) -> Result<Vec<ResidentId>, StoreError> {
        let told = self.0.lock().unwrap();
        // Two a page: a household with members on several pages is met twice.
        let next = told.keys().filter(|one| after.is_none_or(|after| *one > after)).take(2);
        Ok(next.cloned().collect())
    }

    fn version(&self, _: &mut Tx<'_>) -> Result<i64, StoreError> {
        Ok(self.0.lock().unwrap().len() as i64)
    }
}

fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

/// A family, a protected woman, a dead man, somebody who left.
pub(crate) fn residents(database: &TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,municipality_code,town_code,became_resident_on,state,state_on";
    let row = |id: &str, house: &str, role: &str, born: &str, sex: &str, state: &str, on: &str| {
        format!(
            "{id},{house},{role},甲野　{id},カナ,{born},{sex},見本県見本市中央一丁目1番1号,99999,0001001,2005-04-01,{state},{on}\n"
        )
    };
    let rows = [
        row("R-1", "H-1", "世帯主", "1980-01-02", "male", "", ""),
        row("R-2", "H-1", "妻", "1982-03-04", "female", "", ""),
        row("R-3", "H-1", "子", "2020-07-08", "male", "", ""),
        row("R-4", "H-4", "世帯主", "1981-01-02", "female", "", ""),
        row("R-5", "H-5", "世帯主", "1940-01-02", "male", "dead", "2026-10-01"),
        row("R-6", "H-6", "世帯主", "1990-01-02", "male", "moved_out", "2026-10-01"),
    ];
    std::fs::write(directory.path().join(files::RESIDENTS), format!("{header}\n{}", rows.concat())).unwrap();
    std::fs::write(
        directory.path().join(files::PROTECTIONS),
        "resident_id,protected_from,protected_until\nR-4,2026-01-01,\n",
    )
    .unwrap();
    let options = Options::default();
    let report =
        tools::register::import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true);
    assert_eq!(report.unwrap().refused, 0);
}

/// Taxes of the year that counts in November 2026.
pub(crate) fn taxes(database: &TestDatabase, of: &[(&str, i64)]) {
    let directory = tempfile::tempdir().unwrap();
    let records: Vec<TaxRecord> = of
        .iter()
        .map(|(resident, income)| {
            let mut record = TaxRecord {
                resident_id: (*resident).to_owned(),
                fiscal_year: 2026,
                lived_here: true,
                is_filed: true,
                is_pending: false,
                ..TaxRecord::invented(5)
            };
            record.income.total.0 = *income;
            record
        })
        .collect();
    write_lines(directory.path(), &records);
    let options = Options::default();
    tools::copied_records::import::run::<TaxRecord>(&database.inside(), &database.seams, directory.path(), &options)
        .unwrap()
        .unwrap();
}

fn write_lines(directory: &Path, records: &[TaxRecord]) {
    let mut out = Vec::new();
    let header = Header {
        source: "source".to_owned(),
        position: 10,
        taken_at: Timestamp::from_seconds(1_795_482_000 - 600),
        contents: Contents::Full,
        records: records.len() as u64,
    };
    write_header::<TaxRecord>(&mut out, &header).unwrap();
    records.iter().for_each(|record| write_record(&mut out, record).unwrap());
    std::fs::write(directory.join(TaxRecord::FILE), out).unwrap();
}

/// A test of one number against one bound.
pub(crate) fn bounded(fact: Fact, unit: Unit, min: Option<i64>, max: Option<i64>) -> Rule {
    let day = |text| base::Date::parse(text).unwrap();
    let source = Source {
        text: "要綱 第3条".to_owned(),
        page: String::new(),
        checked: day("2026-11-01"),
        standing: Standing::Read,
    };
    let parameter = |name: &str, value: Option<i64>| Parameter {
        name: name.to_owned(),
        unit,
        values: vec![DatedValue { from: day("2020-01-01"), value, source: Some(source.clone()) }],
    };
    let mut parameters = Vec::new();
    let mut name = |name: &str, value: Option<i64>| {
        value.map(|value| {
            parameters.push(parameter(name, Some(value)));
            name.to_owned()
        })
    };
    let (min, max) = (name("least", min), name("most", max));
    let when = Condition::Test(Test { fact, is: Comparison::Between { min, max } });
    Rule { revision: 1, from: day("2020-01-01"), until: None, sex_basis: None, parameters, when }
}

fn eligible(city: &City, rule: &Rule) -> Vec<String> {
    let resolved = rule.clone().go_live(city.snapshot.day(), Admission::Production).unwrap();
    let resolved = resolved.on(city.snapshot.day()).unwrap();
    let audience = city.audience(&resolved).unwrap();
    audience.people(Outcome::Eligible).map(|place| city.residents[place as usize].as_str().to_owned()).collect()
}

fn inside(database: &TestDatabase) -> tools::Inside {
    tools::Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: std::sync::Arc::new(tools::CityProfile::demo("http://127.0.0.1:8080")),
        demo: true,
    }
}

const JOB: Actor = Actor::System { job: "test" };

#[test]
fn only_those_who_receive_live_here_and_are_not_protected_are_matched_by_what_they_opened() {
    for_each_engine(|database| {
        residents(&database);
        let (inside, told) = (inside(&database), Told::default());
        for resident in ["R-1", "R-4", "R-5", "R-6"] {
            told.says(resident, Consents::BASIC, &[3]);
        }
        told.says("R-2", Consents::NONE, &[3]);
        let city = City::read(&inside, &JOB, &told).unwrap();
        assert_eq!(city.receiving(), 2);
        let adults = bounded(Fact::Age, Unit::Years, Some(18), None);
        assert_eq!(eligible(&city, &adults), ["R-1"], "the wife opened nothing; the others are gone or protected");
        // "Not below 18" is not true of those whose age is not known either, and of nobody who may not be matched.
        let minors = bounded(Fact::Age, Unit::Years, None, Some(17));
        let not = Rule { when: Condition::Not(Box::new(minors.when.clone())), ..minors };
        assert_eq!(eligible(&city, &not), ["R-1"]);
        let interest = Condition::Test(Test { fact: Fact::Interest, is: Comparison::HasAny([3].into()) });
        let by_interest = Rule { when: interest, parameters: Vec::new(), ..adults.clone() };
        assert_eq!(eligible(&city, &by_interest), ["R-1", "R-2"]);
        let not_interested = Rule { when: Condition::Not(Box::new(by_interest.when.clone())), ..by_interest };
        assert_eq!(eligible(&city, &not_interested), Vec::<String>::new(), "nobody is matched for having told nothing");
        // Before each batch the same is said again of some.
        let resolved = adults.go_live(city.snapshot.day(), Admission::Production).unwrap();
        let resolved = resolved.on(city.snapshot.day()).unwrap();
        let seams = inside.seams.clone();
        let access = inside
            .store
            .write::<_, FactsError, _>(move |tx| Ok(access::bulk(tx, &seams, &JOB, &purpose(true), &MATCHING)?))
            .unwrap();
        let all: Vec<ResidentId> = ["R-1", "R-2", "R-4", "R-5", "R-6", "R-9"].map(id).into();
        let meant = inside.store.read(|tx| some(tx, &access, &resolved, &all, &told)).unwrap();
        assert_eq!(meant, [id("R-1")].into());
    });
}

#[test]
fn taxes_count_for_those_who_opened_them_and_a_household_reads_nothing_of_others() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    taxes(&database, &[("R-1", 3_000_000), ("R-2", 1_000_000)]);
    let (inside, told) = (inside(&database), Told::default());
    told.says("R-1", Consents::BASIC, &[]);
    told.says("R-2", Consents::BASIC.with(DataClass::Tax), &[]);
    let low = bounded(Fact::Income, Unit::Yen, None, Some(2_000_000));
    let high = bounded(Fact::Income, Unit::Yen, Some(2_000_000), None);
    let city = City::read(&inside, &JOB, &told).unwrap();
    assert_eq!((eligible(&city, &low), eligible(&city, &high)), (vec!["R-2".to_owned()], Vec::new()));
    told.says("R-1", Consents::BASIC.with(DataClass::Tax), &[]);
    let kept = Kept::default();
    assert_eq!(eligible(&kept.now(&inside, &JOB, &told).unwrap(), &high), ["R-1"]);
    // The same of one person, with an access of their own: a household without the child's consent knows no income of it.
    let seams = inside.seams.clone();
    let place = inside
        .store
        .write::<_, FactsError, _>(move |tx| household_of(tx, &seams, &JOB, None, &id("R-2"), &told))
        .unwrap()
        .unwrap();
    let members = &place.household.members;
    assert_eq!((members.len(), place.who), (3, 1));
    assert_eq!((members[1].income, members[1].role), (Some(1_000_000), Some(Role::Spouse)));
    assert!(members[2].born.is_some() && members[2].role == Some(Role::Child), "a minor's age counts for the parents");
    assert!(members[2].sex.is_none() && members[2].income.is_none(), "and nothing else of them");
    assert!(members[0].born.is_some(), "the husband told for himself");
}

#[test]
fn a_city_is_read_again_when_it_changed_and_only_then() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    let (inside, told, kept) = (inside(&database), Told::default(), Kept::default());
    told.says("R-1", Consents::BASIC, &[]);
    let first = kept.now(&inside, &JOB, &told).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &kept.now(&inside, &JOB, &told).unwrap()));
    told.says("R-2", Consents::BASIC, &[]);
    let second = kept.now(&inside, &JOB, &told).unwrap();
    assert_eq!((first.receiving(), second.receiving()), (1, 2));
    database.clock.advance_seconds(86_400);
    assert!(!std::sync::Arc::ptr_eq(&second, &kept.now(&inside, &JOB, &told).unwrap()), "ages change with the day");
}

#[test]
fn towns_are_read_from_their_codes() {
    assert_eq!((town("0003002"), town("")), (Some(3), None));
}
