# Staff IDs
staff-done-id-imported = The staff record was brought in.
staff-done-id-issued = The ID was issued. Now enrol the card.
staff-done-id-enrolled = The card was enrolled. The label can be printed.
staff-done-id-linked = The card of your ID was linked with this account. You can sign in with it from now on.
staff-done-id-left = The member has left: the ID ended and open sessions were closed.
staff-done-id-unlinked = The link between the card and the account was taken away.
staff-done-id-tag = The tag was changed.
staff-done-id-asked = A second person was asked.
staff-done-id-changed = The state of the ID was changed. After loss or recall open sessions were closed, too.
staff-done-id-settings = The settings were saved.
staff-done-id-log = The door's log was brought in.
