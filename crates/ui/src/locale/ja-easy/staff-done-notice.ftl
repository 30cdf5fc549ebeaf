# What was done with notices
staff-done-notice-text = ｜文《ぶん》を ｜保存《ほぞん》しました。
staff-done-notice-audience = ｜送《おく》る ｜人《ひと》を ｜保存《ほぞん》しました。
staff-done-notice-scheme = ｜制度《せいど》の ｜条件《じょうけん》を ｜入《い》れました。｜数《かず》を ｜確《たし》かめて ください。
staff-done-notice-rule = ｜条件《じょうけん》を ｜保存《ほぞん》しました。
staff-done-notice-counted = ｜人数《にんずう》を ｜数《かぞ》えました。
staff-done-notice-tested = ｜届《とど》く ｜形《かたち》を ｜確《たし》かめました。
staff-done-notice-submitted = ほかの ｜職員《しょくいん》に ｜聞《き》きました。
staff-done-notice-back = ｜作《つく》る ところに もどしました。
staff-done-notice-stopped = ｜送《おく》るのを ｜止《と》めました。
staff-done-notice-going-on = ｜送《おく》るのを ｜続《つづ》けます。
staff-done-notice-recalled = お｜知《し》らせを ｜取《と》り｜消《け》しました。
