# The city hospital's card
staff-done-hospital-accepted = Accepted.
staff-done-hospital-refused = Refused.
staff-done-hospital-called = Called.
staff-done-hospital-sent = The hospital has it.
staff-done-hospital-over = Marked as dealt with.
staff-done-hospital-settled = Noted.
