//! What a look at the printer means for the job that was sent: pure, so that every mix-up is a row of a test.

use super::{Condition, JobNumber, JobReport, JobState, Ticket, Trouble};

/// The printer and we do not mean the same job. Each stops the service (I12): at a printer that mixes jobs up, somebody
/// may take another's paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Asked about our job, it told of another number.
    #[error("the printer told of another job")]
    OtherNumber,
    /// The job of our number has another name.
    #[error("the job has another name")]
    OtherName,
    /// More than one job has our name.
    #[error("the job is there twice")]
    Twice,
    /// Another job came in while ours was there.
    #[error("another job came between")]
    Between,
}

impl Mismatch {
    /// A stable word for incidents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherNumber => "print-other-job",
            Self::OtherName => "print-other-name",
            Self::Twice => "print-twice",
            Self::Between => "print-between",
        }
    }
}

/// How our job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It goes on.
    Going,
    /// It waits until somebody mends this.
    Held(Trouble),
    /// It is out.
    Printed,
    /// It will not come: cancelled or given up.
    Ended,
    /// See [`Mismatch`].
    Wrong(Mismatch),
}

/// What the job read back and the printer's condition say of the job `number` of `ticket`.
pub(super) fn judge(ticket: &Ticket, number: JobNumber, job: &JobReport, condition: &Condition) -> Look {
    if job.number != number {
        return Look::Wrong(Mismatch::OtherNumber);
    }
    if job.name != ticket.name {
        return Look::Wrong(Mismatch::OtherName);
    }
    let mut others = condition.waiting.iter().filter(|other| other.number != number).peekable();
    if others.peek().is_some() {
        let twice = others.any(|other| other.name == ticket.name);
        return Look::Wrong(if twice { Mismatch::Twice } else { Mismatch::Between });
    }
    match (job.state, condition.trouble) {
        (JobState::Completed, _) => Look::Printed,
        (JobState::Cancelled | JobState::Aborted, _) => Look::Ended,
        (_, Some(trouble)) => Look::Held(trouble),
        (JobState::Held, None) => Look::Held(Trouble::Paused),
        (JobState::Stopped, None) => Look::Held(Trouble::Other),
        (JobState::Pending | JobState::Printing, None) => Look::Going,
    }
}

#[cfg(test)]
mod tests {
    use base::Id;

    use super::*;

    fn ticket() -> Ticket {
        Ticket::new(Id::from_bytes([1; 16]), Id::from_bytes([2; 16]), 1, true)
    }

    fn job(number: JobNumber, name: &str, state: JobState) -> JobReport {
        JobReport { number, name: name.to_owned(), state }
    }

    fn look(job_read: &JobReport, trouble: Option<Trouble>, waiting: Vec<JobReport>) -> Look {
        judge(&ticket(), 7, job_read, &Condition { trouble, waiting, words: Vec::new() })
    }

    #[test]
    fn a_job_that_is_not_ours_is_never_taken_for_ours() {
        let name = ticket().name;
        let ours = job(7, &name, JobState::Printing);
        assert_eq!(look(&job(8, &name, JobState::Completed), None, vec![]), Look::Wrong(Mismatch::OtherNumber));
        assert_eq!(look(&job(7, "x", JobState::Completed), None, vec![]), Look::Wrong(Mismatch::OtherName));
        let twice = vec![ours.clone(), job(8, &name, JobState::Pending)];
        assert_eq!(look(&ours, None, twice), Look::Wrong(Mismatch::Twice));
        let between = vec![ours.clone(), job(8, "x", JobState::Pending)];
        assert_eq!(look(&ours, None, between), Look::Wrong(Mismatch::Between));
    }

    #[test]
    fn only_a_completed_job_is_printed_and_trouble_only_holds_it() {
        let name = ticket().name;
        let of = |state, trouble| look(&job(7, &name, state), trouble, vec![job(7, &name, state)]);
        for state in [JobState::Pending, JobState::Printing] {
            assert_eq!(of(state, None), Look::Going);
            for trouble in Trouble::ALL {
                assert_eq!(of(state, Some(trouble)), Look::Held(trouble));
            }
        }
        assert_eq!(of(JobState::Stopped, Some(Trouble::Jam)), Look::Held(Trouble::Jam));
        assert_eq!(of(JobState::Completed, Some(Trouble::OutOfPaper)), Look::Printed);
        assert_eq!(of(JobState::Aborted, None), Look::Ended);
        assert_eq!(of(JobState::Cancelled, None), Look::Ended);
    }
}
