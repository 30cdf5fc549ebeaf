//! A certificate at the counter: who may, for which work, and that the fee comes first.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use store::testing::TestDatabase;
use tools::staff::Role;
use yakuba_web::testing::TestDoor;

#[test]
fn only_a_clerk_issues_and_only_for_an_entry_that_is_opened() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let path = format!("/staff/person/{}/issue", door.database.seams.random_id());
    for role in [Role::Auditor, Role::Operator, Role::Administrator] {
        assert_eq!(door.staff(&[role]).get(&path).status, 403, "{}", role.code());
        assert_eq!(door.staff(&[role]).post(&path, &[("fee", "taken")]).status, 403, "{}", role.code());
    }
    let mut clerk = door.staff(&[Role::CounterClerk]);
    let unpaid = clerk.post(&path, &[("kind", "residence_certificate"), ("copies", "1")]);
    assert!(unpaid.status == 400 && unpaid.text().contains("先に手数料を受け取り"), "{}", unpaid.text());
    // No machines, so no means of issuing in this process; and no resident may be named in a form.
    assert_eq!(clerk.post(&path, &[("fee", "taken"), ("resident", "R1")]).status, 403);
}
