//! What services share: register, access, disclosure, audit, credentials, staff, terminals, relay.
