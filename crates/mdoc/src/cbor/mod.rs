//! A small strict CBOR reader and writer (RFC 8949), without copies.
//!
//! Answers of phones come from strangers, their digests are taken over exact bytes, and a refusal must name the byte.
//! The general crates give owned trees without positions, and accept repeated keys and indefinite lengths; so this
//! reader borrows from the input. It takes what ISO/IEC 18013-5 §8.1 lets a phone send (recalled): shortest integers and
//! lengths, definite lengths, keys in any order but each once. Depth and numbers of entries are bounded. Tests compare
//! it with `ciborium`.

mod reader;
pub(crate) mod writer;

pub(crate) use reader::{Embedded, Key, Reader, check};

/// Nesting allowed anywhere: the deepest structure of a right answer needs six.
pub(crate) const MAX_DEPTH: usize = 12;
/// Entries of one map or array; a security object has some dozens of digests.
pub(crate) const MAX_ENTRIES: usize = 512;
