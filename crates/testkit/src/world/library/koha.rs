//! The simulated library's end of REST, in the shape of Koha's `/api/v1`.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::stock::{Book, No, Stock};
use super::{Mischief, Shared};
use crate::world::push_service::{Request, read_request};

/// What a client signs in for.
const TOKEN: &str = "simulated-library-token";

pub(super) fn serve(mut connection: TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = read_request(&mut connection)?;
    let is_token = request.path == "/api/v1/oauth/token";
    let mischief = shared.mischief(request.method != "GET" && !is_token);
    if matches!(mischief, Mischief::CutBeforeChange | Mischief::SilentOnce) {
        return Ok(());
    }
    let (status, body) = match mischief {
        Mischief::Maintenance => (503, json!({ "error": "System is under maintenance.", "error_code": "maintenance" })),
        _ => shared.reply(&request),
    };
    if mischief == Mischief::CutAfterChange {
        return Ok(());
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    write!(
        connection,
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn no(status: u16, no: No) -> (u16, Value) {
    (status, json!({ "error": no.words() }))
}

/// Places in a sorted list serve as Koha's numbers: they never change while the simulation runs.
fn patron_id(stock: &Stock, number: &str) -> Option<usize> {
    stock.members.keys().position(|one| one == number)
}

fn patron_of(stock: &Stock, id: &str) -> Option<String> {
    stock.members.keys().nth(id.parse().ok()?).cloned()
}

fn item_of(stock: &Stock, id: usize) -> Option<(String, Book)> {
    stock.books.iter().nth(id).map(|(number, book)| (number.clone(), book.clone()))
}

fn item_id(stock: &Stock, number: &str) -> usize {
    stock.books.keys().position(|one| one == number).unwrap_or(usize::MAX)
}

fn item(stock: &Stock, number: &str, book: &Book) -> Value {
    let id = item_id(stock, number);
    // A day on which it was lent, never the last one.
    let lent = book.loan.as_ref().map(|loan| loan.due.plus_days(-14).to_string());
    json!({ "item_id": id, "biblio_id": id, "external_id": number, "checked_out_date": lent })
}

fn checkout(stock: &Stock, number: &str, book: &Book) -> Value {
    let id = item_id(stock, number);
    let loan = book.loan.as_ref();
    json!({
        "checkout_id": id,
        "item_id": id,
        "patron_id": loan.and_then(|loan| patron_id(stock, &loan.patron)),
        "due_date": loan.map(|loan| format!("{}T23:59:00+09:00", loan.due)),
        "renewals_count": loan.map(|loan| loan.renewals),
    })
}

impl Shared {
    fn reply(&self, request: &Request) -> (u16, Value) {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let Some(path) = path.strip_prefix("/api/v1") else { return (404, Value::Null) };
        if path == "/oauth/token" {
            return self.token(&request.body);
        }
        let bearer = request.headers.get("authorization").and_then(|all| all.first());
        if bearer.map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
            return (401, json!({ "error": "Authentication failure." }));
        }
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let asked = |name: &str| -> String {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
            pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
        };
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match request.method.as_str() {
            "GET" => self.stock(|stock| shown(stock, &parts, &asked)),
            "POST" => self.posted(&parts, &sent),
            "DELETE" => match parts[..] {
                ["holds", hold] => self.stock(|stock| cancelled(stock, hold)),
                _ => (404, Value::Null),
            },
            _ => (405, Value::Null),
        }
    }

    fn token(&self, body: &[u8]) -> (u16, Value) {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
        let has = |name: &str, value: &str| pairs.iter().any(|(key, text)| key == name && text == value);
        if has("grant_type", "client_credentials")
            && has("client_id", &self.access.login)
            && has("client_secret", &self.access.password)
        {
            (200, json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 }))
        } else {
            (403, json!({ "error": "unauthorized_client" }))
        }
    }

    fn posted(&self, parts: &[&str], sent: &Value) -> (u16, Value) {
        let today = self.seams.today();
        self.stock(|stock| {
            let patron = sent["patron_id"].as_u64().and_then(|id| patron_of(stock, &id.to_string()));
            let wanted = sent["item_id"].as_u64().and_then(|id| item_of(stock, usize::try_from(id).ok()?));
            match (parts, patron, wanted) {
                (["checkouts"], Some(patron), Some((number, _))) => match stock.lend(&patron, &number, today) {
                    Ok(_) => {
                        let book = stock.books[&number].clone();
                        (201, checkout(stock, &number, &book))
                    }
                    Err(why @ No::Taken) => no(409, why),
                    Err(why) => no(403, why),
                },
                (["holds"], Some(patron), Some((number, _))) => match stock.hold(&patron, &number) {
                    Ok(place) => (201, json!({ "hold_id": 0, "priority": place })),
                    Err(why) => no(403, why),
                },
                (["checkouts", id, "renewals"], ..) => {
                    let Some((number, book)) = id.parse().ok().and_then(|id| item_of(stock, id)) else {
                        return no(404, No::NotThere);
                    };
                    let Some(loan) = book.loan else { return no(404, No::NotThere) };
                    match stock.renew(&loan.patron, &number, today) {
                        Ok(_) => {
                            let book = stock.books[&number].clone();
                            (201, checkout(stock, &number, &book))
                        }
                        Err(why) => no(403, why),
                    }
                }
                (["patrons", id, "account", "credits"], ..) => {
                    let Some(patron) = patron_of(stock, id) else { return no(404, No::Patron) };
                    match stock.pay(&patron, sent["amount"].as_i64().unwrap_or(0)) {
                        Ok(()) => (201, json!({ "account_line_id": 1 })),
                        Err(why) => no(400, why),
                    }
                }
                _ => no(404, No::NotThere),
            }
        })
    }
}

/// The page that is asked for; of twenty where nobody asks.
fn page(all: Vec<Value>, asked: &dyn Fn(&str) -> String) -> Value {
    let size = asked("_per_page").parse::<usize>().unwrap_or(20).max(1);
    let page = asked("_page").parse::<usize>().unwrap_or(1).max(1);
    all.into_iter().skip((page - 1) * size).take(size).collect()
}

fn shown(stock: &mut Stock, parts: &[&str], asked: &dyn Fn(&str) -> String) -> (u16, Value) {
    match *parts {
        ["patrons"] => {
            let number = asked("cardnumber");
            let found: Vec<Value> = patron_id(stock, &number)
                .map(|id| {
                    let member = &stock.members[&number];
                    json!({ "patron_id": id, "cardnumber": number, "surname": "", "category_id": "A",
                        "library_id": "MIHON", "restricted": member.is_blocked, "expiry_date": member.last_day.map(|day| day.to_string()),
                        "patron_card_lost": false })
                })
                .into_iter()
                .collect();
            (200, json!(found))
        }
        ["patrons", id, "account"] => match patron_of(stock, id) {
            Some(number) => (200, json!({ "balance": stock.members[&number].owed })),
            None => no(404, No::Patron),
        },
        ["items"] => {
            let number = asked("external_id");
            let found: Vec<Value> =
                stock.books.get(&number).map(|book| item(stock, &number, book)).into_iter().collect();
            (200, json!(found))
        }
        ["items" | "biblios" | "checkouts", id] => {
            let Some((number, book)) = id.parse().ok().and_then(|id| item_of(stock, id)) else {
                return no(404, No::Item);
            };
            match parts[0] {
                "items" => (200, item(stock, &number, &book)),
                "biblios" => (200, json!({ "biblio_id": item_id(stock, &number), "title": book.title })),
                _ if book.loan.is_none() => no(404, No::NotThere),
                _ => (200, checkout(stock, &number, &book)),
            }
        }
        ["checkouts"] => {
            let patron = patron_of(stock, &asked("patron_id")).unwrap_or_default();
            let all: Vec<Value> =
                stock.loans(&patron).iter().map(|(number, book)| checkout(stock, number, book)).collect();
            (200, page(all, asked))
        }
        ["holds"] => {
            let patron = patron_of(stock, &asked("patron_id")).unwrap_or_default();
            let who = asked("patron_id");
            let all: Vec<Value> = stock
                .holds(&patron)
                .iter()
                .map(|(number, _, is_ready)| {
                    let id = item_id(stock, number);
                    // A number that names patron and item, as ours have no other.
                    json!({ "hold_id": id * 100_000 + who.parse::<usize>().unwrap_or(0), "biblio_id": id,
                        "item_id": id.to_string(), "status": is_ready.then_some("W") })
                })
                .collect();
            (200, page(all, asked))
        }
        _ => no(404, No::NotThere),
    }
}

fn cancelled(stock: &mut Stock, hold: &str) -> (u16, Value) {
    let id: usize = hold.parse().unwrap_or(usize::MAX);
    let found = item_of(stock, id / 100_000).zip(patron_of(stock, &(id % 100_000).to_string()));
    let Some(((number, _), patron)) = found else { return no(404, No::NotThere) };
    match stock.cancel(&patron, &number) {
        Ok(()) => (204, Value::Null),
        Err(why) => no(404, why),
    }
}
