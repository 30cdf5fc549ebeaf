//! A print queue over the Internet Printing Protocol (RFC 8010 encoding, RFC 8011 model): CUPS, or a printer itself.
//!
//! ```text
//!  submit ── Print-Job ─────────────────────────► queue      condition ── Get-Printer-Attributes, Get-Jobs ─►
//!  job ───── Get-Job-Attributes ────────────────►            named ────── Get-Jobs, ended ones too ─────────►
//!  cancel ── Cancel-Job ────────────────────────►
//! ```
//! The crate `ipp` writes and reads the messages; the connection is ours, with a limit on time and on bytes. The address
//! is `ipp://HOST[:631]/PATH`. The queue is meant to be on the machine itself or beside it: the connection is not
//! encrypted, and a paper is as readable on it as on the cable of the printer.

use std::time::Duration;

use ipp::attribute::{IppAttribute, IppAttributeGroup, IppAttributes};
use ipp::model::{DelimiterTag, IppVersion, Operation};
use ipp::parser::{IppParseError, IppParser};
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;

use super::{Condition, JobNumber, JobReport, JobState, Printer, PrinterFault, Ticket, Trouble};

/// A question is answered within this, or the printer counts as silent.
const ASK: Duration = Duration::from_secs(3);
/// The same for a paper that is sent.
const SEND: Duration = Duration::from_secs(20);
/// No answer has more.
const MOST_BYTES: u64 = 1 << 20;
/// In whose name jobs are sent: a machine's, never a person's.
const USER: &str = "yakuba";
const DEFAULT_PORT: u16 = 631;

/// What printers call their troubles (printer-state-reasons, RFC 8011 §5.4.12), without the severity at the end.
const REASONS: [(&str, Trouble); 22] = [
    ("media-empty", Trouble::OutOfPaper),
    ("media-needed", Trouble::OutOfPaper),
    ("input-tray-missing", Trouble::OutOfPaper),
    ("media-jam", Trouble::Jam),
    ("cover-open", Trouble::Open),
    ("door-open", Trouble::Open),
    ("interlock-open", Trouble::Open),
    ("toner-empty", Trouble::Supply),
    ("marker-supply-empty", Trouble::Supply),
    ("marker-waste-full", Trouble::Supply),
    ("developer-empty", Trouble::Supply),
    ("output-area-full", Trouble::TrayFull),
    ("output-tray-missing", Trouble::TrayFull),
    ("paused", Trouble::Paused),
    ("moving-to-paused", Trouble::Paused),
    ("stopped-partly", Trouble::Paused),
    ("shutdown", Trouble::Offline),
    ("offline", Trouble::Offline),
    ("timed-out", Trouble::Offline),
    ("spool-area-full", Trouble::Other),
    ("fuser-over-temp", Trouble::Other),
    ("opc-life-over", Trouble::Other),
];

/// A queue.
pub struct IppPrinter {
    uri: String,
    http: String,
    ask: ureq::Agent,
    send: ureq::Agent,
}

/// Why an address is none of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a printer's address looks like ipp://localhost:631/printers/NAME")]
pub struct NotAnAddress;

fn agent(within: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(within))
        .http_status_as_error(false)
        .max_redirects(0)
        // A connection kept from before may be dead: whether a paper on it arrived could not be told.
        .max_idle_connections(0)
        .build()
        .into()
}

impl IppPrinter {
    /// The queue at `uri`. Nothing is asked yet.
    ///
    /// # Errors
    /// [`NotAnAddress`].
    pub fn at(uri: &str) -> Result<Self, NotAnAddress> {
        let rest = uri.strip_prefix("ipp://").ok_or(NotAnAddress)?;
        let (authority, path) = rest.split_once('/').ok_or(NotAnAddress)?;
        let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"@?#\"<>\\".contains(&b));
        if authority.is_empty() || path.is_empty() || !is_plain(authority) || !is_plain(path) {
            return Err(NotAnAddress);
        }
        let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let host = if port.is_some() { authority.to_owned() } else { format!("{authority}:{DEFAULT_PORT}") };
        Ok(Self { uri: uri.to_owned(), http: format!("http://{host}/{path}"), ask: agent(ASK), send: agent(SEND) })
    }

    /// The same with other limits on the time of a question and of a paper that is sent.
    #[must_use]
    pub fn answering_within(self, ask: Duration, send: Duration) -> Self {
        Self { ask: agent(ask), send: agent(send), ..self }
    }

    /// A request of ours, with whatever every request holds.
    fn request(&self, operation: Operation) -> Result<IppRequestResponse, PrinterFault> {
        let mut request = IppRequestResponse::new(IppVersion::v1_1(), operation, None).map_err(ours)?;
        let attributes = request.attributes_mut();
        operational(attributes, "printer-uri", IppValue::new_uri(self.uri.as_str()))?;
        operational(attributes, "requesting-user-name", IppValue::new_name_without_language(USER))?;
        Ok(request)
    }

    fn exchange(
        &self,
        agent: &ureq::Agent,
        request: &IppRequestResponse,
        payload: &[u8],
    ) -> Result<IppAttributes, PrinterFault> {
        let mut bytes = request.to_bytes().to_vec();
        bytes.extend_from_slice(payload);
        let answer = agent.post(&self.http).header("content-type", "application/ipp").send(&bytes[..]);
        zeroize::Zeroize::zeroize(&mut bytes);
        let mut answer = answer.map_err(|error| fault(&error))?;
        if answer.status().as_u16() != 200 {
            return Err(over_http(answer.status().as_u16()));
        }
        let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = body.map_err(|error| fault(&error))?;
        let reader = IppReader::new(std::io::Cursor::new(body));
        let (header, attributes, _) = IppParser::new(reader).parse_parts().map_err(|_| PrinterFault::Malformed)?;
        match u16::from_be_bytes(header.operation_or_status.to_be_bytes()) {
            // 1 and 2: attributes were left out or changed; we asked that none is.
            0x0000..=0x00FF => Ok(attributes),
            0x0406 | 0x0407 => Err(PrinterFault::NoSuchJob),
            status => Err(over_ipp(status)),
        }
    }

    fn jobs(&self, which: &str) -> Result<Vec<JobReport>, PrinterFault> {
        let mut request = self.request(Operation::GetJobs)?;
        let attributes = request.attributes_mut();
        operational(attributes, "which-jobs", IppValue::new_keyword(which))?;
        operational(attributes, "my-jobs", Ok(IppValue::new_boolean(false)))?;
        operational(attributes, "requested-attributes", keywords(&JOB_ATTRIBUTES))?;
        let answer = self.exchange(&self.ask, &request, &[])?;
        answer.groups_of(DelimiterTag::JobAttributes).map(job).collect()
    }
}

const JOB_ATTRIBUTES: [&str; 3] = ["job-id", "job-name", "job-state"];

/// Our own request could not be written: never so with the values used here.
fn ours(_: IppParseError) -> PrinterFault {
    PrinterFault::Malformed
}

/// Whether anything was sent decides whether the printer may have the job.
fn fault(error: &ureq::Error) -> PrinterFault {
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => PrinterFault::Offline,
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => PrinterFault::Offline,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => PrinterFault::Offline,
        ureq::Error::BodyExceedsLimit(_) => PrinterFault::Malformed,
        _ => PrinterFault::Silent,
    }
}

/// A status of the connection that is not 200. Of an error of the server, or of one that stands between, nobody knows
/// whether it came before or after the paper was taken.
const fn over_http(status: u16) -> PrinterFault {
    match status {
        // Sent elsewhere, or told that the request is not to be had: it was not acted on.
        300..=407 | 409..=499 => PrinterFault::Refused(status),
        _ => PrinterFault::Failed(status),
    }
}

/// A status of the printer that is none of success (RFC 8011, appendix B.1).
const fn over_ipp(status: u16) -> PrinterFault {
    match status {
        // What the client asked for cannot be had. Of errors of the server, those that say that nothing was begun:
        // operation, version or more documents not supported, not accepting jobs, busy.
        0x0400..=0x04FF | 0x0501 | 0x0503 | 0x0506 | 0x0507 | 0x0509 => PrinterFault::Refused(status),
        _ => PrinterFault::Failed(status),
    }
}

fn operational(
    attributes: &mut IppAttributes,
    name: &str,
    value: Result<IppValue, IppParseError>,
) -> Result<(), PrinterFault> {
    add(attributes, DelimiterTag::OperationAttributes, name, value)
}

fn add(
    attributes: &mut IppAttributes,
    group: DelimiterTag,
    name: &str,
    value: Result<IppValue, IppParseError>,
) -> Result<(), PrinterFault> {
    let attribute = IppAttribute::with_name(name, value.map_err(ours)?).map_err(ours)?;
    attributes.add(group, attribute);
    Ok(())
}

fn keywords(words: &[&str]) -> Result<IppValue, IppParseError> {
    words.iter().map(|word| IppValue::new_keyword(*word)).collect::<Result<_, _>>().map(IppValue::Array)
}

fn number(group: &IppAttributeGroup, name: &str) -> Option<i32> {
    match group.get(name)?.value() {
        IppValue::Integer(number) | IppValue::Enum(number) => Some(*number),
        _ => None,
    }
}

fn job(group: &IppAttributeGroup) -> Result<JobReport, PrinterFault> {
    let name = match group.get("job-name").map(IppAttribute::value) {
        Some(IppValue::NameWithoutLanguage(name) | IppValue::NameWithLanguage { name, .. }) => name.as_str().to_owned(),
        // A printer may keep the names of other people's jobs to itself: then it is nobody's we know.
        _ => String::new(),
    };
    let state = match number(group, "job-state") {
        Some(3) => JobState::Pending,
        Some(4) => JobState::Held,
        Some(5) => JobState::Printing,
        Some(6) => JobState::Stopped,
        Some(7) => JobState::Cancelled,
        Some(8) => JobState::Aborted,
        Some(9) => JobState::Completed,
        _ => return Err(PrinterFault::Malformed),
    };
    Ok(JobReport { number: number(group, "job-id").ok_or(PrinterFault::Malformed)?, name, state })
}

/// What stops a printer, of what it says about itself. A warning or report stops nothing, but that it is offline.
fn trouble_in(words: &[String], state: Option<i32>, accepts: bool) -> Option<Trouble> {
    let named = words.iter().find_map(|word| {
        let (reason, severity) = match word.rsplit_once('-') {
            Some((reason, severity @ ("error" | "warning" | "report"))) => (reason, severity),
            _ => (word.as_str(), "error"),
        };
        let (_, trouble) = REASONS.into_iter().find(|(known, _)| *known == reason)?;
        (severity == "error" || trouble == Trouble::Offline).then_some(trouble)
    });
    named.or(match state {
        Some(3 | 4) if accepts => None,
        Some(3 | 4) => Some(Trouble::Paused),
        _ => Some(Trouble::Other),
    })
}

impl Printer for IppPrinter {
    fn condition(&self) -> Result<Condition, PrinterFault> {
        let mut request = self.request(Operation::GetPrinterAttributes)?;
        let wanted = keywords(&["printer-state", "printer-state-reasons", "printer-is-accepting-jobs"]);
        operational(request.attributes_mut(), "requested-attributes", wanted)?;
        let answer = self.exchange(&self.ask, &request, &[])?;
        let group = answer.first_of(DelimiterTag::PrinterAttributes).ok_or(PrinterFault::Malformed)?;
        let reasons = group.get("printer-state-reasons").map(IppAttribute::value);
        let reasons = reasons.into_iter().flat_map(|value| value.into_iter());
        let words: Vec<String> =
            reasons.map(ToString::to_string).filter(|word| word != "none" && !word.is_empty()).collect();
        let accepts =
            !matches!(group.get("printer-is-accepting-jobs").map(IppAttribute::value), Some(IppValue::Boolean(false)));
        let trouble = trouble_in(&words, number(group, "printer-state"), accepts);
        Ok(Condition { trouble, words, waiting: self.jobs("not-completed")? })
    }

    fn submit(&self, ticket: &Ticket, pdf: &[u8]) -> Result<JobNumber, PrinterFault> {
        let mut request = self.request(Operation::PrintJob)?;
        let attributes = request.attributes_mut();
        operational(attributes, "job-name", IppValue::new_name_without_language(ticket.name.as_str()))?;
        operational(attributes, "document-format", IppValue::new_mime_media_type("application/pdf"))?;
        // Rather no paper than one on another size or on one side.
        operational(attributes, "ipp-attribute-fidelity", Ok(IppValue::new_boolean(true)))?;
        let sides = if ticket.two_sided { "two-sided-long-edge" } else { "one-sided" };
        let group = DelimiterTag::JobAttributes;
        add(attributes, group, "copies", Ok(IppValue::new_integer(i32::from(ticket.copies))))?;
        add(attributes, group, "sides", IppValue::new_keyword(sides))?;
        add(attributes, group, "media", IppValue::new_keyword("iso_a4_210x297mm"))?;
        let answer = self.exchange(&self.send, &request, pdf)?;
        let group = answer.first_of(DelimiterTag::JobAttributes).ok_or(PrinterFault::Malformed)?;
        number(group, "job-id").ok_or(PrinterFault::Malformed)
    }

    fn job(&self, number: JobNumber) -> Result<JobReport, PrinterFault> {
        let mut request = self.request(Operation::GetJobAttributes)?;
        operational(request.attributes_mut(), "job-id", Ok(IppValue::new_integer(number)))?;
        operational(request.attributes_mut(), "requested-attributes", keywords(&JOB_ATTRIBUTES))?;
        let answer = self.exchange(&self.ask, &request, &[])?;
        job(answer.first_of(DelimiterTag::JobAttributes).ok_or(PrinterFault::Malformed)?)
    }

    fn named(&self, name: &str) -> Result<Vec<JobReport>, PrinterFault> {
        // Those that ended last: a job that ends between the two questions is then in both.
        let mut all = self.jobs("not-completed")?;
        for job in self.jobs("completed")? {
            all.retain(|other| other.number != job.number);
            all.push(job);
        }
        all.retain(|job| job.name == name);
        Ok(all)
    }

    fn cancel(&self, number: JobNumber) -> Result<(), PrinterFault> {
        let mut request = self.request(Operation::CancelJob)?;
        operational(request.attributes_mut(), "job-id", Ok(IppValue::new_integer(number)))?;
        self.exchange(&self.ask, &request, &[]).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str], state: i32) -> Option<Trouble> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        trouble_in(&words, Some(state), true)
    }

    #[test]
    fn what_stops_a_printer_is_told_from_what_it_only_mentions() {
        assert_eq!(said(&[], 3), None);
        assert_eq!(said(&["media-low-report", "toner-low-warning"], 4), None);
        assert_eq!(said(&["media-empty-warning"], 3), None);
        assert_eq!(said(&["toner-low-warning", "media-empty-error"], 5), Some(Trouble::OutOfPaper));
        assert_eq!(said(&["media-jam"], 5), Some(Trouble::Jam));
        assert_eq!(said(&["offline-report"], 3), Some(Trouble::Offline));
        assert_eq!(said(&["something-new"], 5), Some(Trouble::Other));
        assert_eq!(trouble_in(&[], Some(3), false), Some(Trouble::Paused));
        assert_eq!(trouble_in(&[], None, true), Some(Trouble::Other));
    }

    #[test]
    fn only_a_clear_no_is_a_no() {
        for status in [302, 401, 403, 404, 413, 426] {
            assert_eq!(over_http(status), PrinterFault::Refused(status));
        }
        for status in [100, 201, 204, 408, 500, 502, 503, 504] {
            assert_eq!(over_http(status), PrinterFault::Failed(status));
        }
        for status in [0x0400, 0x040A, 0x0411, 0x0501, 0x0506, 0x0507] {
            assert_eq!(over_ipp(status), PrinterFault::Refused(status));
        }
        for status in [0x0500, 0x0502, 0x0504, 0x0505, 0x0508, 0x0300] {
            assert_eq!(over_ipp(status), PrinterFault::Failed(status));
        }
    }

    #[test]
    fn an_address_is_that_of_a_queue() {
        for good in ["ipp://localhost/printers/q", "ipp://127.0.0.1:8631/ipp/print", "ipp://[::1]:631/a"] {
            assert!(IppPrinter::at(good).is_ok(), "{good}");
        }
        for bad in ["", "http://a/b", "ipp://", "ipp://a", "ipp://a/", "ipp:///b", "ipp://u@a/b", "ipp://a/b c"] {
            assert!(IppPrinter::at(bad).is_err(), "{bad}");
        }
        assert_eq!(IppPrinter::at("ipp://localhost/printers/q").unwrap().http, "http://localhost:631/printers/q");
    }
}
