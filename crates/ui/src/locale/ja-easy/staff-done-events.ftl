# What was done with events
staff-done-events-withdrawn = イベントを ｜出《だ》さないことにしました。
staff-done-events-put-back = イベントを また｜出《だ》しました。
