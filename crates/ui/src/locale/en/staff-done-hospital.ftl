# The city hospital's card
staff-done-hospital-accepted = The link was accepted.
staff-done-hospital-refused = The link was refused.
staff-done-hospital-called = The patient was called.
staff-done-hospital-sent = The hospital has it.
staff-done-hospital-over = Marked as dealt with.
staff-done-hospital-settled = Noted.
