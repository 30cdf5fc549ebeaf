//! Who acts.

use base::Id;

use crate::resident_id::ResidentId;

/// Who does something. Written into disclosure and audit; a resident is shown the actor's class and office, never a
/// staff member's account id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A member of staff, signed in.
    Staff {
        /// Their account.
        account: Id,
    },
    /// A resident acting for themselves, known by a verified card signature or a portal session.
    Resident {
        /// Who.
        resident: ResidentId,
        /// The terminal they stand at, if any.
        terminal: Option<String>,
    },
    /// A terminal before anybody is known at it.
    Kiosk {
        /// The terminal's id.
        terminal: String,
    },
    /// A job of the system itself.
    System {
        /// Its name, e.g. `relay-paper-status`.
        job: &'static str,
    },
    /// A department's or an approved private sender's system, by its key (`/api/dispatch`). It reads nobody's record.
    Sender {
        /// The sender's name, e.g. `tax-office`.
        key: String,
    },
    /// A command given at the counter's machine. Outside demo data it carries the staff account that signed in.
    CounterCommand {
        /// The account; `None` only on demo data.
        account: Option<Id>,
    },
}

impl Actor {
    /// The class word stored and shown: `staff`, `resident`, `kiosk`, `system`, `sender`, `counter`.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Staff { .. } => "staff",
            Self::Resident { .. } => "resident",
            Self::Kiosk { .. } => "kiosk",
            Self::System { .. } => "system",
            Self::Sender { .. } => "sender",
            Self::CounterCommand { .. } => "counter",
        }
    }

    /// The text stored in inside tables (`staff:<account>` …). Leads to a person: never log it.
    pub fn key(&self) -> String {
        match self {
            Self::Staff { account } => format!("staff:{account}"),
            Self::Resident { resident, .. } => format!("resident:{}", resident.as_str()),
            Self::Kiosk { terminal } => format!("kiosk:{terminal}"),
            Self::System { job } => format!("system:{job}"),
            Self::Sender { key } => format!("sender:{key}"),
            Self::CounterCommand { account: Some(account) } => format!("counter:{account}"),
            Self::CounterCommand { account: None } => "counter:demo".to_owned(),
        }
    }

    /// The terminal at which this happens, if any.
    pub fn terminal(&self) -> Option<&str> {
        match self {
            Self::Resident { terminal, .. } => terminal.as_deref(),
            Self::Kiosk { terminal } => Some(terminal),
            _ => None,
        }
    }

    /// Whether this is `resident` acting for themselves.
    pub fn is_self(&self, other: &ResidentId) -> bool {
        matches!(self, Self::Resident { resident, .. } if resident == other)
    }

    /// Records an hour this actor may open. Our own figure: a busy counter serves 30 people an hour.
    ///
    /// Residents reach only their own household and terminals are limited at their door; neither is counted here, so
    /// that issuing never reads other people's disclosures (under SERIALIZABLE that would make issues conflict).
    pub(crate) const fn hourly_cap(&self) -> Option<u32> {
        match self {
            Self::Staff { .. } | Self::CounterCommand { account: Some(_) } => Some(300),
            Self::Resident { .. }
            | Self::Kiosk { .. }
            | Self::System { .. }
            | Self::Sender { .. }
            | Self::CounterCommand { account: None } => None,
        }
    }
}
