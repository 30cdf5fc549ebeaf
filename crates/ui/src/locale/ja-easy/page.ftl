# Words of every page.
page-skip = ｜本文《ほんぶん》へ
page-navigation = おもな ページ
page-languages = ことば
page-count = { $n }けん
page-pages = ページ
page-of = { $pages }ページの うち { $page }ページ
page-previous = まえ
page-next = つぎ
page-word-info = お｜知《し》らせ
page-word-success = できました
page-word-warning = ｜気《き》をつけてください
page-word-error = まちがい
page-demo-band = これは ｜練習用《れんしゅうよう》です。｜人《ひと》も ｜住所《じゅうしょ》も カードも、｜本当《ほんとう》のものではありません。
page-back = もどる
page-home = さいしょの ｜画面《がめん》へ
page-yes = はい
page-no = いいえ
