//! A library's system behind REST in the shape of Koha's `/api/v1`: OAuth2 client credentials, patrons by card number,
//! checkouts, renewals, holds, account. Answers are read strictly.
//!
//! Compared with Koha's public interface description (docs/library.md says which): paths, parameters, fields and their kinds,
//! statuses; `tests::koha_shape` keeps the comparison. *Recalled*: the number of a list's page where none is asked for. Koha
//! takes nothing back and blocks nobody by REST: those are [`No::NotOffered`].

use std::sync::{Arc, Mutex, PoisonError};

use base::{Personal, Seams, Timestamp, Yen};
use openid::http::{Http, Request};
use serde_json::{Value, json};

use super::sip2_system::due_date;
use super::system::{
    AllRenewed, Answer, Hold, Item, Lent, LibraryError, LibrarySystem, Loan, No, Offers, Patron, Place, Returned,
    Standing,
};

/// Entries of a list asked for at a time; without asking, Koha gives twenty.
const PAGE: usize = 100;
/// Pages of a list at most.
const MOST_PAGES: usize = 20;
/// Seconds before its end at which a token is let go.
const EARLY: i64 = 30;

/// Where the system is, and who we are there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://…`, without a slash at the end.
    pub origin: String,
    /// Client id of the API key.
    pub client_id: String,
    /// Its secret.
    pub secret: Personal<String>,
}

/// The system.
pub struct Koha {
    settings: Settings,
    http: Arc<dyn Http>,
    seams: Seams,
    token: Mutex<Option<(Personal<String>, Timestamp)>>,
}

/// What is sent.
enum Call<'a> {
    Get(&'a str),
    Post(&'a str, Value),
    Delete(&'a str),
}

/// Status and body.
type Told = (u16, Value);

fn number(value: &Value, name: &'static str) -> Answer<i64> {
    whole(&value[name]).ok_or(LibraryError::Malformed(name))
}

/// A whole number; Koha's description says text for some of its own numbers.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn list(value: Value) -> Answer<Vec<Value>> {
    match value {
        Value::Array(all) => Ok(all),
        _ => Err(LibraryError::Malformed("list")),
    }
}

/// Only what cannot change the address.
fn safe(text: &str) -> Answer<&str> {
    let is_safe = !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_safe { Ok(text) } else { Err(LibraryError::no(No::UnknownItem)) }
}

fn says_no<T>(no: No, body: &Value) -> Answer<T> {
    let said = body["error"].as_str().map(|text| vec![text.chars().take(200).collect()]).unwrap_or_default();
    Err(LibraryError::No(no, said))
}

impl Koha {
    /// A system of these settings. Nothing is asked yet.
    pub fn new(settings: Settings, http: Arc<dyn Http>, seams: Seams) -> Self {
        Self { settings, http, seams, token: Mutex::new(None) }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Personal<String>, Timestamp)>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self) -> Answer<Personal<String>> {
        let now = self.seams.now();
        if let Some((token, until)) = &*self.kept()
            && now < *until
        {
            return Ok(token.clone());
        }
        let url = format!("{}/api/v1/oauth/token", self.settings.origin);
        let form = serde_urlencoded::to_string([
            ("grant_type", "client_credentials"),
            ("client_id", &self.settings.client_id),
            ("client_secret", self.settings.secret.reveal()),
        ])
        .map_err(|_| LibraryError::Malformed("client"))?;
        let answer = self.http.send(Request::Post { url: &url, form: &form }).map_err(|_| LibraryError::Unreachable)?;
        match answer.status {
            200 => {}
            503 => return Err(LibraryError::Maintenance),
            500..=599 => return Err(LibraryError::Unreachable),
            _ => return Err(LibraryError::NotLetIn),
        }
        let told: Value = serde_json::from_slice(&answer.body).map_err(|_| LibraryError::Malformed("token"))?;
        let token = told["access_token"].as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        let token: Personal<String> = token.ok_or(LibraryError::Malformed("token"))?.to_owned().into();
        let lasts = told["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
        *self.kept() = Some((token.clone(), now.plus_seconds(lasts - EARLY)));
        Ok(token)
    }

    fn once(&self, call: &Call<'_>, token: &str) -> Answer<Told> {
        let at = |path: &str| format!("{}/api/v1{path}", self.settings.origin);
        let answer = match call {
            Call::Get(path) => self.http.send(Request::Get { url: &at(path), bearer: Some(token) }),
            Call::Post(path, body) => {
                self.http.send(Request::PostJson { url: &at(path), bearer: token, json: &body.to_string() })
            }
            Call::Delete(path) => self.http.send(Request::Delete { url: &at(path), bearer: token }),
        };
        let answer = answer.map_err(|_| LibraryError::Unreachable)?;
        match answer.status {
            503 => return Err(LibraryError::Maintenance),
            500..=599 => return Err(LibraryError::Unreachable),
            _ => {}
        }
        let body = match answer.body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&answer.body).map_err(|_| LibraryError::Malformed("json"))?,
        };
        Ok((answer.status, body))
    }

    fn call(&self, call: &Call<'_>) -> Answer<Told> {
        let token = self.token()?;
        let told = self.once(call, token.reveal())?;
        if told.0 != 401 {
            return Ok(told);
        }
        // The token was taken back before its time.
        *self.kept() = None;
        let token = self.token()?;
        match self.once(call, token.reveal())? {
            (401, _) => Err(LibraryError::NotLetIn),
            told => Ok(told),
        }
    }

    fn get(&self, path: &str, no: No) -> Answer<Value> {
        match self.call(&Call::Get(path))? {
            (200, body) => Ok(body),
            (404, body) => says_no(no, &body),
            (403, _) => Err(LibraryError::NotLetIn),
            (_, body) => says_no(No::Other, &body),
        }
    }

    fn patron_of(&self, number: &str) -> Answer<Value> {
        let number = safe(number).map_err(|_| LibraryError::no(No::UnknownPatron))?;
        let found = list(self.get(&format!("/patrons?cardnumber={number}&_match=exact"), No::UnknownPatron)?)?;
        // A filter that is not understood lists everybody.
        let is_theirs = |one: &&Value| one["cardnumber"].as_str() == Some(number);
        found.iter().find(is_theirs).cloned().ok_or(LibraryError::no(No::UnknownPatron))
    }

    fn item_of(&self, item: &str) -> Answer<Value> {
        let item = safe(item)?;
        let found = list(self.get(&format!("/items?external_id={item}&_match=exact"), No::UnknownItem)?)?;
        let is_it = |one: &&Value| one["external_id"].as_str() == Some(item);
        found.iter().find(is_it).cloned().ok_or(LibraryError::no(No::UnknownItem))
    }

    fn title(&self, biblio: i64) -> Answer<String> {
        let told = self.get(&format!("/biblios/{biblio}"), No::UnknownItem)?;
        Ok(told["title"].as_str().unwrap_or_default().to_owned())
    }

    fn checkouts(&self, patron: i64) -> Answer<Vec<Value>> {
        self.pages(&format!("/checkouts?patron_id={patron}"))
    }

    /// A list whole, page by page.
    fn pages(&self, path: &str) -> Answer<Vec<Value>> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let path = format!("{path}&_page={page}&_per_page={PAGE}");
            let part = list(self.get(&path, No::UnknownPatron)?)?;
            let is_last = part.len() < PAGE;
            all.extend(part);
            if is_last {
                return Ok(all);
            }
        }
        Err(LibraryError::Malformed("list"))
    }

    fn checkout(&self, patron: &str, item: &str) -> Answer<(Value, Value)> {
        let (patron, item) = (number(&self.patron_of(patron)?, "patron_id")?, self.item_of(item)?);
        let wanted = number(&item, "item_id")?;
        let checkout = self.checkouts(patron)?.into_iter().find(|one| whole(&one["item_id"]) == Some(wanted));
        Ok((checkout.ok_or(LibraryError::no(No::NotThere))?, item))
    }

    fn lent(&self, checkout: &Value, item: &str, known: &Value) -> Answer<Lent> {
        let due = checkout["due_date"].as_str().and_then(due_date);
        let title = self.title(number(known, "biblio_id")?)?;
        Ok(Lent { item: item.to_owned(), title, due, said: Vec::new() })
    }

    fn renew_checkout(&self, checkout: &Value) -> Answer<Value> {
        let id = number(checkout, "checkout_id")?;
        let renewals = format!("/checkouts/{id}/renewals");
        let call = Call::Post(&renewals, json!({}));
        for _ in 0..2 {
            match self.call(&call) {
                Ok((201, body)) => return Ok(body),
                Ok((403, body)) => return says_no(No::NotRenewable, &body),
                Ok((404, body)) => return says_no(No::NotThere, &body),
                Ok((_, body)) => return says_no(No::Other, &body),
                Err(LibraryError::Unreachable) => {}
                Err(error) => return Err(error),
            }
            // The answer was lost: a day that changed says that it was done.
            let now = self.get(&format!("/checkouts/{id}"), No::NotThere).map_err(|_| LibraryError::Unclear)?;
            if now["due_date"] != checkout["due_date"] {
                return Ok(now);
            }
        }
        Err(LibraryError::Unclear)
    }

    fn loan(&self, checkout: &Value) -> Answer<Loan> {
        let item = self.get(&format!("/items/{}", number(checkout, "item_id")?), No::UnknownItem)?;
        let due = checkout["due_date"].as_str().and_then(due_date);
        Ok(Loan {
            item: item["external_id"].as_str().unwrap_or_default().to_owned(),
            title: self.title(number(&item, "biblio_id")?)?,
            due,
            is_overdue: due.is_some_and(|due| due < self.seams.today()),
        })
    }

    /// What a patron owes, in yen, which have no fraction; Koha's numbers may show one.
    fn owed(&self, patron: i64) -> Answer<i64> {
        let account = self.get(&format!("/patrons/{patron}/account"), No::UnknownPatron)?;
        account["balance"].as_f64().map(|sum| sum.round() as i64).ok_or(LibraryError::Malformed("balance"))
    }

    fn holds(&self, patron: i64) -> Answer<Vec<Value>> {
        self.pages(&format!("/holds?patron_id={patron}"))
    }
}

impl LibrarySystem for Koha {
    fn check(&self) -> Answer<Offers> {
        self.token()?;
        let all =
            Offers { lending: true, returning: true, renewing: true, holding: true, paying: true, blocking: true };
        Ok(Offers { returning: false, blocking: false, ..all })
    }

    fn borrow_item(&self, patron: &str, item: &str) -> Answer<Lent> {
        let (who, known) = (self.patron_of(patron)?, self.item_of(item)?);
        let (patron_id, item_id) = (number(&who, "patron_id")?, number(&known, "item_id")?);
        let call = Call::Post("/checkouts", json!({ "patron_id": patron_id, "item_id": item_id }));
        for _ in 0..2 {
            match self.call(&call) {
                Ok((201, body)) => return self.lent(&body, item, &known),
                // 412: a member of staff would have to confirm it.
                Ok((403 | 412, body)) => return says_no(No::Closed, &body),
                Ok((409, body)) => return says_no(No::Taken, &body),
                Ok((404 | 405, body)) => return says_no(No::NotOffered, &body),
                Ok((_, body)) => return says_no(No::Other, &body),
                Err(LibraryError::Unreachable) => {}
                Err(error) => return Err(error),
            }
            let now = self.checkouts(patron_id).map_err(|_| LibraryError::Unclear)?;
            if let Some(done) = now.iter().find(|one| whole(&one["item_id"]) == Some(item_id)) {
                return self.lent(done, item, &known);
            }
        }
        Err(LibraryError::Unclear)
    }

    fn return_item(&self, _: &str) -> Answer<Returned> {
        Err(LibraryError::no(No::NotOffered))
    }

    fn renew(&self, patron: &str, item: &str) -> Answer<Lent> {
        let (checkout, known) = self.checkout(patron, item)?;
        let renewed = self.renew_checkout(&checkout)?;
        self.lent(&renewed, item, &known)
    }

    fn renew_all(&self, patron: &str) -> Answer<AllRenewed> {
        let patron = number(&self.patron_of(patron)?, "patron_id")?;
        let mut all = AllRenewed::default();
        for checkout in self.checkouts(patron)? {
            let item = self.loan(&checkout)?.item;
            match self.renew_checkout(&checkout) {
                Ok(_) => all.renewed.push(item),
                Err(LibraryError::No(..)) => all.left.push(item),
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    fn hold(&self, patron: &str, item: &str) -> Answer<Option<u32>> {
        let (patron, item) = (self.patron_of(patron)?, self.item_of(item)?);
        let body = json!({
            "patron_id": number(&patron, "patron_id")?,
            "biblio_id": number(&item, "biblio_id")?,
            "item_id": number(&item, "item_id")?,
            "pickup_library_id": patron["library_id"],
        });
        match self.call(&Call::Post("/holds", body)).map_err(unclear)? {
            (201, told) => Ok(told["priority"].as_u64().and_then(|place| u32::try_from(place).ok())),
            (403 | 409, told) => says_no(No::Taken, &told),
            (_, told) => says_no(No::Other, &told),
        }
    }

    fn cancel_hold(&self, patron: &str, item: &str) -> Answer<()> {
        let patron = number(&self.patron_of(patron)?, "patron_id")?;
        let wanted = number(&self.item_of(item)?, "item_id")?;
        let held = self.holds(patron)?.into_iter().find(|one| whole(&one["item_id"]) == Some(wanted));
        let id = number(&held.ok_or(LibraryError::no(No::NotThere))?, "hold_id")?;
        // Cancelled twice is cancelled.
        match self.call(&Call::Delete(&format!("/holds/{id}"))).map_err(unclear)? {
            (200 | 204 | 404, _) => Ok(()),
            (_, told) => says_no(No::Other, &told),
        }
    }

    fn pay(&self, patron: &str, amount: Yen) -> Answer<()> {
        let id = number(&self.patron_of(patron)?, "patron_id")?;
        // Koha would take more than is owed, and keep it as a credit.
        if amount.0 > self.owed(id)? {
            return Err(LibraryError::no(No::Amount));
        }
        let path = format!("/patrons/{id}/account/credits");
        let body = json!({ "amount": amount.0, "credit_type": "PAYMENT" });
        match self.call(&Call::Post(&path, body)).map_err(unclear)? {
            (201, _) => Ok(()),
            (400 | 409, told) => says_no(No::Amount, &told),
            (_, told) => says_no(No::Other, &told),
        }
    }

    fn patron(&self, patron: &str) -> Answer<Patron> {
        let who = self.patron_of(patron)?;
        let id = number(&who, "patron_id")?;
        let last_day = who["expiry_date"].as_str().and_then(due_date);
        let is_over = last_day.is_some_and(|day| day < self.seams.today());
        let is_closed = who["restricted"].as_bool().unwrap_or(false) || is_over;
        let loans = self.checkouts(id)?.iter().map(|one| self.loan(one)).collect::<Answer<Vec<_>>>()?;
        let mut holds = Vec::new();
        for held in self.holds(id)? {
            let item = match whole(&held["item_id"]) {
                Some(item) => self.get(&format!("/items/{item}"), No::UnknownItem)?["external_id"].clone(),
                None => Value::Null,
            };
            holds.push(Hold {
                item: item.as_str().unwrap_or_default().to_owned(),
                title: self.title(number(&held, "biblio_id")?)?,
                is_ready: held["status"].as_str() == Some("W"),
            });
        }
        Ok(Patron {
            standing: Standing {
                no_loans: is_closed,
                no_renewals: is_closed,
                no_holds: is_closed,
                is_lost: who["patron_card_lost"].as_bool().unwrap_or(false),
                ..Standing::default()
            },
            loans,
            holds,
            owed: self.owed(id)?,
            said: Vec::new(),
        })
    }

    fn item(&self, item: &str) -> Answer<Item> {
        let known = self.item_of(item)?;
        // The day on which it was lent, says the description; the last day stands in the patron's list alone.
        let place = if known["checked_out_date"].is_null() { Place::Shelf } else { Place::Lent };
        Ok(Item { item: item.to_owned(), title: self.title(number(&known, "biblio_id")?)?, place, due: None })
    }

    fn block(&self, _: &str, _: &str) -> Answer<()> {
        Err(LibraryError::no(No::NotOffered))
    }

    fn end_session(&self, _: &str) -> Answer<()> {
        Ok(())
    }
}

/// A change whose answer was lost, and that cannot be looked up again.
fn unclear(error: LibraryError) -> LibraryError {
    if error == LibraryError::Unreachable { LibraryError::Unclear } else { error }
}
