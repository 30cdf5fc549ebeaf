# After a wish to the library
portal-done-library-asked = ｜図書館《としょかん》に　きいて　います。すこし　まってください。
