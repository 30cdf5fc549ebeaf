//! **Simulated** printer for the demo and for tests: no paper, but every trouble a real one has.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Condition, JobNumber, JobReport, JobState, Printer, PrinterFault, Ticket, Trouble};

/// Looks at a job after which it is out.
const LOOKS: u32 = 2;

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    jobs: Vec<(JobReport, u32)>,
}

/// A simulated printer.
#[derive(Default)]
pub struct SimulatedTray(Mutex<State>);

impl SimulatedTray {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every method leaves the state sound before it could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its trouble from now on; `None` mends it.
    pub fn set(&self, trouble: Option<Trouble>) {
        self.state().trouble = trouble;
    }
}

const fn has_ended(state: JobState) -> bool {
    matches!(state, JobState::Completed | JobState::Cancelled | JobState::Aborted)
}

impl Printer for SimulatedTray {
    fn condition(&self) -> Result<Condition, PrinterFault> {
        let state = self.state();
        if state.trouble == Some(Trouble::Offline) {
            return Err(PrinterFault::Offline);
        }
        let waiting = state.jobs.iter().map(|(job, _)| job).filter(|job| !has_ended(job.state)).cloned().collect();
        let words = state.trouble.map(|trouble| trouble.code().to_owned()).into_iter().collect();
        Ok(Condition { trouble: state.trouble, words, waiting })
    }

    fn submit(&self, ticket: &Ticket, _pdf: &[u8]) -> Result<JobNumber, PrinterFault> {
        let mut state = self.state();
        if state.trouble == Some(Trouble::Offline) {
            return Err(PrinterFault::Offline);
        }
        // Those that ended are of no use but for their number.
        state.jobs.retain(|(job, _)| !has_ended(job.state) || job.name == ticket.name);
        let number = JobNumber::try_from(state.jobs.len()).unwrap_or_default() + 1;
        let number = state.jobs.iter().map(|(job, _)| job.number + 1).max().unwrap_or(number);
        state.jobs.push((JobReport { number, name: ticket.name.clone(), state: JobState::Printing }, 0));
        Ok(number)
    }

    fn job(&self, number: JobNumber) -> Result<JobReport, PrinterFault> {
        let mut state = self.state();
        let trouble = state.trouble;
        if trouble == Some(Trouble::Offline) {
            return Err(PrinterFault::Offline);
        }
        let (job, looks) =
            state.jobs.iter_mut().find(|(job, _)| job.number == number).ok_or(PrinterFault::NoSuchJob)?;
        if !has_ended(job.state) {
            job.state = if trouble.is_some() { JobState::Stopped } else { JobState::Printing };
            *looks += u32::from(trouble.is_none());
            if *looks >= LOOKS {
                job.state = JobState::Completed;
            }
        }
        Ok(job.clone())
    }

    fn named(&self, name: &str) -> Result<Vec<JobReport>, PrinterFault> {
        let state = self.state();
        if state.trouble == Some(Trouble::Offline) {
            return Err(PrinterFault::Offline);
        }
        Ok(state.jobs.iter().map(|(job, _)| job).filter(|job| job.name == name).cloned().collect())
    }

    fn cancel(&self, number: JobNumber) -> Result<(), PrinterFault> {
        let mut state = self.state();
        if state.trouble == Some(Trouble::Offline) {
            return Err(PrinterFault::Offline);
        }
        let (job, _) = state.jobs.iter_mut().find(|(job, _)| job.number == number).ok_or(PrinterFault::NoSuchJob)?;
        if has_ended(job.state) {
            return Err(PrinterFault::Refused(0x0404));
        }
        job.state = JobState::Cancelled;
        Ok(())
    }
}
