staff-done-application-noted = 市のアプリの鍵について、したことを記録しました。
staff-done-application-asked = もう1人の承認を待ちます。
