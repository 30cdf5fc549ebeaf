# What was done with letters to residents
staff-done-letters-asked = おねがいしました。
staff-done-letters-stopped = ｜送《おく》るのを とめました。
staff-done-letters-going-on = ｜送《おく》るのを つづけます。
staff-done-letters-recalled = ｜手紙《てがみ》を とりけしました。
staff-done-letters-posted = ポストで ｜送《おく》った ことを かきました。
staff-done-letters-written = ｜手紙《てがみ》を ほぞんしました。
staff-done-letters-sender-stopped = ｜送《おく》る ところを とめました。
staff-done-letters-attached = ファイルを ｜添付《てんぷ》しました。
staff-done-letters-detached = ファイルの ｜添付《てんぷ》を はずしました。
staff-done-letters-printing = ｜印刷《いんさつ》を｜準備《じゅんび》しました。
staff-done-letters-office = ｜返事《へんじ》を｜読《よ》む｜課《か》を｜決《き》めました。
