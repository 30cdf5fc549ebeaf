# What was done with events
staff-done-events-withdrawn = イベントを取り下げました。
staff-done-events-put-back = イベントをまた載せました。
