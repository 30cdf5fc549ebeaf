//! Who a notice or a scheme is for: rules over facts about a person and their household (対象者の判定).
//!
//! For the service that sends notices and for the pages that say "schemes you may be able to use". Officers build a
//! rule by form, a resident reads why it fits. It stands above `base` alone: no database, no web, no log, no clock.
//!
//! ```text
//!  form fields ⇄ Draft ⇄ Rule ──go_live──▶ Live ──on(day)──▶ Resolved ─┬─ judge(household, who) ─▶ Judgement: why
//!                 (faults, field by field)                             └─ Snapshot.audience ─▶ Audience ─▶ Table
//! ```
//!
//! * **Three values.** 対象 / 対象外 / 判定不能 ([`Outcome`]); what is not recorded or not opened is unknown, never "no".
//! * **Consent decides what exists.** A fact of a class a person did not open ([`Consents`]) is unknown everywhere and
//!   never enters a [`Snapshot`].
//! * **No number without a source.** Numbers are parameters with dates and sources; only [`Rule::go_live`] makes a
//!   rule that judges.
//! * **Others stay unseen.** A reason tells of other members the question and its one result, nothing else.
//! * **Small counts stay unseen.** [`Snapshot::table`] hides small cells, and enough others that totals do not
//!   give them away. Two tables of nearly the same rule can still be subtracted: the service must record who asked
//!   for which, and limit it.
//!
//! What the result means: *possibly* entitled. The office decides.

pub mod audience;
pub mod check;
pub mod columns;
pub mod counts;
mod date_text;
pub mod fact;
mod fault;
pub mod form;
pub mod judge;
mod kernels;
mod members;
mod program;
pub mod reason;
pub mod record;
pub mod resolved;
pub mod schemes;
mod suppression;
pub mod tree;
pub mod value;
pub mod vocabulary;
pub mod words;

pub use audience::{Audience, OtherDay};
pub use check::{Admission, Fault, Live, Place, Wrong};
pub use columns::{Snapshot, TooMany};
pub use counts::{AgeBand, Cell, Table};
pub use fact::{DataClass, Fact, Kind, Unit};
pub use judge::{Judgement, Outcome, judge, judge_household};
pub use reason::Line;
pub use record::{Consents, Day, Household, Known, Person};
pub use resolved::Resolved;
pub use schemes::Scheme;
pub use tree::{
    Among, Comparison, Condition, DatedValue, Parameter, Quantity, Rule, Source, Standing, StoredFault, Test,
};
pub use value::{Gap, Value};
pub use vocabulary::{Benefit, HealthService, Insurance, Role, Sex, Taxation};
pub use words::{CityWords, Language, Words};
