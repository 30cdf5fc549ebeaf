# 市民ポータル
portal-home-title = ホーム
portal-greeting = { $name } さん
portal-tab-home = ホーム
portal-tab-letters = ポスト
portal-tab-schemes = 手続き
portal-tab-cards = カード
portal-tab-settings = 設定
portal-sign-in = サインイン
portal-sign-out = サインアウト
portal-step-up = カードで確かめる
portal-step-up-needed = このページを開くには、マイナンバーカードでご本人を確かめます。入力した内容は失われていません。
portal-acting = いまは代理人として手続きをしています。
portal-acting-change = 切り替える
portal-state-joining = ご本人を確かめています。数秒かかります。このページを開き直してください。
portal-state-unknown = ご本人の記録が見つかりませんでした。市民課の窓口で登録できます。カードをお持ちください。
portal-state-moved-out = 転出されたため、新しいお知らせは届きません。これまでの手紙は読めます。
