//! Doors: kiosk, staff, open pages; sessions and security.
