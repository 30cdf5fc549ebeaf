//! What a card in a phone can say, as one dated table: namespaces, element names, object identifiers, versions.
//!
//! Sources: Apple's page on `PKIdentityNationalIDCardDescriptor` (mapping of elements, region JP), Multipaz
//! `MyNumberCard.kt` (names and samples), isomdl 0.2.0 (the general structures); read 2026-11. J-LIS publishes no profile.
//!
//! The Individual Number (個人番号) is not in the table: [`Element`] cannot name it, so no request can ask for it, and
//! `is_individual_number` lets the reader refuse an answer that carries it.

/// カード代替電磁的記録. Source: Apple's `document-types` entitlement, Multipaz.
pub const DOCUMENT_TYPE: &str = "org.iso.23220.1.jp.mnc";
/// Elements of the Japanese card. Source: as above.
pub const NAMESPACE_JAPAN: &str = "org.iso.23220.1.jp";
/// Elements common to all cards of ISO/IEC 23220. Source: as above.
pub const NAMESPACE_COMMON: &str = "org.iso.23220.1";
/// Version of request, answer and security object. Source: ISO/IEC 18013-5:2021 as isomdl carries it out.
pub const VERSION: &str = "1.0";
/// Protocol name in the browser's Digital Credentials API. Source: ISO/IEC 18013-7 annex C as public verifiers name it.
pub const BROWSER_PROTOCOL: &str = "org-iso-mdoc";

/// One thing that may be asked for. Closed: what is not here cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// 氏名.
    FullName,
    /// 住所.
    Address,
    /// 市区町村コード.
    LocalGovernmentCode,
    /// 顔写真.
    Portrait,
    /// 性別 as written on the card.
    SexText,
    /// 生年月日 as written: `1971年9月1日`.
    BirthDateText,
    /// Sex by ISO/IEC 5218.
    Sex,
    /// Whether the holder has reached twenty.
    AgeOver20,
    /// Age in whole years.
    AgeInYears,
    /// Date of birth as a date.
    BirthDate,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct ElementRow {
    /// Which.
    pub element: Element,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its identifier inside the namespace.
    pub identifier: &'static str,
    /// Form of the value and where it was seen.
    pub form: &'static str,
}

const fn row(element: Element, namespace: &'static str, identifier: &'static str, form: &'static str) -> ElementRow {
    ElementRow { element, namespace, identifier, form }
}

/// Every element, in the order of [`Element`].
pub const ELEMENTS: [ElementRow; 10] = [
    row(Element::FullName, NAMESPACE_JAPAN, "full_name_unicode", "text; Multipaz sample"),
    row(Element::Address, NAMESPACE_JAPAN, "resident_address_unicode", "text; Multipaz sample"),
    row(Element::LocalGovernmentCode, NAMESPACE_JAPAN, "local_gov_code_unicode", "text, 5 digits (6: recalled)"),
    row(Element::Portrait, NAMESPACE_JAPAN, "portrait", "bytes; image format recalled: JPEG or JPEG 2000"),
    row(Element::SexText, NAMESPACE_JAPAN, "sex_unicode", "text; Multipaz sample 女"),
    row(Element::BirthDateText, NAMESPACE_JAPAN, "birth_date_unicode", "text; Multipaz sample 1971年9月1日"),
    row(Element::Sex, NAMESPACE_COMMON, "sex", "number, ISO/IEC 5218"),
    row(Element::AgeOver20, NAMESPACE_COMMON, "age_over_20", "true or false"),
    row(Element::AgeInYears, NAMESPACE_COMMON, "age_in_years", "number"),
    row(Element::BirthDate, NAMESPACE_COMMON, "birth_date", "full-date: text under tag 1004 (RFC 8943)"),
];

impl Element {
    /// Its line in the table.
    pub fn row(self) -> &'static ElementRow {
        // The table is in the order of the enum; a test holds it to that.
        &ELEMENTS[self as usize]
    }

    /// The element of this name.
    pub(crate) fn find(namespace: &str, identifier: &str) -> Option<Self> {
        let fits = |row: &&ElementRow| row.namespace == namespace && row.identifier == identifier;
        ELEMENTS.iter().find(fits).map(|row| row.element)
    }
}

/// Whether an element of this name is the Individual Number, in whatever namespace and spelling: the known name is
/// `individual_number_unicode` (Apple, Multipaz).
pub(crate) fn is_individual_number(identifier: &str) -> bool {
    let bare: String = identifier.chars().filter(char::is_ascii_alphabetic).collect();
    bare.to_ascii_lowercase().starts_with("individualnumber")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_elements_and_names_each_once() {
        for (index, row) in ELEMENTS.iter().enumerate() {
            assert_eq!(row.element as usize, index);
            assert_eq!(Element::find(row.namespace, row.identifier), Some(row.element));
        }
    }

    #[test]
    fn the_individual_number_is_no_element() {
        assert!(ELEMENTS.iter().all(|row| !is_individual_number(row.identifier)));
        for name in ["individual_number_unicode", "individual_number", "Individual-Number", "individualNumberLatin1"] {
            assert!(is_individual_number(name), "{name}");
        }
    }
}
