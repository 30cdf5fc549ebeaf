//! Certificates, signatures and their checking: JPKI profile, revocation, CMS, PAdES, signed tokens, a test authority.
