//! The life of one request: one row, one state, one end (invariants I5 and I15).
//!
//! ```text
//!  AwaitingPayment ─► TakingPayment ─► Paid ─► Ready ─► Printing ─► Printed ■
//!        │                  │           │        │          │
//!        ▼                  ▼           ▼        ▼          ▼
//!    Cancelled ■      PaymentUnclear   RefundDue ◄──► Refunding ─► Refunded ■
//!                                                          └─► RefundUnclear (an officer: paid, or still due)
//! ```
//! Printed-not-paid cannot happen: only `Paid` leads to `Ready`, only `Ready` to `Printing`. Paid-not-printed ends in a
//! refund, which is written down before the box is asked for it ([`super::refunds`]). `PaymentUnclear` and `RefundUnclear`
//! are what a power cut at the coin box leaves: an officer counts the box.

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Confirmed by the person; the fee is not in yet.
    AwaitingPayment,
    /// The coin box is about to keep the fee.
    TakingPayment,
    /// The fee is in.
    Paid,
    /// The document is finished, checked, signed and sealed.
    Ready,
    /// The bytes were handed out, once.
    Printing,
    /// The machine says the paper is out.
    Printed,
    /// Ended before any money was kept.
    Cancelled,
    /// Money is kept and no paper will come: it is owed.
    RefundDue,
    /// The coin box is about to pay the fee back, or has: it is asked.
    Refunding,
    /// The money is back.
    Refunded,
    /// It is not known whether the box kept the fee.
    PaymentUnclear,
    /// It is not known whether the box paid the fee back.
    RefundUnclear,
}

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The box will be told to keep the fee.
    PaymentStarted,
    /// The box kept it.
    PaymentKept,
    /// The box kept nothing.
    PaymentFailed,
    /// The document is durable.
    DocumentReady,
    /// The one-time token was used.
    Fetched,
    /// Printing was acknowledged.
    PrintAcknowledged,
    /// The person stopped, left, or pulled the card; or a check said no.
    Stopped,
    /// The box will be told to pay the fee back.
    RefundStarted,
    /// The refund was paid out.
    RefundPaid,
    /// The box paid nothing out.
    RefundFailed,
    /// The process died and came back, or the time ran out.
    FoundAfterRestart,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::PaymentStarted,
        Self::PaymentKept,
        Self::PaymentFailed,
        Self::DocumentReady,
        Self::Fetched,
        Self::PrintAcknowledged,
        Self::Stopped,
        Self::RefundStarted,
        Self::RefundPaid,
        Self::RefundFailed,
        Self::FoundAfterRestart,
    ];

    /// The name of the moment at which it is written and not committed yet ([`store::Tx::reach`]).
    pub const fn point(self) -> &'static str {
        match self {
            Self::PaymentStarted => "request.payment-started",
            Self::PaymentKept => "request.payment-kept",
            Self::PaymentFailed => "request.payment-failed",
            Self::DocumentReady => "request.document-ready",
            Self::Fetched => "request.fetched",
            Self::PrintAcknowledged => "request.print-acknowledged",
            Self::Stopped => "request.stopped",
            Self::RefundStarted => "request.refund-started",
            Self::RefundPaid => "request.refund-paid",
            Self::RefundFailed => "request.refund-failed",
            Self::FoundAfterRestart => "request.found-after-restart",
        }
    }
}

impl State {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::AwaitingPayment,
        Self::TakingPayment,
        Self::Paid,
        Self::Ready,
        Self::Printing,
        Self::Printed,
        Self::Cancelled,
        Self::RefundDue,
        Self::Refunding,
        Self::Refunded,
        Self::PaymentUnclear,
        Self::RefundUnclear,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::TakingPayment => "taking_payment",
            Self::Paid => "paid",
            Self::Ready => "ready",
            Self::Printing => "printing",
            Self::Printed => "printed",
            Self::Cancelled => "cancelled",
            Self::RefundDue => "refund_due",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::PaymentUnclear => "payment_unclear",
            Self::RefundUnclear => "refund_unclear",
        }
    }

    /// Reads the word in the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more will happen by itself.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Printed | Self::Cancelled | Self::Refunded)
    }

    /// The state after `event`, or `None` when the event cannot happen here.
    pub const fn after(self, event: Event) -> Option<Self> {
        Some(match (self, event) {
            (Self::AwaitingPayment, Event::PaymentStarted) => Self::TakingPayment,
            (Self::AwaitingPayment, Event::Stopped | Event::FoundAfterRestart) => Self::Cancelled,
            (Self::TakingPayment, Event::PaymentKept) => Self::Paid,
            (Self::TakingPayment, Event::PaymentFailed) => Self::AwaitingPayment,
            (Self::TakingPayment, Event::FoundAfterRestart) => Self::PaymentUnclear,
            (Self::Paid, Event::DocumentReady) => Self::Ready,
            (Self::Ready, Event::Fetched) => Self::Printing,
            (Self::Printing, Event::PrintAcknowledged) => Self::Printed,
            (Self::Paid | Self::Ready | Self::Printing, Event::Stopped | Event::FoundAfterRestart) => Self::RefundDue,
            (Self::RefundDue, Event::RefundStarted) => Self::Refunding,
            (Self::RefundDue | Self::Refunding | Self::RefundUnclear, Event::RefundPaid) => Self::Refunded,
            (Self::Refunding | Self::RefundUnclear, Event::RefundFailed) => Self::RefundDue,
            (Self::Refunding, Event::FoundAfterRestart) => Self::RefundUnclear,
            (Self::PaymentUnclear, Event::PaymentKept) => Self::RefundDue,
            (Self::PaymentUnclear, Event::PaymentFailed) => Self::Cancelled,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 11] = Event::ALL;

    /// Walks every path of up to nine events and hands each to `check`.
    fn walk(state: State, path: &mut Vec<Event>, check: &mut impl FnMut(State, &[Event])) {
        check(state, path);
        if path.len() == 9 {
            return;
        }
        for event in EVENTS {
            if let Some(next) = state.after(event) {
                path.push(event);
                walk(next, path, check);
                path.pop();
            }
        }
    }

    #[test]
    fn printed_not_paid_cannot_happen() {
        walk(State::AwaitingPayment, &mut Vec::new(), &mut |state, path| {
            if matches!(state, State::Ready | State::Printing | State::Printed) {
                assert!(path.contains(&Event::PaymentKept), "{path:?}");
            }
        });
    }

    #[test]
    fn money_that_was_kept_is_printed_owed_or_back() {
        walk(State::AwaitingPayment, &mut Vec::new(), &mut |state, path| {
            if path.contains(&Event::PaymentKept) {
                assert!(!matches!(state, State::Cancelled | State::AwaitingPayment), "{path:?}");
            }
        });
    }

    #[test]
    fn an_end_is_an_end() {
        for state in State::ALL {
            for event in EVENTS {
                assert!(!state.is_terminal() || state.after(event).is_none(), "{state:?} {event:?}");
            }
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn every_state_that_is_not_an_end_can_reach_one_after_a_restart() {
        for state in State::ALL {
            let mut state = state;
            for event in [Event::FoundAfterRestart, Event::PaymentKept, Event::RefundPaid] {
                state = state.after(event).unwrap_or(state);
            }
            assert!(state.is_terminal(), "{state:?}");
        }
    }

    #[test]
    fn money_is_paid_back_once_and_only_where_it_was_owed() {
        walk(State::AwaitingPayment, &mut Vec::new(), &mut |state, path| {
            let paid_back = path.iter().filter(|event| **event == Event::RefundPaid).count();
            assert_eq!(paid_back, usize::from(state == State::Refunded), "{path:?}");
        });
        // Nobody gives by hand what a box is paying out, and nobody asks a box for what may be out already.
        assert_eq!(State::Refunding.after(Event::RefundStarted), None);
        assert_eq!(State::RefundUnclear.after(Event::RefundStarted), None);
    }

    /// Messages of a machine arrive twice, in another order, or not at all; restarts fall anywhere. 200,000 such lives.
    #[test]
    fn messages_that_come_twice_or_in_another_order_never_make_a_wrong_life() {
        let random = base::SeededRandom::from_seed(15);
        let random: &dyn base::Random = &random;
        let pick = |bound: usize| usize::try_from(random.below(bound as u64)).unwrap();
        let good =
            [Event::PaymentStarted, Event::PaymentKept, Event::DocumentReady, Event::Fetched, Event::PrintAcknowledged];
        let mut ends = std::collections::BTreeMap::new();
        for life in 0..200_000 {
            let mut messages = good.to_vec();
            for _ in 0..pick(6) {
                let (at, length) = (pick(messages.len() + 1), messages.len());
                let (last, other) = (length.saturating_sub(1), pick(length.max(1)));
                match pick(4) {
                    0 => messages.insert(at, EVENTS[pick(EVENTS.len())]),
                    1 if length > 0 => messages.insert(at, messages[other]),
                    2 if length > 0 => _ = messages.remove(at.min(last)),
                    _ if length > 1 => messages.swap(at.min(last), other),
                    _ => {}
                }
            }
            messages.extend([Event::FoundAfterRestart, Event::RefundPaid]);
            let (mut state, mut kept, mut refunds, mut fetches) = (State::AwaitingPayment, 0, 0, 0);
            for event in messages {
                let Some(next) = state.after(event) else { continue };
                kept += usize::from(event == Event::PaymentKept);
                refunds += usize::from(event == Event::RefundPaid);
                fetches += usize::from(event == Event::Fetched);
                assert!(fetches == 0 || kept == 1, "life {life}: handed out and not paid");
                assert!(refunds <= kept, "life {life}: refunded and not paid");
                state = next;
            }
            assert!(kept <= 1 && refunds <= 1 && fetches <= 1, "life {life}: twice");
            assert!(!(state == State::Printed && refunds > 0), "life {life}: printed and refunded");
            let is_settled = matches!(state, State::Printed | State::Refunded | State::Cancelled);
            assert!(is_settled || state == State::PaymentUnclear, "life {life} ends in {state:?}");
            assert_eq!(kept == 1, matches!(state, State::Printed | State::Refunded), "life {life}: {state:?}");
            *ends.entry(state.as_str()).or_insert(0) += 1;
        }
        assert_eq!(ends.len(), 4, "every end was met: {ends:?}");
    }
}
