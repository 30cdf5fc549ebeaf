# What was done with letters to residents
staff-done-letters-asked = A second person is asked.
staff-done-letters-stopped = Sending is stopped.
staff-done-letters-going-on = Sending goes on.
staff-done-letters-recalled = The letter is taken back.
staff-done-letters-posted = Noted as posted.
staff-done-letters-written = Kept. Look at it, then ask for approval.
staff-done-letters-sender-stopped = The sender is stopped.
staff-done-letters-attached = The file was attached.
staff-done-letters-detached = The file was removed from the letter.
staff-done-letters-printing = Ready to print.
staff-done-letters-office = The office was set.
