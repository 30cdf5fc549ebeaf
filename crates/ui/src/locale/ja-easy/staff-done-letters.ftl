# What was done with letters to residents
staff-done-letters-asked = おねがいしました。
staff-done-letters-stopped = とめました。
staff-done-letters-going-on = つづけます。
staff-done-letters-recalled = とりけしました。
staff-done-letters-posted = かきました。
staff-done-letters-written = ほぞんしました。
staff-done-letters-sender-stopped = とめました。
