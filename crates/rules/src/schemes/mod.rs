//! The 23 schemes of a city's first rule set.
