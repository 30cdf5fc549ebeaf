use std::collections::BTreeSet;

use wire::family_register::FamilyRegister;
use wire::record_lines::{self, Record};
use wire::resident_csv::{Entry, FileMapping, Reader};
use wire::seal_registration::{SealRegistration, SealState};
use wire::tax_record::TaxRecord;

use super::*;

fn read(directory: &Path) -> Vec<ResidentRecord> {
    let bytes = std::fs::read(directory.join(files::RESIDENTS)).unwrap();
    let mut reader =
        Reader::<_, ResidentRecord>::open(bytes.as_slice(), files::RESIDENTS, Encoding::Utf8, &FileMapping::default())
            .unwrap();
    let mut records = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        match entry {
            Entry::Good { record, .. } => records.push(record),
            Entry::Bad { faults, .. } => panic!("{faults:?}"),
        }
    }
    records
}

#[test]
fn the_same_seed_is_the_same_city() {
    let (one, two, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = generate(2_000, 7, one.path()).unwrap();
    assert_eq!(first, generate(2_000, 7, two.path()).unwrap());
    generate(2_000, 8, three.path()).unwrap();
    let records = [SealRegistration::FILE, TaxRecord::FILE, FamilyRegister::FILE];
    for name in [files::RESIDENTS, files::HOUSEHOLDS, files::PROTECTIONS, files::SOURCE, "samples.toml"]
        .into_iter()
        .chain(records)
    {
        assert_eq!(std::fs::read(one.path().join(name)).unwrap(), std::fs::read(two.path().join(name)).unwrap());
    }
    let residents = |directory: &Path| std::fs::read(directory.join(files::RESIDENTS)).unwrap();
    assert_ne!(residents(one.path()), residents(three.path()));
}

#[test]
fn it_looks_like_a_city() {
    let directory = tempfile::tempdir().unwrap();
    let summary = generate(20_000, 1, directory.path()).unwrap();
    let residents = read(directory.path());
    assert_eq!(residents.len(), 20_000);
    let (year, month, day) = AS_OF;
    let as_of = Date::new(year, month, day).unwrap();
    let share = |test: &dyn Fn(i32) -> bool| {
        residents.iter().filter(|r| test(r.birth_date.age_on(as_of))).count() * 100 / residents.len()
    };
    assert!((20..=34).contains(&share(&|age| age >= 65)), "65+: {} %", share(&|age| age >= 65));
    assert!((8..=17).contains(&share(&|age| age < 15)), "under 15: {} %", share(&|age| age < 15));
    let size = f64::from(summary.residents) / f64::from(summary.households);
    assert!((1.9..2.6).contains(&size), "mean household {size}");
    let surnames: BTreeSet<_> = residents.iter().filter_map(|r| r.name.split('　').next()).collect();
    assert!(surnames.len() > 1_500, "{} surnames among 20,000", surnames.len());
    for state in [
        "planned_move_out",
        "moved_out",
        "dead",
        "pending",
        "foreign",
        "common_name",
        "former_name",
        "rare_characters",
        "protected",
    ] {
        assert!(summary.counts.get(state).copied().unwrap_or(0) > 5, "{state}: {:?}", summary.counts);
    }
}

#[test]
fn days_of_a_life_are_in_order() {
    let directory = tempfile::tempdir().unwrap();
    generate(5_000, 3, directory.path()).unwrap();
    for resident in read(directory.path()) {
        let (born, came, since) = (resident.birth_date, resident.became_resident_on, resident.address_since);
        assert!(came.is_some_and(|came| born <= came) && came <= since && since <= resident.notified_on);
        if let EntryState::MovedOut(day) | EntryState::Dead(day) = resident.state {
            assert!(since.is_some_and(|since| since <= day), "{}", resident.resident_id);
        }
    }
}

#[test]
fn every_sample_is_there_and_a_small_city_is_exact() {
    let directory = tempfile::tempdir().unwrap();
    let summary = generate(60, 1, directory.path()).unwrap();
    let ids: BTreeSet<_> = read(directory.path()).into_iter().map(|resident| resident.resident_id).collect();
    assert!(summary.samples.len() >= 15);
    assert!(summary.samples.iter().all(|sample| ids.contains(&sample.resident_id)));
    for size in [0, 1, 3, 61] {
        let directory = tempfile::tempdir().unwrap();
        generate(size, 1, directory.path()).unwrap();
        assert_eq!(read(directory.path()).len(), size as usize);
    }
}

#[test]
fn its_family_registers_are_those_of_its_people() {
    let directory = tempfile::tempdir().unwrap();
    let summary = generate(400, 1, directory.path()).unwrap();
    let residents: BTreeSet<_> = read(directory.path()).into_iter().map(|resident| resident.resident_id).collect();
    let registers: Vec<FamilyRegister> = records(directory.path());
    assert_eq!(registers.len(), summary.family_registers as usize);
    let members: Vec<_> = registers.iter().flat_map(|register| &register.members).collect();
    assert!(members.iter().filter_map(|member| member.resident_id.as_ref()).all(|id| residents.contains(id)));
    let count = |test: &dyn Fn(&wire::family_register::Member) -> bool| members.iter().filter(|one| test(one)).count();
    assert!(count(&|one| !one.state.is_entered()) >= 4, "removed by marriage and by death");
    assert!(count(&|one| one.adoptive.is_some()) == 1 && count(&|one| one.resident_id.is_none()) >= 3);
    assert!(count(&|one| one.records.iter().any(|record| record.below.len() == 2)) == 1, "a correction with a note");
    assert!(registers.iter().any(|register| register.is_pending));
    let non_resident = family_registers::NON_RESIDENT;
    assert!(registers.iter().any(|register| register.domicile == non_resident.domicile
        && register.head == non_resident.head
        && register.members.iter().any(|one| register.full_name(one) == non_resident.name)));
}

fn records<T: Record>(directory: &Path) -> Vec<T> {
    let bytes = std::fs::read(directory.join(T::FILE)).unwrap();
    let mut reader = record_lines::Reader::<_, T>::open(bytes.as_slice()).unwrap();
    let mut records = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        match entry {
            record_lines::Entry::Good { record, .. } => records.push(*record),
            record_lines::Entry::Bad { faults, .. } => panic!("{faults:?}"),
        }
    }
    records
}

#[test]
fn every_sample_from_fifteen_on_has_a_seal_and_a_tax_record_and_each_state_occurs() {
    let directory = tempfile::tempdir().unwrap();
    let summary = generate(400, 1, directory.path()).unwrap();
    let residents = read(directory.path());
    let (seals, taxes) = (records::<SealRegistration>(directory.path()), records::<TaxRecord>(directory.path()));
    assert!(seals.len() > 25 && taxes.len() > seals.len(), "{} and {}", seals.len(), taxes.len());
    let of = |kind: &str| summary.samples.iter().find(|sample| sample.kind == kind).unwrap().resident_id.clone();
    let seal = |kind: &str| seals.iter().find(|seal| seal.resident_id == of(kind)).unwrap();
    let tax = |kind: &str| taxes.iter().find(|tax| tax.resident_id == of(kind)).unwrap();
    assert!(seal("couple").state == SealState::Registered && tax("couple").is_filed);
    assert!(matches!(seal("seal-suspended").state, SealState::Suspended { .. }));
    assert!(matches!(seal("seal-cancelled").state, SealState::Cancelled { .. }));
    assert!(!tax("tax-unfiled").is_filed);
    let zero = tax("tax-zero-income");
    assert!(zero.is_filed && zero.income.total == base::Yen(0) && zero.tax.total == base::Yen(0));
    assert!(seals.iter().all(|seal| seal.resident_id != of("under-fifteen")));
    for seal in &seals {
        let resident = residents.iter().find(|resident| resident.resident_id == seal.resident_id).unwrap();
        assert!(resident.name == seal.name && resident.birth_date == seal.birth_date);
    }
    let pictures: BTreeSet<_> = seals.iter().map(|seal| seal.impression.png.clone()).collect();
    assert_eq!(pictures.len(), seals.len(), "no two people have the same seal");
}

#[test]
#[ignore = "writes pictures for looking at: YAKUBA_SAMPLES=directory"]
fn write_seals() {
    let out = std::env::var("YAKUBA_SAMPLES").unwrap();
    let directory = tempfile::tempdir().unwrap();
    generate(80, 1, directory.path()).unwrap();
    for (number, seal) in records::<SealRegistration>(directory.path()).iter().take(6).enumerate() {
        std::fs::write(format!("{out}/seal-{number}.png"), &seal.impression.png).unwrap();
    }
}

#[test]
fn the_family_registers_say_what_the_register_of_residents_says() {
    let directory = tempfile::tempdir().unwrap();
    generate(3_000, 5, directory.path()).unwrap();
    let residents: BTreeMap<String, ResidentRecord> =
        read(directory.path()).into_iter().map(|one| (one.resident_id.clone(), one)).collect();
    let mut members = 0;
    for register in records::<FamilyRegister>(directory.path()) {
        let is_current = register.state == wire::family_register::RegisterState::Current;
        let mut relations = BTreeSet::new();
        for member in &register.members {
            assert!(member.father.is_some() || !is_current, "{} {}", register.id, member.order);
            assert!(member.mother.is_some() || !is_current, "{} {}", register.id, member.order);
            let Some(resident) = member.resident_id.as_ref().and_then(|id| residents.get(id)) else { continue };
            if !is_current {
                continue;
            }
            members += 1;
            let is_child = resident.relationship == "子";
            assert!(!is_child || relations.insert(member.relation.clone()), "two of {}", member.relation);
            assert_eq!(register.full_name(member), resident.name);
            assert_eq!(resident.family_register_domicile.as_deref(), Some(register.domicile.as_str()));
            assert_eq!(resident.family_register_head.as_deref(), Some(register.head.as_str()));
            assert!(member.appendix.is_sorted_by_key(|entry| entry.set_on));
            let home = member.appendix.iter().rfind(|entry| entry.address.starts_with(&resident.address)).unwrap();
            assert_eq!(home.set_on, resident.address_since);
        }
    }
    assert!(members > 1_000, "{members}");
}
