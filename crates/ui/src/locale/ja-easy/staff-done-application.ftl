staff-done-application-noted = ｜市《し》の アプリの ｜鍵《かぎ》の ことを きろく しました。
staff-done-application-asked = もう ひとりの 人の OKを まちます。
