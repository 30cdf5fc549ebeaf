# What was done with events
staff-done-events-withdrawn = 取り下げました。
staff-done-events-put-back = また載せました。
