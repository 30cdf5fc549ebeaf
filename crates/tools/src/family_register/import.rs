//! Family registers as [`crate::copied_records`]: their rows, and what an import of them ends.

use std::path::Path;

use base::Seams;
use store::{Store, StoreError, Tx};
use wire::record_lines::Record as _;

use super::place::{domicile_key, place_key};
use super::towns::town_of;
use super::{FamilyRegister, RegisterState};
use crate::access::{BulkDeclaration, Concerned};
use crate::copied_records::import as copies;
use crate::copied_records::{Copied, Ledger, ledger};
use crate::register::import::Options;

pub use copies::ImportError;

const INSERT: &str = "INSERT INTO family_registers (generation, register_id, state, place_key, is_complete, position, \
    body, town, domicile_key) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8) ON CONFLICT (generation, register_id) DO NOTHING";

const INSERT_MEMBER: &str = "INSERT INTO family_register_members (generation, resident_id, register_id, member_order, \
    is_entered) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (generation, resident_id, register_id, member_order) DO NOTHING";

const SWEEP: [&str; 2] = [
    "DELETE FROM family_register_members WHERE generation = $1 AND register_id IN (SELECT register_id \
     FROM family_register_members WHERE generation = $1 LIMIT 200)",
    "DELETE FROM family_registers WHERE generation = $1 AND register_id IN (SELECT register_id \
     FROM family_registers WHERE generation = $1 LIMIT 200)",
];

impl Copied for FamilyRegister {
    const DECLARATION: BulkDeclaration = BulkDeclaration {
        name: "family_register.import",
        japanese: "戸籍情報システムから戸籍の写しを取り込みました。",
        english: "The copy of the family registers was loaded from the city's family register system.",
        concerned: Concerned::Everyone,
    };
    const JOURNAL: &'static str = "family_register";
    const REFUSED: &'static str = "refused_family_registers.csv";
    const LEDGER: Ledger = ledger!(own "family_register_feed", "family_register_runs", "registers");

    fn people(&self) -> u64 {
        self.members.len() as u64
    }

    fn insert(&self, tx: &mut Tx, generation: i64, position: i64) -> Result<(), StoreError> {
        let state = match self.state {
            RegisterState::Current => "current",
            RegisterState::Removed { .. } => "removed",
            RegisterState::Rewritten { .. } => "rewritten",
        };
        tx.queue(
            INSERT,
            &[
                generation.into(),
                self.id.as_str().into(),
                state.into(),
                place_key(&self.domicile, &self.head).into(),
                position.into(),
                self.to_line().into(),
                town_of(&self.domicile).into(),
                domicile_key(&self.domicile).into(),
            ],
        )?;
        for member in &self.members {
            let Some(resident) = &member.resident_id else { continue };
            tx.queue(
                INSERT_MEMBER,
                &[
                    generation.into(),
                    resident.as_str().into(),
                    self.id.as_str().into(),
                    i64::from(member.order).into(),
                    i64::from(member.state.is_entered()).into(),
                ],
            )?;
        }
        Ok(())
    }

    fn remove(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError> {
        let key = [generation.into(), key.into()];
        tx.queue("DELETE FROM family_register_members WHERE generation = $1 AND register_id = $2", &key)?;
        tx.queue("DELETE FROM family_registers WHERE generation = $1 AND register_id = $2", &key)
    }

    fn mark_incomplete(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError> {
        tx.queue(
            "UPDATE family_registers SET is_complete = 0 WHERE generation = $1 AND register_id = $2",
            &[generation.into(), key.into()],
        )
    }

    fn sweep(tx: &mut Tx, generation: i64) -> Result<u64, StoreError> {
        let [members, registers] = SWEEP;
        Ok(tx.execute(members, &[generation.into()])? + tx.execute(registers, &[generation.into()])?)
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// To the copy.
    pub copy: copies::Report,
    /// Registrations of people who live elsewhere that ended because their 本籍 changed.
    pub registrations_ended: u64,
}

/// Imports the family registers of `dir` ([`copies::run`]) and ends registrations whose 本籍 changed; `None` when it holds
/// none.
///
/// # Errors
/// [`ImportError`]. Refused lines are not an error but counted in the report.
pub fn run(store: &Store, seams: &Seams, dir: &Path, options: &Options) -> Result<Option<Report>, ImportError> {
    let Some(copy) = copies::run::<FamilyRegister>(store, seams, dir, options)? else { return Ok(None) };
    let is_changed = copy.switched && !options.dry_run;
    let registrations_ended = if is_changed { super::registration::void_changed(store, seams)? } else { 0 };
    Ok(Some(Report { copy, registrations_ended }))
}
