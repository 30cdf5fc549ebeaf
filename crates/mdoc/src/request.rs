//! What is asked of a phone: elements from a closed list, each with the intent to retain it or not.

use crate::cbor::writer::{Entries, array, boolean, embedded, map, text};
use crate::elements::{DOCUMENT_TYPE, Element, VERSION};

/// What will be done with a value. The holder sees it and consents to exactly this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Looked at and forgotten: comes back as a [`crate::Transient`].
    LookOnly,
    /// May be stored for as long as the service needs it.
    MayBeKept,
}

/// A request for attributes of one card. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    asked: Vec<(Element, Retention)>,
}

impl Request {
    /// Asks for one element.
    pub fn asking(element: Element, retention: Retention) -> Self {
        Self { asked: vec![(element, retention)] }
    }

    /// Asks for a further element; asking twice changes the intent.
    #[must_use]
    pub fn and(mut self, element: Element, retention: Retention) -> Self {
        match self.asked.iter_mut().find(|(known, _)| *known == element) {
            Some(known) => known.1 = retention,
            None => self.asked.push((element, retention)),
        }
        self
    }

    /// What is asked, in order.
    pub fn asked(&self) -> &[(Element, Retention)] {
        &self.asked
    }

    /// With which intent `element` is asked; `None` when it is not.
    pub fn retention(&self, element: Element) -> Option<Retention> {
        self.asked.iter().find(|(asked, _)| *asked == element).map(|(_, retention)| *retention)
    }

    /// The DeviceRequest of ISO/IEC 18013-5 §8.3.2.1.2.1, without reader authentication.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut namespaces: Vec<(&str, Entries)> = Vec::new();
        for (element, retention) in &self.asked {
            let row = element.row();
            let entry = (text(row.identifier), boolean(*retention == Retention::MayBeKept));
            match namespaces.iter_mut().find(|(name, _)| *name == row.namespace) {
                Some((_, entries)) => entries.push(entry),
                None => namespaces.push((row.namespace, vec![entry])),
            }
        }
        let namespaces: Vec<_> = namespaces.iter().map(|(name, entries)| (text(name), map(entries))).collect();
        let items = map(&[(text("docType"), text(DOCUMENT_TYPE)), (text("nameSpaces"), map(&namespaces))]);
        let request = map(&[(text("itemsRequest"), embedded(&items))]);
        map(&[(text("version"), text(VERSION)), (text("docRequests"), array(&[request]))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_says_what_is_kept() {
        let request = Request::asking(Element::FullName, Retention::LookOnly)
            .and(Element::AgeOver20, Retention::LookOnly)
            .and(Element::FullName, Retention::MayBeKept);
        let value: ciborium::Value = ciborium::from_reader(&request.to_cbor()[..]).unwrap();
        let document = value.as_map().unwrap()[1].1.as_array().unwrap()[0].as_map().unwrap()[0].1.clone();
        let (24, items) = document.as_tag().unwrap() else { panic!("tag 24") };
        let items: ciborium::Value = ciborium::from_reader(&items.as_bytes().unwrap()[..]).unwrap();
        let names = items.as_map().unwrap()[1].1.as_map().unwrap();
        assert_eq!(names[0].0.as_text(), Some("org.iso.23220.1.jp"));
        assert_eq!(names[0].1, ciborium::Value::Map(vec![("full_name_unicode".into(), true.into())]));
        assert_eq!(names[1].1, ciborium::Value::Map(vec![("age_over_20".into(), false.into())]));
    }
}
