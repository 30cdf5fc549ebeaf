# After a wish to the library
portal-done-library = The library is being asked. The result appears within seconds.
