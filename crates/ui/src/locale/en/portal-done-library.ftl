# After a wish to the library
portal-done-library-asked = The library is being asked. The result appears within seconds.
