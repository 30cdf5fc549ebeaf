//! What a session can do with each application of the card. Only the one for public personal authentication so far;
//! the applications that hold the My Number are deliberately absent (see the crate's invariant).

pub mod jpki;
