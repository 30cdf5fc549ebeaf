# What was done with events
staff-done-events-withdrawn = Withdrawn.
staff-done-events-put-back = Put back.
