# What was done with letters to residents
staff-done-letters-asked = おねがいしました。
staff-done-letters-stopped = とめました。
staff-done-letters-going-on = つづけます。
staff-done-letters-recalled = とりけしました。
staff-done-letters-posted = かきました。
staff-done-letters-written = ほぞんしました。
staff-done-letters-sender-stopped = とめました。
staff-done-letters-attached = ｜添付《てんぷ》しました。
staff-done-letters-detached = ｜添付《てんぷ》をはずしました。
staff-done-letters-printing = ｜印刷《いんさつ》を｜準備《じゅんび》しました。
staff-done-letters-office = ｜返事《へんじ》を｜読《よ》む｜課《か》を｜決《き》めました。
