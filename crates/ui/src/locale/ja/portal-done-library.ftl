# After a wish to the library
portal-done-library-asked = 図書館に問い合わせました。数秒で結果が出ます。
