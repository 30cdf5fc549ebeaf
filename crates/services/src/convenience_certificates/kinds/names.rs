//! The names of one resident as papers about them alone print them.

use base::Personal;
use paper::Entry;
use tools::register::Resident;

/// Names and birth date, at their places on a form.
pub(super) struct PrintedPerson {
    pub name: Personal<String>,
    pub alphabet_name: Entry,
    pub former_name: Entry,
    pub former_name_reading: Entry,
    pub common_name: Entry,
    pub common_name_reading: Entry,
    pub birth_date: Personal<String>,
    pub address: Personal<String>,
}

impl PrintedPerson {
    pub(super) fn of(person: &Resident) -> Self {
        let names = &person.names;
        let birth = person.birth_date_text.clone().unwrap_or_else(|| person.birth_date.japanese());
        Self {
            name: Personal::new(names.registered.clone()),
            // A foreign resident whose registered name is in letters has them once.
            alphabet_name: Entry::or_none(names.alphabet.as_deref().filter(|latin| *latin != names.registered)),
            former_name: Entry::or_none(names.former.as_ref().map(|name| name.text.as_str())),
            former_name_reading: Entry::or_none(names.former.as_ref().and_then(|name| name.kana.as_deref())),
            common_name: Entry::or_none(names.common.as_ref().map(|name| name.text.as_str())),
            common_name_reading: Entry::or_none(names.common.as_ref().and_then(|name| name.kana.as_deref())),
            birth_date: Personal::new(birth),
            address: Personal::new(super::residence::printed(&person.address.whole())),
        }
    }
}
