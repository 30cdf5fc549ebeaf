//! The DeviceResponse (ISO/IEC 18013-5 §8.3.2.1.2.2) read once: borrowed parts and exact bytes, nothing believed yet.

use pki::Malformed;

use crate::Refusal;
use crate::cbor::{Embedded, Key, Reader};
use crate::cose::Envelope;
use crate::elements::{VERSION, is_individual_number};

/// An answer is at most this long: a portrait is some tens of kilobytes.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// A salt has at least this many octets (§9.1.2.5).
const MIN_SALT: usize = 16;

/// One element as the issuer signed it.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    pub namespace: &'a str,
    pub digest_id: u64,
    pub identifier: &'a str,
    /// The value as it stands, and its place.
    pub value: &'a [u8],
    pub value_position: usize,
    /// Tag 24 and content: what the digest is taken over.
    pub raw: &'a [u8],
}

/// How the phone proves itself.
pub(crate) enum DeviceAuth<'a> {
    Signature(Envelope<'a>),
    Mac(Envelope<'a>),
}

/// The one document of an answer.
pub(crate) struct Document<'a> {
    pub document_type: &'a str,
    pub items: Vec<Item<'a>>,
    pub issuer_auth: Envelope<'a>,
    /// DeviceNameSpacesBytes, tag and all: part of what the phone signs.
    pub device_namespaces: Embedded<'a>,
    pub device_auth: DeviceAuth<'a>,
}

/// Reads an answer that holds exactly one document.
pub(crate) fn read(response: &[u8]) -> Result<Document<'_>, Refusal> {
    if response.len() > MAX_RESPONSE_BYTES {
        return Err(Refusal::TooLong);
    }
    let mut reader = Reader::new(response);
    let (mut version, mut status, mut document) = (None, None, None);
    reader.entries::<Refusal>("an answer", |key, position, value| {
        match key {
            Key::Text("version") => version = Some((value.text("a version")?, position)),
            Key::Text("documents") => document = Some(read_documents(value)?),
            Key::Text("documentErrors") => value.raw("errors").map(|_| ())?,
            Key::Text("status") => status = Some(value.unsigned("a status")?),
            // Version 1.0 is closed, and nobody signed this level.
            _ => return Err(Malformed { position, what: "a key that version 1.0 has" }.into()),
        }
        Ok(())
    })?;
    reader.finish()?;
    match version {
        Some((VERSION, _)) => {}
        Some((_, position)) => return Err(Malformed { position, what: "version 1.0" }.into()),
        None => return Err(Malformed { position: 0, what: "a version" }.into()),
    }
    match status {
        Some(0) => {}
        Some(status) => return Err(Refusal::PhoneStatus(status)),
        None => return Err(Malformed { position: 0, what: "a status" }.into()),
    }
    document.ok_or(Refusal::NothingReturned)
}

fn read_documents<'a>(reader: &mut Reader<'a>) -> Result<Document<'a>, Refusal> {
    match reader.array("documents")? {
        0 => Err(Refusal::NothingReturned),
        1 => read_document(reader),
        _ => Err(Refusal::MoreThanOneDocument),
    }
}

/// Takes a part that must be there.
fn needed<T>(part: Option<T>, position: usize, what: &'static str) -> Result<T, Malformed> {
    part.ok_or(Malformed { position, what })
}

fn read_document<'a>(reader: &mut Reader<'a>) -> Result<Document<'a>, Refusal> {
    let start = reader.position();
    let (mut document_type, mut issuer, mut device) = (None, None, None);
    reader.entries::<Refusal>("a document", |key, position, value| {
        match key {
            Key::Text("docType") => document_type = Some(value.text("a document type")?),
            Key::Text("issuerSigned") => issuer = Some(read_issuer_signed(value)?),
            Key::Text("deviceSigned") => device = Some(read_device_signed(value)?),
            Key::Text("errors") => value.raw("errors").map(|_| ())?,
            _ => return Err(Malformed { position, what: "a key that a document has" }.into()),
        }
        Ok(())
    })?;
    let (items, issuer_auth) = needed(issuer, start, "what the issuer signed")?;
    let (device_namespaces, device_auth) = needed(device, start, "what the phone signed")?;
    let document_type = needed(document_type, start, "a document type")?;
    Ok(Document { document_type, items, issuer_auth, device_namespaces, device_auth })
}

fn read_issuer_signed<'a>(reader: &mut Reader<'a>) -> Result<(Vec<Item<'a>>, Envelope<'a>), Refusal> {
    let start = reader.position();
    let (mut items, mut issuer_auth) = (Vec::new(), None);
    reader.entries::<Refusal>("what the issuer signed", |key, position, value| {
        match key {
            Key::Text("nameSpaces") => value.entries::<Refusal>("namespaces", |key, position, value| {
                let Key::Text(namespace) = key else {
                    return Err(Malformed { position, what: "the name of a namespace" }.into());
                };
                for _ in 0..value.array("items")? {
                    items.push(read_item(namespace, value.embedded("an item under tag 24")?)?);
                }
                Ok(())
            })?,
            Key::Text("issuerAuth") => issuer_auth = Some(Envelope::read(value)?),
            _ => return Err(Malformed { position, what: "a key that an issuer's part has" }.into()),
        }
        Ok(())
    })?;
    Ok((items, needed(issuer_auth, start, "the issuer's signature")?))
}

fn read_item<'a>(namespace: &'a str, embedded: Embedded<'a>) -> Result<Item<'a>, Refusal> {
    let mut reader = embedded.reader();
    let start = reader.position();
    let (mut digest_id, mut salt, mut identifier, mut element) = (None, None, None, None);
    reader.entries::<Refusal>("an item", |key, position, value| {
        match key {
            Key::Text("digestID") => digest_id = Some(value.unsigned("a digest's number")?),
            Key::Text("random") => salt = Some(value.bytes("a salt")?),
            Key::Text("elementIdentifier") => identifier = Some(value.text("an element's name")?),
            Key::Text("elementValue") => {
                let position = value.position();
                element = Some((value.raw("a value")?, position));
            }
            _ => return Err(Malformed { position, what: "a key that an item has" }.into()),
        }
        Ok(())
    })?;
    reader.finish()?;
    let identifier = needed(identifier, start, "an element's name")?;
    if is_individual_number(identifier) {
        return Err(Refusal::IndividualNumberPresent);
    }
    if salt.is_none_or(|salt| salt.len() < MIN_SALT) {
        return Err(Malformed { position: start, what: "a salt of at least 16 octets" }.into());
    }
    let (value, value_position) = needed(element, start, "a value")?;
    let digest_id = needed(digest_id, start, "a digest's number")?;
    Ok(Item { namespace, digest_id, identifier, value, value_position, raw: embedded.raw })
}

fn read_device_signed<'a>(reader: &mut Reader<'a>) -> Result<(Embedded<'a>, DeviceAuth<'a>), Refusal> {
    let start = reader.position();
    let (mut namespaces, mut auth) = (None, None);
    reader.entries::<Refusal>("what the phone signed", |key, position, value| {
        match key {
            Key::Text("nameSpaces") => namespaces = Some(value.embedded("namespaces under tag 24")?),
            Key::Text("deviceAuth") => auth = Some(read_device_auth(value)?),
            _ => return Err(Malformed { position, what: "a key that a phone's part has" }.into()),
        }
        Ok(())
    })?;
    let namespaces = needed(namespaces, start, "the phone's namespaces")?;
    let mut inside = namespaces.reader();
    let mut empty = true;
    inside.entries::<Malformed>("namespaces", |_, _, value| {
        empty = false;
        value.raw("items").map(|_| ())
    })?;
    inside.finish()?;
    if !empty {
        return Err(Refusal::DeviceSignedElements);
    }
    Ok((namespaces, needed(auth, start, "the phone's proof")?))
}

fn read_device_auth<'a>(reader: &mut Reader<'a>) -> Result<DeviceAuth<'a>, Refusal> {
    let start = reader.position();
    let mut auth = None;
    let one = Malformed { position: start, what: "one signature or one MAC of the phone, detached" };
    reader.entries::<Refusal>("the phone's proof", |key, position, value| {
        let read = match key {
            Key::Text("deviceSignature") => DeviceAuth::Signature(Envelope::read(value)?),
            Key::Text("deviceMac") => DeviceAuth::Mac(Envelope::read(value)?),
            _ => return Err(Malformed { position, what: "deviceSignature or deviceMac" }.into()),
        };
        let (DeviceAuth::Signature(envelope) | DeviceAuth::Mac(envelope)) = &read;
        if envelope.payload.is_some() || auth.is_some() {
            return Err(one.into());
        }
        auth = Some(read);
        Ok(())
    })?;
    Ok(auth.ok_or(one)?)
}
