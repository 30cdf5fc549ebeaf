# Words of every page.
page-skip = 本文へ移る
page-navigation = 主なページ
page-languages = 言語
page-count = { $n }件
page-pages = ページ
page-of = { $pages }ページ中{ $page }ページ
page-previous = 前へ
page-next = 次へ
page-word-info = お知らせ
page-word-success = 完了
page-word-warning = 注意
page-word-error = エラー
page-demo-band = これは体験版です。登場する人・住所・カードはすべて架空です。
page-back = 戻る
page-home = 最初の画面へ
page-yes = はい
page-no = いいえ
