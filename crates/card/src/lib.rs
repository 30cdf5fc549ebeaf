//! The Individual Number Card over APDUs: client, readers, and a virtual card.
