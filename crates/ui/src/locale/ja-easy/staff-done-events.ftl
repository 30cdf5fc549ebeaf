# What was done with events
staff-done-events-withdrawn = ｜出《だ》さないことにしました。
staff-done-events-put-back = また｜出《だ》しました。
