//! Signed requests: HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), as far as a server needs them that
//! takes exactly one signature a request. No keys and no clock here: who calls has both.
//!
//! For: the machines that talk to the city by [`crate::kiosk_messages`].
//!
//! ```text
//!  Signature-Input: sig=("@method" "@authority" "@path" "content-digest");created=…;expires=…;nonce="…";keyid="…";tag="…"
//!  Signature:       sig=:base64:
//!         │
//!         └─► SignatureInput ── base(values of the covered parts) ──► the bytes that were signed
//! ```
//! Taken is less than the RFC allows, so that one message has one reading: one label, plain strings as component names, no
//! parameters of components, each parameter once.

mod digest;
mod fields;
#[cfg(test)]
mod tests;

pub use digest::{content_digest, read_content_digest};

use fields::Cursor;

/// The longest field that is read.
pub const LONGEST_FIELD: usize = 2048;
/// The most components a signature covers.
pub const MOST_COMPONENTS: usize = 16;

/// Why a field is not taken: where, and what should stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: byte {position}: wanted {wanted}")]
pub struct Fault {
    /// The field's name.
    pub field: &'static str,
    /// Byte from 0.
    pub position: usize,
    /// What should stand there.
    pub wanted: &'static str,
}

/// What a signature says about itself: the covered components and the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SignatureInput {
    /// Covered components in order: names of fields in lower case, or derived ones such as `@method`.
    pub components: Vec<String>,
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
    /// From when on it is void.
    pub expires: Option<i64>,
    /// Used once.
    pub nonce: Option<String>,
    /// Names the key.
    pub keyid: Option<String>,
    /// Names the algorithm.
    pub alg: Option<String>,
    /// Names what it was made for.
    pub tag: Option<String>,
    /// The parameters' names in the order in which they stand: the order is part of what is signed.
    order: Vec<&'static str>,
}

/// The parameters that exist, in the order in which we write them.
const PARAMETERS: [&str; 6] = ["created", "expires", "nonce", "keyid", "alg", "tag"];

impl SignatureInput {
    /// A signature over `components` to be made; parameters that are set are written in our order.
    pub fn over(components: &[&str]) -> Self {
        Self { components: components.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// The inner list with its parameters: the value behind the label, and of `@signature-params`.
    pub fn params(&self) -> String {
        let mut text = String::from("(");
        for (index, component) in self.components.iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            fields::write_string(&mut text, component);
        }
        text.push(')');
        let order: &[&str] = if self.order.is_empty() { &PARAMETERS } else { &self.order };
        for name in order {
            let number = match *name {
                "created" => self.created,
                "expires" => self.expires,
                _ => None,
            };
            if let Some(number) = number {
                text.push_str(&format!(";{name}={number}"));
            }
            if let Some(value) = self.text_of(name) {
                text.push_str(&format!(";{name}="));
                fields::write_string(&mut text, value);
            }
        }
        text
    }

    fn text_of(&self, name: &str) -> Option<&str> {
        match name {
            "nonce" => self.nonce.as_deref(),
            "keyid" => self.keyid.as_deref(),
            "alg" => self.alg.as_deref(),
            "tag" => self.tag.as_deref(),
            _ => None,
        }
    }

    /// Whether `name` is covered.
    pub fn covers(&self, name: &str) -> bool {
        self.components.iter().any(|component| component == name)
    }

    /// The bytes that are signed (RFC 9421 §2.5). `value` gives the value of a component as it stands in the message,
    /// without blanks around it; `None` when the message has no such part, or has it twice.
    ///
    /// # Errors
    /// The first component that the message does not have, or whose value breaks a line.
    pub fn base(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, Fault> {
        let mut text = String::new();
        for (position, component) in self.components.iter().enumerate() {
            let fault = Fault { field: "Signature-Input", position, wanted: "a covered part that the message has" };
            let value = value(component).ok_or(fault)?;
            if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t') {
                return Err(fault);
            }
            fields::write_string(&mut text, component);
            text.push_str(": ");
            text.push_str(value.trim());
            text.push('\n');
        }
        text.push_str("\"@signature-params\": ");
        text.push_str(&self.params());
        Ok(text)
    }

    /// The two fields of a request that was signed so, under the label `sig`.
    pub fn fields(&self, signature: &[u8]) -> [(&'static str, String); 2] {
        [
            ("signature-input", format!("sig={}", self.params())),
            ("signature", format!("sig=:{}:", data_encoding::BASE64.encode(signature))),
        ]
    }
}

/// Reads `Signature-Input` and `Signature`: one signature, the same label in both.
///
/// # Errors
/// Where and why not.
pub fn read(signature_input: &str, signature: &str) -> Result<(SignatureInput, Vec<u8>), Fault> {
    let mut cursor = Cursor::new("Signature-Input", signature_input)?;
    let label = cursor.key()?;
    cursor.expect("=", "= after the label")?;
    let input = inner_list(&mut cursor)?;
    cursor.end()?;

    let mut cursor = Cursor::new("Signature", signature)?;
    if cursor.key()? != label {
        return Err(Fault { field: "Signature", position: 0, wanted: "the label of Signature-Input" });
    }
    cursor.expect("=", "= after the label")?;
    let bytes = cursor.bytes()?;
    cursor.end()?;
    Ok((input, bytes))
}

fn inner_list(cursor: &mut Cursor<'_>) -> Result<SignatureInput, Fault> {
    let mut input = SignatureInput::default();
    cursor.expect("(", "( and the covered components")?;
    loop {
        cursor.blanks();
        if cursor.take(")") {
            break;
        }
        let fault = cursor.fault("a component of lower-case letters, once");
        let component = cursor.string()?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = component.strip_prefix('@').unwrap_or(&component);
        let is_new = !input.covers(&component) && input.components.len() < MOST_COMPONENTS;
        if name.is_empty() || !name.chars().all(is_name) || component == "@signature-params" || !is_new {
            return Err(fault);
        }
        input.components.push(component);
        if !cursor.at(" ") && !cursor.at(")") {
            return Err(cursor.fault("a blank or ) after a component"));
        }
    }
    while cursor.take(";") {
        cursor.blanks();
        let fault = cursor.fault("a parameter that is known, once");
        let key = cursor.key()?;
        let name = PARAMETERS.into_iter().find(|name| *name == key).filter(|name| !input.order.contains(name));
        let name = name.ok_or(fault)?;
        cursor.expect("=", "= after the parameter")?;
        match name {
            "created" => input.created = Some(cursor.integer()?),
            "expires" => input.expires = Some(cursor.integer()?),
            "nonce" => input.nonce = Some(cursor.string()?),
            "keyid" => input.keyid = Some(cursor.string()?),
            "alg" => input.alg = Some(cursor.string()?),
            _ => input.tag = Some(cursor.string()?),
        }
        input.order.push(name);
    }
    Ok(input)
}
