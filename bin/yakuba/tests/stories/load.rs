//! I16: load is shed by refusing new sessions at the first screen, never in mid-flow.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::served::Served;

/// A browser that keeps cookies, at one machine.
struct Browser<'a> {
    city: &'a Served,
    cookies: Vec<String>,
}

impl<'a> Browser<'a> {
    /// A machine of its own.
    fn at_a_machine(city: &'a Served) -> Self {
        let mut browser = Self { city, cookies: Vec::new() };
        assert_eq!(browser.ask("GET", "/kiosk/demo", "").0, 303);
        browser
    }

    /// Status and page.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(&self.city.address).unwrap();
        let cookies = self.cookies.join("; ");
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.city.address,
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        for line in head.lines().filter(|line| line.to_ascii_lowercase().starts_with("set-cookie:")) {
            let cookie = line.split_once(':').unwrap().1.trim().split(';').next().unwrap();
            self.cookies.push(cookie.to_owned());
        }
        (head.split(' ').nth(1).unwrap().parse().unwrap(), page.to_owned())
    }

    /// Chooses Japanese on the first screen.
    fn begin(&mut self) -> (u16, String) {
        let (_, page) = self.ask("GET", "/kiosk", "");
        let form = page.split("action=\"/kiosk/start\"").nth(1).unwrap();
        let token = form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        self.ask("POST", "/kiosk/start", &format!("csrf={token}&language=ja"))
    }
}

#[test]
fn i16_load_is_shed_at_the_first_screen_and_never_in_mid_flow() {
    let city = Served::start_with(&[("YAKUBA_KIOSK_MOST_SESSIONS", "2")]);
    let mut machines: Vec<Browser<'_>> = (0..3).map(|_| Browser::at_a_machine(&city)).collect();
    assert_eq!(machines[0].begin().0, 303);
    assert_eq!(machines[1].begin().0, 303);
    let (status, page) = machines[2].begin();
    assert_eq!(status, 503);
    assert!(page.contains("混み合っています"), "the refusal says why");
    // Whoever has begun goes on.
    for begun in &mut machines[..2] {
        let (status, page) = begun.ask("GET", "/kiosk/card", "");
        assert_eq!(status, 200);
        assert!(page.contains("カードを置いてください"));
    }
    // When somebody has gone, the next may begin.
    machines[0].ask("GET", "/kiosk/ended", "");
    assert_eq!(machines[2].begin().0, 303);
}
