//! Fields as claims. `people.1.name` becomes `{"people": [.., {"name": ..}]}`; every value, every person and every group's
//! member is hidden by itself, and only [`HASH`] and [`KIND`] stand open.
//!
//! ```text
//!  { certificate_hash, certificate_kind,
//!    _sd: [ title, issued_on, document_number, request, …, attestation ],
//!    household: { _sd: [ address, head ] },
//!    people: [ {…: [ name, birth_date, … each hidden again ]}, … ] }
//! ```

use base::Random;
use data_encoding::BASE64URL_NOPAD;
use pki::jose::Object;
use pki::wallet::sd_jwt::Hider;
use serde_json::Value;
use wire::certificate_fields::Fields;

/// The claim with the hash that the paper's code carries too.
pub const HASH: &str = "certificate_hash";
/// The claim with the kind's word.
pub const KIND: &str = "certificate_kind";
/// The claim with the people.
const PEOPLE: &str = "people";
/// Most people whose numbers are taken for places: eighty stand on a paper.
const MOST_PEOPLE: usize = 200;

/// A certificate's claims: single ones, groups, people.
struct Tree {
    single: Object,
    groups: Vec<(String, Object)>,
    people: Vec<Object>,
}

impl Tree {
    fn of(fields: &Fields) -> Self {
        let mut tree = Self { single: Object::new(), groups: Vec::new(), people: Vec::new() };
        for (place, value) in fields.iter() {
            let value = Value::from(*value.reveal());
            let parts: Vec<&str> = place.splitn(3, '.').collect();
            match parts.as_slice() {
                [PEOPLE, number, name] => match number.parse::<usize>() {
                    Ok(at) if at < MOST_PEOPLE => {
                        if tree.people.len() <= at {
                            tree.people.resize_with(at + 1, Object::new);
                        }
                        tree.people[at].insert((*name).to_owned(), value);
                    }
                    _ => drop(tree.single.insert(place.to_owned(), value)),
                },
                [group, rest @ ..] if !rest.is_empty() => {
                    tree.group(group).insert(rest.join("."), value).map_or((), drop)
                }
                _ => drop(tree.single.insert(place.to_owned(), value)),
            }
        }
        tree
    }

    fn group(&mut self, name: &str) -> &mut Object {
        let at = self.groups.iter().position(|(group, _)| group == name).unwrap_or_else(|| {
            self.groups.push((name.to_owned(), Object::new()));
            self.groups.len() - 1
        });
        &mut self.groups[at].1
    }
}

/// The claims of a copy, with everything hidden by `hider` that its holder may hold back.
pub fn hidden(fields: &Fields, hider: &mut Hider<'_>) -> Object {
    let tree = Tree::of(fields);
    let people: Vec<Value> = tree.people.into_iter().map(|person| hider.members(person).into()).collect();
    let mut claims = hider.members(tree.single);
    for (name, group) in tree.groups {
        claims.insert(name, hider.members(group).into());
    }
    if !people.is_empty() {
        claims.insert(PEOPLE.to_owned(), hider.elements(people));
    }
    claims.insert(HASH.to_owned(), BASE64URL_NOPAD.encode(&fields.hash()).into());
    claims.insert(KIND.to_owned(), fields.kind.as_str().into());
    claims
}

/// The number of claims that can be shown or held back.
pub fn count(fields: &Fields, random: &dyn Random) -> usize {
    let mut hider = Hider::new(random);
    let _ = hidden(fields, &mut hider);
    hider.hidden()
}
