//! The interface over HTTP, in the shape of [`facts`]. Answers are read strictly: what is not there is said by name.

use std::sync::Arc;

use base::my_number_guard::refuse_individual_number;
use base::{Date, Personal, Timestamp};
use openid::http::{Answer, Http, Request};
use serde_json::Value;

use super::{Applicant, Content, Fault, NationalPortal, Notice, OnTheList, Page, Receipt, Status, Ticket, facts};

/// Most answers of one application.
const MOST_ANSWERS: usize = 500;
/// Most characters of one.
const MOST_CHARACTERS: usize = 4000;

/// The national portal at an origin.
pub struct OverHttp {
    http: Arc<dyn Http>,
    origin: String,
    id: String,
    secret: Personal<String>,
}

impl OverHttp {
    /// At `origin` (`https://…`, without a slash at the end), as `id` with its secret.
    pub const fn new(http: Arc<dyn Http>, origin: String, id: String, secret: Personal<String>) -> Self {
        Self { http, origin, id, secret }
    }

    fn send(&self, request: Request<'_>) -> Result<Value, Fault> {
        let Answer { status, body } = self.http.send(request).map_err(|_| Fault::Unreachable)?;
        match status {
            200 | 201 => serde_json::from_slice(&body).map_err(|_| Fault::Malformed("json")),
            204 => Ok(Value::Null),
            facts::EXPIRED => Err(Fault::Expired),
            500..=599 => Err(Fault::Unreachable),
            other => Err(Fault::Refused(other)),
        }
    }

    fn get(&self, ticket: &Ticket, path: &str) -> Result<Value, Fault> {
        let url = format!("{}{path}", self.origin);
        self.send(Request::Get { url: &url, bearer: Some(ticket.0.reveal()) })
    }

    fn post(&self, ticket: &Ticket, path: &str, json: &Value) -> Result<(), Fault> {
        let url = format!("{}{path}", self.origin);
        let json = json.to_string();
        self.send(Request::PostJson { url: &url, bearer: ticket.0.reveal(), json: &json }).map(drop)
    }
}

fn text<'v>(value: &'v Value, name: &'static str) -> Result<&'v str, Fault> {
    value[name].as_str().map(str::trim).filter(|text| !text.is_empty()).ok_or(Fault::Malformed(name))
}

/// A moment as RFC 3339 to the second, in UTC or Japan's time: `2026-11-26T01:02:03Z`, `2026-11-26T10:02:03+09:00`.
fn moment(value: &Value, name: &'static str) -> Result<Timestamp, Fault> {
    read_moment(text(value, name)?).ok_or(Fault::Malformed(name))
}

fn read_moment(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_once('T')?;
    let (time, shift) = match rest.strip_suffix('Z') {
        Some(time) => (time, 9 * 3600),
        None => (rest.strip_suffix("+09:00")?, 0),
    };
    let parts: Vec<u8> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour @ 0..24, minute @ 0..60, second @ 0..60] = parts[..] else { return None };
    Some(Timestamp::in_japan(Date::parse(day).ok()?, hour, minute, second).plus_seconds(shift))
}

fn on_the_list(value: &Value) -> Result<OnTheList, Fault> {
    Ok(OnTheList {
        receipt: Receipt::parse(text(value, "receipt_number")?).ok_or(Fault::Malformed("receipt_number"))?,
        procedure_code: guarded(text(value, "procedure_code")?, 60, "procedure_code")?,
        procedure_name: guarded(text(value, "procedure_name")?, 120, "procedure_name")?,
        applied_at: moment(value, "applied_at")?,
    })
}

/// Text of at most `most` characters that holds no Individual Number.
fn guarded(text: &str, most: usize, name: &'static str) -> Result<String, Fault> {
    if text.chars().count() > most {
        return Err(Fault::Malformed(name));
    }
    refuse_individual_number(text).map_err(|_| Fault::IndividualNumber)?;
    Ok(text.to_owned())
}

fn content(value: &Value, receipt: &Receipt) -> Result<Content, Fault> {
    if text(value, "receipt_number")? != receipt.as_str() {
        return Err(Fault::Malformed("receipt_number"));
    }
    let who = &value["applicant"];
    let sex = text(who, "sex")?;
    let applicant = Applicant {
        name: guarded(text(who, "name")?, 200, "name")?,
        birth_date: Date::parse(text(who, "birth_date")?).map_err(|_| Fault::Malformed("birth_date"))?,
        address: guarded(text(who, "address")?, 400, "address")?,
        sex: sex.chars().next().filter(|_| ["1", "2", "9"].contains(&sex)).ok_or(Fault::Malformed("sex"))?,
    };
    let told = value["answers"].as_array().ok_or(Fault::Malformed("answers"))?;
    if told.len() > MOST_ANSWERS {
        return Err(Fault::Malformed("answers"));
    }
    let answers = told
        .iter()
        .map(|one| {
            let label = guarded(text(one, "label")?, 200, "label")?;
            let value = one["value"].as_str().ok_or(Fault::Malformed("value"))?;
            Ok((label, guarded(value, MOST_CHARACTERS, "value")?))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(Content { applicant, answers })
}

/// One pair of a form, escaped.
fn pair(name: &str, value: &str) -> String {
    let escaped: String = value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("{name}={escaped}")
}

impl NationalPortal for OverHttp {
    fn sign_in(&self) -> Result<Ticket, Fault> {
        let url = format!("{}{}", self.origin, facts::LOGIN);
        let form = [pair(facts::LOGIN_ID, &self.id), pair(facts::LOGIN_SECRET, self.secret.reveal())].join("&");
        let told = self.send(Request::Post { url: &url, form: &form }).map_err(|fault| match fault {
            Fault::Expired | Fault::Refused(_) => Fault::SignInRefused,
            other => other,
        })?;
        let token = text(&told, "token")?;
        // It becomes part of a header.
        let is_sound = token.len() <= 4096 && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_sound.then(|| Ticket(token.to_owned().into())).ok_or(Fault::Malformed("token"))
    }

    fn list(&self, ticket: &Ticket, page: u32) -> Result<Page, Fault> {
        let told = self.get(ticket, &format!("{}?{}={page}", facts::APPLICATIONS, facts::PAGE))?;
        let all = told["applications"].as_array().ok_or(Fault::Malformed("applications"))?;
        let applications: Vec<OnTheList> = all.iter().filter_map(|one| on_the_list(one).ok()).collect();
        let unreadable = all.len() - applications.len();
        Ok(Page { applications, unreadable, has_more: told["has_more"].as_bool().ok_or(Fault::Malformed("has_more"))? })
    }

    fn fetch(&self, ticket: &Ticket, receipt: &Receipt) -> Result<Content, Fault> {
        content(&self.get(ticket, &format!("{}/{}", facts::APPLICATIONS, receipt.as_str()))?, receipt)
    }

    fn tell_status(&self, ticket: &Ticket, receipt: &Receipt, status: Status) -> Result<(), Fault> {
        let path = format!("{}/{}{}", facts::APPLICATIONS, receipt.as_str(), facts::STATUS);
        self.post(ticket, &path, &serde_json::json!({ "status": status.national() }))
    }

    fn announce(&self, ticket: &Ticket, notice: &Notice) -> Result<(), Fault> {
        let Notice { id, title, body, link } = notice;
        let json = serde_json::json!({ "id": id.to_string(), "title": title, "body": body, "link": link });
        self.post(ticket, facts::NOTICES, &json)
    }
}
