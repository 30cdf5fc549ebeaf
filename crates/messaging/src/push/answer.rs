//! What a push service answered, and what follows (RFC 8030 §5, §7.3; RFC 8292 §4).

use base::Timestamp;

/// Status and `Retry-After` of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushAnswer {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it stood.
    pub retry_after: Option<String>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The service took it (201; 200 and 202 of some services).
    Taken,
    /// The subscription is over: remove it (404; 410 of the big services).
    Gone,
    /// Send a shorter one: ours never are longer than a service must take, so this is noted as our fault (413).
    TooLarge,
    /// Later: the service is busy or broken. Seconds when it said so, at most a day.
    Later {
        /// Not before so many seconds.
        after: Option<u32>,
    },
    /// We are at fault: a wrong key, a wrong header. Staff are told; the subscription stays (400, 401, 403 and others).
    OurFault {
        /// The status.
        status: u16,
    },
}

/// Longest wait a service can make us keep.
const MOST_SECONDS: i64 = 86_400;

/// Judges an answer. `now` is needed where `Retry-After` is a date.
pub fn judge(answer: &PushAnswer, now: Timestamp) -> Answer {
    match answer.status {
        200..=202 => Answer::Taken,
        404 | 410 => Answer::Gone,
        413 => Answer::TooLarge,
        408 | 425 | 429 | 500..=599 => {
            Answer::Later { after: answer.retry_after.as_deref().and_then(|text| seconds(text.trim(), now)) }
        }
        status => Answer::OurFault { status },
    }
}

/// Seconds, or a date of RFC 9110 §5.6.7 in its one form of today.
fn seconds(text: &str, now: Timestamp) -> Option<u32> {
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        text.parse().unwrap_or(MOST_SECONDS)
    } else {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        date.as_second().saturating_sub(now.seconds())
    };
    u32::try_from(wait.clamp(0, MOST_SECONDS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_answer_has_its_consequence() {
        let now = Timestamp::from_seconds(784_111_777 - 60);
        let of =
            |status, after: Option<&str>| judge(&PushAnswer { status, retry_after: after.map(str::to_owned) }, now);
        for (status, after, answer) in [
            (201, None, Answer::Taken),
            (202, None, Answer::Taken),
            (404, None, Answer::Gone),
            (410, None, Answer::Gone),
            (413, None, Answer::TooLarge),
            (429, Some("120"), Answer::Later { after: Some(120) }),
            (429, None, Answer::Later { after: None }),
            (503, Some("Sun, 06 Nov 1994 08:49:37 GMT"), Answer::Later { after: Some(60) }),
            (503, Some("Sat, 05 Nov 1994 08:49:37 GMT"), Answer::Later { after: Some(0) }),
            (500, Some("soon"), Answer::Later { after: None }),
            (500, Some("99999999999999999999"), Answer::Later { after: Some(86_400) }),
            (400, None, Answer::OurFault { status: 400 }),
            (403, None, Answer::OurFault { status: 403 }),
            // A redirect would take the message elsewhere.
            (307, None, Answer::OurFault { status: 307 }),
        ] {
            assert_eq!(of(status, after), answer, "{status} {after:?}");
        }
    }
}
