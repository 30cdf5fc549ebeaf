# What was done with events
staff-done-events-withdrawn = The event was withdrawn.
staff-done-events-put-back = The event was put back.
