//! The simplest browser that can stand at a machine: cookies, forms, no script.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Keeps cookies between requests to one address.
pub struct Browser {
    address: String,
    cookies: Vec<String>,
}

/// What came back.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Where to go next, if anywhere.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The page.
    pub fn page(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Browser {
    /// With the cookies given, as `name=value`.
    pub fn new(address: &str, cookies: &[&str]) -> Self {
        Self { address: address.to_owned(), cookies: cookies.iter().map(|&cookie| cookie.to_owned()).collect() }
    }

    /// A machine of its own in a demo city.
    pub fn at_a_demo_machine(address: &str) -> Self {
        let mut browser = Self::new(address, &[]);
        assert_eq!(browser.ask("GET", "/kiosk/demo", "").status, 303);
        browser
    }

    /// One request.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_as("application/x-www-form-urlencoded", "", method, path, body)
    }

    /// JSON as one of our scripts sends it, with the form token in its header.
    pub fn ask_json(&mut self, token: &str, path: &str, body: &str) -> Answer {
        self.ask_as("application/json", &format!("Accept: application/json\r\nX-Csrf: {token}\r\n"), "POST", path, body)
    }

    fn ask_as(&mut self, kind: &str, more: &str, method: &str, path: &str, body: &str) -> Answer {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let cookies = self.cookies.join("; ");
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: {cookies}\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        // A program that is killed breaks off.
        let _ = socket.read_to_end(&mut answer);
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Answer { status: 0, location: None, body: answer };
        };
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut location = None;
        for line in head.lines() {
            match line.split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("set-cookie") => {
                    let cookie = value.split(';').next().unwrap().to_owned();
                    let name = cookie.split_once('=').unwrap().0.to_owned();
                    self.cookies.retain(|kept| kept.split_once('=').unwrap().0 != name);
                    self.cookies.push(cookie);
                }
                Some((name, value)) if name.eq_ignore_ascii_case("location") => location = Some(value.to_owned()),
                _ => {}
            }
        }
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), location, body: answer[end + 4..].to_vec() }
    }

    /// Sends the form with this action on `page`, as a person who typed `fields`, and follows to the next page.
    pub fn send(&mut self, page: &str, action: &str, fields: &str) -> Answer {
        let form = page.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("no {action}: {page}"));
        let token = form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        self.ask("POST", action, &format!("csrf={token}&{fields}"))
    }

    /// The same, and the page it leads to.
    pub fn go_on(&mut self, page: &str, action: &str, fields: &str, to: &str) -> String {
        let answer = self.send(page, action, fields);
        assert_eq!(answer.location.as_deref(), Some(to), "{action}: {}", answer.page());
        let next = self.ask("GET", to, "");
        assert_eq!(next.status, 200, "{to}: {}", next.page());
        next.page()
    }

    /// Chooses Japanese on the first screen.
    pub fn begin(&mut self) -> Answer {
        let page = self.ask("GET", "/kiosk", "").page();
        self.send(&page, "/kiosk/start", "language=ja")
    }
}
